//! Reads of single records and of listings, from a snapshot.
//!
//! A listing leaves out a record that can't be decoded, with a warning: one bad record must not hide the others.
//! Whoever asks for the record itself gets the error, and so does who asks for all that belongs to an execution: it goes on from
//! that, and would pay again for an answer that is left out.

use std::ops::{Bound, Range};

use serde::de::DeserializeOwned;
use stepwell_contract::{ExecutionKey, RunId, StepPath};

use super::codec;
use super::disk::Records;
use super::failure::Trouble;
use super::keys::{self, Kind, Named};
use crate::{Scope, StoreError};

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

/// Records of a kind in the order of their keys, from the first or from behind a key.
pub(super) fn after<T: DeserializeOwned>(
    records: &Records,
    kind: Kind,
    after: Option<&[u8]>,
    limit: usize,
) -> Result<Vec<T>, Trouble> {
    let all = keys::range_of(&keys::all(kind));
    let start = match after {
        Some(key) => Bound::Excluded(key),
        None => Bound::Included(all.start.as_slice()),
    };
    let mut found = Vec::new();
    if limit == 0 {
        return Ok(found);
    }
    let range = records.range::<&[u8]>((start, Bound::Excluded(all.end.as_slice())))?;
    each(range, |key, value| {
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
