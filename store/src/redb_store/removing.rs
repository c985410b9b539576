//! A run that goes: every record that is its own.
//!
//! What its calls took was paid for: it stays in the totals of days, which budgets rest on, and in those of steps. Nothing here
//! decides whether a run may go, and no blob is freed.

use std::collections::{BTreeMap, BTreeSet};

use stepwell_contract::RunId;

use super::draft::Draft;
use super::failure::Trouble;
use super::kept::Entry;
use super::keys::{self, Kind, Named};
use super::table::Table as _;
use super::{codec, frame};
use crate::StoreError;
use crate::records::{CallRecord, CallTotals, RunRecord};

/// What kinds of records belong to a run, beside its own.
const KINDS: [Kind; 6] = [
    Kind::Call,
    Kind::Document,
    Kind::Event,
    Kind::Checkpoint,
    Kind::Memo,
    Kind::Execution,
];

/// A run with all that goes with it.
pub(super) struct Leaving {
    /// Its record; none where it can't be read.
    pub(super) run: Option<RunRecord>,
    /// Those of its calls that can be read.
    pub(super) calls: Vec<CallRecord>,
    /// Every key that goes.
    pub(super) keys: BTreeSet<Vec<u8>>,
    /// Whether one of them can't be read: nobody knows what was kept of it.
    pub(super) unreadable: bool,
}

impl Leaving {
    /// Finds it; none where there is no such run.
    pub(super) fn of(draft: &Draft<'_>, run: RunId) -> Result<Option<Self>, Trouble> {
        let key = keys::of_run(Kind::Run, run);
        let Some(value) = draft.get(&key)? else {
            return Ok(None);
        };
        let record: Result<RunRecord, StoreError> = codec::decode(&key, &value);
        let mut leaving = Self {
            unreadable: record.is_err(),
            run: record.ok(),
            calls: Vec::new(),
            keys: BTreeSet::from([key]),
        };
        for kind in KINDS {
            for record in draft.table.below(&keys::of_run(kind, run))? {
                let (key, value) = record?;
                leaving.add(key.value(), value.value(), run);
            }
        }
        Ok(Some(leaving))
    }

    fn add(&mut self, key: &[u8], value: &[u8], run: RunId) {
        let path = match keys::read(key) {
            Some(Named::Call(execution, _)) => {
                match codec::decode(key, value) {
                    Ok(call) => self.calls.push(call),
                    Err(_) => self.unreadable = true,
                }
                Some(execution.path)
            }
            Some(Named::Document(document)) => Some(document.execution.path),
            _ => None,
        };
        self.keys
            .extend(path.map(|path| keys::step_run(&path, run)));
        self.keys.insert(key.to_vec());
    }
}

/// What the calls of runs that are gone took, by the key of the totals that it belongs to.
pub(super) fn remaining(
    totals: BTreeMap<Vec<u8>, CallTotals>,
    stored: impl Fn(&[u8]) -> Result<Option<Vec<u8>>, Trouble>,
) -> Result<Vec<Entry>, Trouble> {
    let mut values = Vec::new();
    for (of, more) in totals {
        let key = keys::of_removed(&of);
        let before = stored(&key)?;
        let mut all: CallTotals = match before {
            Some(value) => codec::decode(&key, &value)?,
            None => CallTotals::default(),
        };
        all.add(&more);
        let value = codec::encode(&key, &all)?;
        values.push((key, Some(value)));
    }
    Ok(values)
}

/// The totals that a record of what remains adds to, and by how much.
pub(super) fn read_remaining(
    key: &[u8],
    value: &[u8],
) -> Result<(Vec<u8>, CallTotals), StoreError> {
    let payload = frame::within(key, value)?;
    let totals = serde_json::from_slice(payload)
        .map_err(|error| codec::unreadable(key, error.to_string()))?;
    Ok((key.get(1..).unwrap_or_default().to_vec(), totals))
}
