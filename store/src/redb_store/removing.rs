//! A run or a comparison that goes: every record that is its own.
//!
//! What its calls took was paid for: it stays in the totals of days, which budgets rest on, and in those of steps. Nothing here
//! decides whether it may go, and no blob is freed.

use std::collections::{BTreeMap, BTreeSet};

use stepwell_contract::{ComparisonId, RunId, Undertaking};

use super::draft::Draft;
use super::failure::Trouble;
use super::kept::Entry;
use super::keys::{self, Kind, Named};
use super::table::Table as _;
use super::{codec, frame};
use crate::StoreError;
use crate::records::{CallRecord, CallTotals, CellRecord, RunRecord};

/// What kinds of records belong to a run, or to the log of a comparison, beside its own.
const KINDS: [Kind; 7] = [
    Kind::Batch,
    Kind::Call,
    Kind::Document,
    Kind::Event,
    Kind::Checkpoint,
    Kind::Memo,
    Kind::Execution,
];

/// A run, or a comparison with the runs of its cells, with all that goes with it.
pub(super) struct Leaving {
    /// The record of a run that is listed; none where it can't be read, and of a comparison.
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
        leaving.add_all(draft, run)?;
        Ok(Some(leaving))
    }

    /// Finds a comparison with the cells that it made; none where there is no such comparison.
    pub(super) fn of_comparison(
        draft: &Draft<'_>,
        comparison: ComparisonId,
    ) -> Result<Option<Self>, Trouble> {
        let key = keys::comparison(comparison);
        if draft.get(&key)?.is_none() {
            return Ok(None);
        }
        let mut leaving = Self {
            unreadable: false,
            run: None,
            calls: Vec::new(),
            keys: BTreeSet::from([key]),
        };
        let mut runs = vec![Undertaking::from(comparison).log()];
        for record in draft.table.below(&keys::all(Kind::Cell))? {
            let (key, value) = record?;
            let cell = codec::decode::<CellRecord>(key.value(), value.value());
            if cell.is_ok_and(|cell| cell.comparison == comparison) {
                leaving.keys.insert(key.value().to_vec());
            }
        }
        for record in draft.table.below(&keys::all(Kind::ScratchRun))? {
            let (key, value) = record?;
            let run = codec::decode::<RunRecord>(key.value(), value.value());
            let scratch = run.as_ref().ok().and_then(|run| run.scratch.as_ref());
            if scratch.is_some_and(|scratch| scratch.comparison == comparison) {
                leaving.keys.insert(key.value().to_vec());
                runs.extend(run.map(|run| run.id));
            }
        }
        for run in runs {
            leaving.add_all(draft, run)?;
        }
        Ok(Some(leaving))
    }

    /// Every record that belongs to a run.
    fn add_all(&mut self, draft: &Draft<'_>, run: RunId) -> Result<(), Trouble> {
        for kind in KINDS {
            for record in draft.table.below(&keys::of_run(kind, run))? {
                let (key, value) = record?;
                self.add(key.value(), value.value(), run);
            }
        }
        Ok(())
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
