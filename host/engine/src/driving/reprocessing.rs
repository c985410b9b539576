//! A step carried out again from the answers that it got: a take that keeps what was asked and answered.

use std::collections::BTreeMap;

use stepwell_contract::{ChatError, ChatResponse, ExecutionKey, Position};
use stepwell_store::{
    Change, ExecutionRecord, ExecutionState, Gaps, MemoKey, MemoKind, MemoRecord, RunRecord, Scope,
};

use super::outdated::{outdated, shortened};
use crate::state::{House, PreparedRun};
use crate::words::{EngineError, Event, RunError};

/// A new take of a step that is carried out from the answers of the one before.
pub(crate) struct AnswersAgain {
    /// Its executions.
    pub(crate) executions: Vec<ExecutionKey>,
    /// What makes it, but for the run's record.
    pub(crate) changes: Vec<Change>,
}

/// Makes a new take of a step that is carried out from the answers of the one that counts, and marks what depends on it. Of a
/// step that is repeated it begins with the first round that failed, or else with the last one.
///
/// # Errors
/// [`RunError::NothingAnswered`] where the step wasn't carried out, or the store's.
pub(crate) async fn answers_again(
    house: &House,
    prepared: &PreparedRun,
    record: &mut RunRecord,
    step: usize,
) -> Result<AnswersAgain, EngineError> {
    let path = &prepared.plan.steps[step].path;
    let executions = house.store.executions(record.id, Gaps::Refuse).await?;
    let begun = |execution: &&ExecutionRecord| {
        let key = &execution.key;
        key.path == *path && record.counts(key) && !execution.attempts.is_empty()
    };
    let begun: Vec<&ExecutionRecord> = executions.iter().filter(begun).collect();
    let rounds = |execution: &&ExecutionRecord| execution.key.rounds();
    let failed = |execution: &&&ExecutionRecord| execution.state == ExecutionState::Failure;
    let first_failed = begun.iter().filter(failed).map(rounds).min();
    let from = first_failed.or_else(|| begun.iter().map(rounds).max());
    let Some(from) = from else {
        return Err(RunError::NothingAnswered {
            run: record.id,
            step: path.clone(),
        }
        .into());
    };
    let at: Vec<Position> = from.iter().map(|round| at_round(*round)).collect();
    let mut stale = outdated(&prepared.plan, record, &executions, step, &at);
    stale.remove(path);
    let mut changes = Vec::new();
    if !stale.is_empty() {
        let steps = stale.keys().cloned().collect();
        changes.push(house.event(record.id, None, &Event::Stale { steps }));
    }
    for (path, from) in stale {
        record.mark_stale(path, from);
    }
    record.mark_stale(path.clone(), shortened(from.clone()));
    record.begin_take(path);
    let mut executions = Vec::new();
    for execution in begun.into_iter().filter(|one| one.key.rounds() >= from) {
        let key = ExecutionKey {
            take: record.take_at(path, &execution.key.at),
            ..execution.key.clone()
        };
        changes.extend(again(house, &key, execution).await?);
        executions.push(key);
    }
    Ok(AnswersAgain {
        executions,
        changes,
    })
}

fn at_round(round: u32) -> Position {
    Position {
        round,
        ..Position::default()
    }
}

/// An execution of the new take, with all that the one before it was told.
async fn again(
    house: &House,
    key: &ExecutionKey,
    before: &ExecutionRecord,
) -> Result<Vec<Change>, EngineError> {
    let mut execution = ExecutionRecord::new(
        key.clone(),
        before.items.clone(),
        ExecutionState::Pending,
        house.now(),
    );
    execution.inputs = before.inputs;
    execution.answers_of = Some(before.answers_of.unwrap_or(before.key.take));
    let memos = told_to(house, &before.key).await?;
    let memos = memos.into_values().map(|memo| {
        Change::Memo(Box::new(MemoRecord {
            execution: key.clone(),
            // None of its own attempts has asked.
            attempt: 0,
            ..memo
        }))
    });
    Ok([Change::Execution(Box::new(execution))]
        .into_iter()
        .chain(memos)
        .collect())
}

/// What an execution was told, as memos. An answer that it could not use is no memo any more (rule E19), but its call is there.
async fn told_to(
    house: &House,
    execution: &ExecutionKey,
) -> Result<BTreeMap<MemoKey, MemoRecord>, EngineError> {
    let mut told = BTreeMap::new();
    let scope = Scope {
        execution: Some(execution.clone()),
        ..Scope::default()
    };
    for call in house.store.calls(scope).await? {
        let Some(digest) = call.response else {
            continue;
        };
        let what = || format!("the answer of call {}", call.id);
        let answer: ChatResponse = house.json(&digest, what).await?;
        let key = MemoKey {
            question: call.question,
            occurrence: call.occurrence,
        };
        let memo = MemoRecord {
            execution: execution.clone(),
            key,
            kind: MemoKind::Complete,
            answer: serde_json::to_value(Ok::<_, ChatError>(answer)).unwrap_or_default(),
            attempt: 0,
            only_attempt: None,
            received_at: call.ended_at.unwrap_or(call.created_at),
            other: Default::default(),
        };
        told.insert(key, memo);
    }
    for memo in house.store.memos(execution).await? {
        if memo.only_attempt.is_none() {
            told.insert(memo.key, memo);
        }
    }
    Ok(told)
}
