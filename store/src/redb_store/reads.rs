//! Reads of single records and of listings, from a snapshot.
//!
//! Whoever asks for a record gets the error where it can't be decoded; whoever asks for many says whether such a one is an
//! error or is left out, with a warning.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use redb::StorageError;
use serde::de::DeserializeOwned;
use stepwell_contract::{Digest, ExecutionKey, RunId, StepPath};
use uuid::Uuid;

use super::codec;
use super::failure::Trouble;
use super::hidden;
use super::kept;
use super::keys::{self, Kind, Named};
use super::table::{Record, Records, Table};
use crate::{CallRecord, Gaps, RunOwner, Scope, StoreError};

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

/// A run without a record is none, unless others are there that only a run has: then its record is hidden by damage, and nobody may
/// take it for one that never was.
pub(super) fn no_run<T>(records: &Records, run: RunId) -> Result<Option<T>, Trouble> {
    // A comparison keeps what it looked at under an id of its own, but has no executions and calls there.
    for kind in [Kind::Execution, Kind::Call] {
        if records.below(&keys::of_run(kind, run))?.next().is_some() {
            let reason = "it is gone, though what the run did is there: the store is damaged";
            return Err(codec::unreadable(&keys::of_run(Kind::Run, run), reason.into()).into());
        }
    }
    match hidden::is_hidden(records, run)? {
        true => Err(hidden::error(run).into()),
        false => Ok(None),
    }
}

/// For whom each run is carried out. Of their records it reads no more than that.
pub(super) fn run_owners(records: &Records) -> Result<BTreeMap<RunId, RunOwner>, Trouble> {
    let mut owners = BTreeMap::new();
    for kind in [Kind::Run, Kind::ScratchRun] {
        for record in records.below(&keys::all(kind))? {
            let (key, value) = record?;
            let owner = among_many::<RunOwner>(key.value(), value.value(), &Gaps::LeaveOut)?;
            owners.extend(owner.map(|owner| (RunId(keys::id_in(key.value())), owner)));
        }
    }
    Ok(owners)
}

/// A record among many.
pub(super) fn among_many<T: DeserializeOwned>(
    key: &[u8],
    value: &[u8],
    gaps: &Gaps,
) -> Result<Option<T>, Trouble> {
    let error = match codec::decode(key, value) {
        Ok(record) => return Ok(Some(record)),
        Err(error) => error,
    };
    let execution = match keys::read(key) {
        Some(Named::Execution(execution)) => Some(execution),
        _ => None,
    };
    left_out(error, execution, gaps)?;
    Ok(None)
}

/// A record that can't be read, among many.
///
/// # Errors
/// Its error, where none may be left out.
pub(super) fn left_out(
    error: StoreError,
    execution: Option<ExecutionKey>,
    gaps: &Gaps,
) -> Result<(), StoreError> {
    match gaps {
        Gaps::Refuse => return Err(error),
        Gaps::LeaveOut => {}
        Gaps::Count(left_out) => left_out.add(execution),
    }
    tracing::warn!(%error, "a record is left out");
    Ok(())
}

/// At most so many of these records.
fn decoded<'r, T: DeserializeOwned>(
    mut records: impl Iterator<Item = Result<Record<'r>, StorageError>>,
    gaps: &Gaps,
    limit: usize,
) -> Result<Vec<T>, Trouble> {
    let mut found = Vec::new();
    while found.len() < limit
        && let Some(record) = records.next()
    {
        let (key, value) = record?;
        found.extend(among_many(key.value(), value.value(), gaps)?);
    }
    Ok(found)
}

/// Every record whose key begins so, in the order of the keys.
pub(super) fn list<T: DeserializeOwned>(
    records: &Records,
    prefix: &[u8],
    gaps: &Gaps,
) -> Result<Vec<T>, Trouble> {
    decoded(records.below(prefix)?, gaps, usize::MAX)
}

/// The records of a range of keys that sort as their ids were given, newest first.
pub(super) fn newest<T: DeserializeOwned>(
    records: &Records,
    range: &Range<Vec<u8>>,
    gaps: &Gaps,
    limit: usize,
) -> Result<Vec<T>, Trouble> {
    decoded(records.within(range)?.rev(), gaps, limit)
}

/// The ids of a kind of records whose keys are their ids, oldest first. No record is read for it: one that is damaged is there, and
/// must not give its name to another one.
pub(super) fn ids(records: &Records, kind: Kind) -> Result<Vec<Uuid>, Trouble> {
    let mut ids = Vec::new();
    for record in records.below(&keys::all(kind))? {
        ids.push(keys::id_in(record?.0.value()));
    }
    Ok(ids)
}

/// The last of them.
pub(super) fn newest_id(records: &Records, kind: Kind) -> Result<Option<Uuid>, StorageError> {
    let last = records.below(&keys::all(kind))?.next_back().transpose()?;
    Ok(last.map(|(key, _)| keys::id_in(key.value())))
}

/// A run's events after a cursor.
pub(super) fn events<T: DeserializeOwned>(
    records: &Records,
    run: RunId,
    after: u64,
    limit: usize,
) -> Result<Vec<T>, Trouble> {
    let mut range = keys::range_of(&keys::of_run(Kind::Event, run));
    let Some(first) = after.checked_add(1) else {
        return Ok(Vec::new());
    };
    range.start = keys::event(run, first);
    decoded(records.within(&range)?, &Gaps::LeaveOut, limit)
}

/// The cursor of a log's last event; 0 where it has none.
pub(super) fn last_cursor(records: &impl Table, run: RunId) -> Result<u64, StorageError> {
    let mut events = records.below(&keys::of_run(Kind::Event, run))?;
    let last = events.next_back().transpose()?;
    Ok(last.map_or(0, |(key, _)| keys::cursor(key.value())))
}

/// Calls of all runs, newest first.
pub(super) fn newest_calls(
    records: &Records,
    step: Option<&StepPath>,
    skip: usize,
    limit: usize,
    gaps: &Gaps,
) -> Result<Vec<CallRecord>, Trouble> {
    let of_step = |call: &[u8]| match (step, keys::read(call)) {
        (Some(step), Some(Named::Call(execution, _))) => execution.path == *step,
        (Some(_), _) => false,
        (None, _) => true,
    };
    let mut fitting = 0;
    let mut found = Vec::new();
    kept::each(records, &keys::all(Kind::CallInOrder), |key, _| {
        let call = keys::call_of_order(key);
        if of_step(call) {
            fitting += 1;
            if fitting > skip && found.len() < limit {
                found.push(call.to_vec());
            }
        }
        found.len() < limit
    })?;
    all_of(records, &found, gaps)
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
    all_of(records, &found, &Gaps::LeaveOut)
}

/// The calls whose answer may be given to a question, newest first.
pub(super) fn answered(records: &Records, question: &Digest) -> Result<Vec<CallRecord>, Trouble> {
    let mut found = Vec::new();
    kept::each(records, &keys::answers_to(question), |key, _| {
        found.push(keys::call_of_answer(key).to_vec());
        true
    })?;
    let mut calls = all_of::<CallRecord>(records, &found, &Gaps::LeaveOut)?;
    calls.sort_by_key(|call| std::cmp::Reverse(call.id));
    Ok(calls)
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
fn all_of<T: DeserializeOwned>(
    records: &Records,
    keys: &[Vec<u8>],
    gaps: &Gaps,
) -> Result<Vec<T>, Trouble> {
    let mut found = Vec::new();
    for key in keys {
        match records.get(key.as_slice())? {
            Some(value) => found.extend(among_many(key, value.value(), gaps)?),
            None => {
                let error = codec::unreadable(key, "an index names it, and it is gone".into());
                left_out(error, None, gaps)?;
            }
        }
    }
    Ok(found)
}

/// The records of a kind within a scope, in the order of their keys.
pub(super) fn scoped<T: DeserializeOwned>(
    records: &Records,
    kind: Kind,
    scope: &Scope,
) -> Result<Vec<T>, Trouble> {
    let mut found = Vec::new();
    for prefix in prefixes(records, kind, scope)? {
        found.extend(list(records, &prefix, &scope.gaps)?);
    }
    Ok(found)
}

/// What the keys within a scope begin with.
fn prefixes(records: &Records, kind: Kind, scope: &Scope) -> Result<Vec<Vec<u8>>, Trouble> {
    Ok(match scope {
        Scope {
            execution: Some(execution),
            run,
            step,
            ..
        } => {
            let fits = run.is_none_or(|run| run == execution.run)
                && step.as_ref().is_none_or(|step| *step == execution.path);
            let prefix = fits.then(|| keys::of_execution(kind, execution));
            prefix.into_iter().collect()
        }
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
    let mut runs = Vec::new();
    for record in records.below(&keys::runs_of_step(step))? {
        if let Some(Named::StepRun(_, run)) = keys::read(record?.0.value()) {
            runs.push(run);
        }
    }
    Ok(runs)
}
