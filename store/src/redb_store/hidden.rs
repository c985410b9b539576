//! Runs whose records nobody finds: the key of such a record is damaged, and what is kept beside it says that the run was there.
//!
//! A flipped bit gives a record the name of another one, of which its digest says that it isn't that, or puts it among records of
//! another kind. Nothing here mends anything.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;
use stepwell_contract::RunId;

use super::failure::Trouble;
use super::keys::{self, Kind};
use super::table::{Records, Table as _};
use super::{codec, frame, kept, reads};
use crate::{Gaps, StoreError};

/// The runs that are hidden.
#[derive(Debug, Clone, Default)]
pub(super) struct Hidden {
    /// All of them.
    pub(super) all: BTreeSet<RunId>,
    /// Those that no listing comes upon, not even as a record that can't be read.
    pub(super) unmet: BTreeSet<RunId>,
    /// The newest run that ever was here, hidden or not.
    pub(super) newest: Option<RunId>,
}

impl Hidden {
    /// Whether none is. Else the keys aren't in their order: what looks for a key, or begins at one, may miss others, too.
    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}

/// Finds them. Where what is kept is true of an earlier transaction nobody can tell.
pub(super) fn runs(records: &Records) -> Result<Hidden, Trouble> {
    let mut known = BTreeSet::new();
    if kept::is_current(records)? {
        for record in records.below(&keys::all(Kind::RunById))? {
            let (key, value) = record?;
            if frame::within(key.value(), value.value()).is_ok() {
                known.extend(keys::id_read_backwards(key.value()).map(RunId));
            }
        }
    }
    let mut found = BTreeSet::new();
    for record in records.below(&keys::all(Kind::Run))? {
        found.extend(id_of_run(record?.0.value()));
    }
    if known.is_subset(&found) {
        return Ok(Hidden::default());
    }
    // Of one that is found only by looking at everything, the key itself is sound.
    for record in records.range::<&[u8]>(..)? {
        found.extend(id_of_run(record?.0.value()));
    }
    let all: BTreeSet<_> = known.difference(&found).copied().collect();
    let mut unmet = all.clone();
    let is_one_bit = |bits: u128| bits.count_ones() == 1;
    unmet.retain(|run| {
        let is_it = |other: &RunId| is_one_bit(other.0.as_u128() ^ run.0.as_u128());
        !found.difference(&known).any(is_it)
    });
    Ok(Hidden {
        all,
        unmet,
        newest: known.last().copied(),
    })
}

fn id_of_run(key: &[u8]) -> Option<RunId> {
    let is_of_run = key.first() == Some(&(Kind::Run as u8)) && key.len() == 1 + 16;
    is_of_run.then(|| RunId(keys::id_in(key)))
}

/// The records of runs before one, newest first, where the keys aren't in their order: all there is, is looked at.
pub(super) fn newest<T: DeserializeOwned>(
    records: &Records,
    before: Option<RunId>,
    limit: usize,
    gaps: &Gaps,
) -> Result<Vec<T>, Trouble> {
    let mut values = BTreeMap::new();
    for record in records.range::<&[u8]>(..)? {
        let (key, value) = record?;
        let run = id_of_run(key.value()).filter(|run| before.is_none_or(|before| *run < before));
        values.extend(run.map(|run| (run, value.value().to_vec())));
    }
    let mut found = Vec::new();
    for (run, value) in values.into_iter().rev() {
        if found.len() == limit {
            break;
        }
        found.extend(reads::among_many(
            &keys::of_run(Kind::Run, run),
            &value,
            gaps,
        )?);
    }
    Ok(found)
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
