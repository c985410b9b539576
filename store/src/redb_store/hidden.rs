//! Runs whose records nobody finds: the key of such a record is damaged, and what is kept beside it says that the run was there.
//!
//! A flipped bit gives a record the name of another one, of which its digest says that it isn't that, or puts it among records of
//! another kind. Nothing here mends anything.

use std::collections::BTreeSet;

use stepwell_contract::RunId;

use super::failure::Trouble;
use super::keys::{self, Kind};
use super::table::{Records, Table as _};
use super::{codec, frame, kept, reads};
use crate::StoreError;

/// The runs that are hidden.
#[derive(Debug, Clone, Default)]
pub(super) struct Hidden {
    /// All of them.
    pub(super) all: BTreeSet<RunId>,
    /// Those that no listing comes upon, not even as a record that can't be read.
    pub(super) unmet: BTreeSet<RunId>,
}

/// Finds them. Where what is kept is true of an earlier transaction nobody can tell.
pub(super) fn runs(records: &Records) -> Result<Hidden, Trouble> {
    let mut hidden = BTreeSet::new();
    if kept::is_current(records)? {
        for record in records.below(&keys::all(Kind::RunById))? {
            let (key, value) = record?;
            if frame::within(key.value(), value.value()).is_ok() {
                hidden.extend(keys::id_read_backwards(key.value()).map(RunId));
            }
        }
    }
    let mut strangers = BTreeSet::new();
    for id in reads::ids(records, Kind::Run)? {
        if !hidden.remove(&RunId(id)) {
            strangers.insert(id);
        }
    }
    let mut unmet = hidden.clone();
    let is_one_bit = |bits: u128| bits.count_ones() == 1;
    unmet.retain(|run| {
        let of = |id: &uuid::Uuid| is_one_bit(id.as_u128() ^ run.0.as_u128());
        !strangers.iter().any(of)
    });
    Ok(Hidden { all: hidden, unmet })
}

/// Whether a run without a record was there.
pub(super) fn is_hidden(records: &Records, run: RunId) -> Result<bool, Trouble> {
    let mark = keys::by_end_of_id(Kind::RunById, &run.to_string());
    Ok(kept::is_current(records)? && records.get(mark.as_slice())?.is_some())
}

/// The error of each.
pub(super) fn errors(records: &Records) -> Result<Vec<StoreError>, Trouble> {
    let hidden = runs(records)?.all.into_iter();
    Ok(hidden.map(error).collect())
}

pub(super) fn error(run: RunId) -> StoreError {
    let reason = "no record has its key, though the store counts it: the key of one is damaged";
    codec::unreadable(&keys::of_run(Kind::Run, run), reason.into())
}
