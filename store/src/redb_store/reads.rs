//! Reads of single records and of listings, from a snapshot.
//!
//! A listing leaves out a record that can't be decoded, with a warning: one bad record must not hide the others.
//! Whoever asks for the record itself gets the error, and so does who asks for all that belongs to an execution: it goes on from
//! that, and would pay again for an answer that is left out.

use std::collections::BTreeSet;
use std::ops::Range;

use serde::de::DeserializeOwned;
use stepwell_contract::{ExecutionKey, RunId, StepPath};

use super::codec;
use super::disk::Records;
use super::failure::Trouble;
use super::kept;
use super::keys::{self, Kind, Named};
use crate::{CallRecord, Scope, StoreError};

/// One record.
pub(super) fn get<T: DeserializeOwned>(
    records: &Records,
    key: &[u8],
) -> Result<Option<T>, Trouble> {
    match records.get(key)? {
        Some(value) => Ok(Some(codec::decode(key, value.value())?)),
        None => Ok(None),
    }
}

/// Calls `each` with every key and value in a range of keys, until it says `false`.
fn each(
    range: impl DoubleEndedIterator<Item = Result<Record, redb::StorageError>>,
    mut each: impl FnMut(&[u8], &[u8]) -> bool,
) -> Result<(), Trouble> {
    for record in range {
        let (key, value) = record?;
        if !each(key.value(), value.value()) {
            break;
        }
    }
    Ok(())
}

type Record = (
    redb::AccessGuard<'static, &'static [u8]>,
    redb::AccessGuard<'static, &'static [u8]>,
);

/// Decodes a record of a listing; none, and a warning, where that can't be done.
fn listed<T: DeserializeOwned>(key: &[u8], value: &[u8]) -> Option<T> {
    codec::decode(key, value)
        .inspect_err(|error: &StoreError| tracing::warn!(%error, "a record is left out"))
        .ok()
}

/// Every record whose key begins so and that can be read, in the order of the keys.
pub(super) fn list<T: DeserializeOwned>(
    records: &Records,
    prefix: &[u8],
) -> Result<Vec<T>, Trouble> {
    let range = keys::range_of(prefix);
    let mut found = Vec::new();
    let range = records.range::<&[u8]>(range.start.as_slice()..range.end.as_slice())?;
    each(range, |key, value| {
        found.extend(listed(key, value));
        true
    })?;
    Ok(found)
}

/// Every record whose key begins so, in the order of the keys.
pub(super) fn whole<T: DeserializeOwned>(
    records: &Records,
    prefix: &[u8],
) -> Result<Vec<T>, Trouble> {
    let range = keys::range_of(prefix);
    let range = records.range::<&[u8]>(range.start.as_slice()..range.end.as_slice())?;
    let decoded = range.map(|record| {
        let (key, value) = record?;
        Ok(codec::decode(key.value(), value.value())?)
    });
    decoded.collect()
}

/// The records of a range of keys that sort by the time at which they were made, newest first.
pub(super) fn newest<T: DeserializeOwned>(
    records: &Records,
    range: Range<Vec<u8>>,
    limit: Option<usize>,
) -> Result<Vec<T>, Trouble> {
    let limit = limit.unwrap_or(usize::MAX);
    let mut found = Vec::new();
    if limit == 0 {
        return Ok(found);
    }
    let range = records.range::<&[u8]>(range.start.as_slice()..range.end.as_slice())?;
    each(range.rev(), |key, value| {
        found.extend(listed(key, value));
        found.len() < limit
    })?;
    Ok(found)
}

/// A run's events after a cursor.
pub(super) fn events<T: DeserializeOwned>(
    records: &Records,
    run: RunId,
    after: u64,
    limit: usize,
) -> Result<Vec<T>, Trouble> {
    let mut range = keys::range_of(&keys::of_run(Kind::Event, run));
    let mut found = Vec::new();
    let Some(first) = after.checked_add(1).filter(|_| limit > 0) else {
        return Ok(found);
    };
    range.start = keys::event(run, first);
    let range = records.range::<&[u8]>(range.start.as_slice()..range.end.as_slice())?;
    each(range, |key, value| {
        found.extend(listed(key, value));
        found.len() < limit
    })?;
    Ok(found)
}

/// The cursor of a log's last event; 0 where it has none.
pub(super) fn last_cursor(records: &Records, run: RunId) -> Result<u64, Trouble> {
    let range = keys::range_of(&keys::of_run(Kind::Event, run));
    let mut range = records.range::<&[u8]>(range.start.as_slice()..range.end.as_slice())?;
    Ok(match range.next_back().transpose()? {
        Some((key, _)) => keys::cursor(key.value()),
        None => 0,
    })
}

/// Calls of all runs, newest first.
pub(super) fn newest_calls(
    records: &Records,
    step: Option<&StepPath>,
    skip: usize,
    limit: usize,
) -> Result<Vec<CallRecord>, Trouble> {
    let of_step = |call: &[u8]| match (step, keys::read(call)) {
        (Some(step), Some(Named::Call(execution, _))) => execution.path == *step,
        (Some(_), _) => false,
        (None, _) => true,
    };
    let mut fitting = 0;
    let mut found = Vec::new();
    kept::each(records, &keys::all(Kind::CallByTime), |key, _| {
        let call = keys::call_at_time(key);
        if of_step(call) {
            fitting += 1;
            if fitting > skip && found.len() < limit {
                found.push(call.to_vec());
            }
        }
        found.len() < limit
    })?;
    all_of(records, &found)
}

/// Calls whose id ends so, at most so many.
pub(super) fn calls_by_id(
    records: &Records,
    end: &str,
    limit: usize,
) -> Result<Vec<CallRecord>, Trouble> {
    let mut found = Vec::new();
    if end.len() <= keys::ID_TEXT {
        let prefix = keys::by_end_of_id(Kind::CallById, end);
        kept::each(records, &prefix, |key, _| {
            found.push(keys::call_of_id(key).to_vec());
            found.len() < limit
        })?;
    }
    all_of(records, &found)
}

/// The runs whose id ends or begins so, newest first; none of a comparison's cells is among them.
pub(super) fn runs_by_id(records: &Records, part: &str) -> Result<Vec<RunId>, Trouble> {
    let mut found = BTreeSet::new();
    kept::each(
        records,
        &keys::by_end_of_id(Kind::RunById, part),
        |key, _| {
            found.extend(keys::id_read_backwards(key).map(RunId));
            true
        },
    )?;
    // The ids that begin so stand together, since their bytes sort as their text does.
    let filled = |with: &str| {
        let rest = with.get(part.len()..)?;
        format!("{part}{rest}").parse().ok().map(RunId)
    };
    let lowest = filled("00000000-0000-0000-0000-000000000000");
    let highest = filled("ffffffff-ffff-ffff-ffff-ffffffffffff");
    if let (Some(lowest), Some(highest)) = (lowest, highest) {
        let [lowest, highest] = [lowest, highest].map(|id| keys::of_run(Kind::Run, id));
        for record in records.range::<&[u8]>(lowest.as_slice()..=highest.as_slice())? {
            if let Some(Named::Run(run)) = keys::read(record?.0.value()) {
                found.extend(run.to_string().starts_with(part).then_some(run));
            }
        }
    }
    Ok(found.into_iter().rev().collect())
}

/// The records of these keys, as a listing has them.
fn all_of<T: DeserializeOwned>(records: &Records, keys: &[Vec<u8>]) -> Result<Vec<T>, Trouble> {
    let mut found = Vec::new();
    for key in keys {
        if let Some(value) = records.get(key.as_slice())? {
            found.extend(listed(key, value.value()));
        }
    }
    Ok(found)
}

/// The records of a kind within a scope, in the order of their keys.
pub(super) fn scoped<T: DeserializeOwned>(
    records: &Records,
    kind: Kind,
    scope: &Scope,
    step_of: impl Fn(&T) -> &ExecutionKey,
) -> Result<Vec<T>, Trouble> {
    let mut found = Vec::new();
    for prefix in prefixes(records, kind, scope)? {
        found.extend(match &scope.execution {
            Some(_) => whole(records, &prefix)?,
            None => list(records, &prefix)?,
        });
    }
    found.retain(|record| {
        let execution = step_of(record);
        let fits = |run: &RunId| *run == execution.run;
        scope.run.as_ref().is_none_or(fits)
            && scope
                .step
                .as_ref()
                .is_none_or(|step| *step == execution.path)
    });
    Ok(found)
}

/// What the keys within a scope begin with.
fn prefixes(records: &Records, kind: Kind, scope: &Scope) -> Result<Vec<Vec<u8>>, Trouble> {
    Ok(match scope {
        Scope {
            execution: Some(execution),
            ..
        } => vec![keys::of_execution(kind, execution)],
        Scope {
            run: Some(run),
            step: Some(step),
            ..
        } => vec![keys::of_step(kind, *run, step)],
        Scope { run: Some(run), .. } => vec![keys::of_run(kind, *run)],
        Scope {
            step: Some(step), ..
        } => runs_of_step(records, step)?
            .into_iter()
            .map(|run| keys::of_step(kind, run, step))
            .collect(),
        _ => vec![keys::all(kind)],
    })
}

fn runs_of_step(records: &Records, step: &StepPath) -> Result<Vec<RunId>, Trouble> {
    let range = keys::range_of(&keys::runs_of_step(step));
    let mut runs = Vec::new();
    let range = records.range::<&[u8]>(range.start.as_slice()..range.end.as_slice())?;
    each(range, |key, _| {
        if let Some(Named::StepRun(_, run)) = keys::read(key) {
            runs.push(run);
        }
        true
    })?;
    Ok(runs)
}
