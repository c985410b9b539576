//! A step carried out again from the answers that it got: a take that keeps what was asked and answered.

use std::collections::BTreeMap;
use std::sync::Arc;

use stepwell_contract::{ChatError, ChatResponse, ExecutionKey, Position};
use stepwell_store::{
    AnswersOf, Change, CheckpointRecord, ExecutionRecord, ExecutionState, Gaps, MemoKey, MemoKind,
    MemoRecord, RunRecord, Scope,
};

use super::outdated::{mark_stale, outdated, shortened};
use crate::state::{House, PreparedRun};
use crate::words::{EngineError, RunError};

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
    let mut changes: Vec<Change> = mark_stale(house, record, stale).into_iter().collect();
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
    let mut told = Answers::default();
    // Those of a take that read them in vain are still those of the take that got them.
    let got_them = before.answers_of.as_ref().map(|of| ExecutionKey {
        take: of.take,
        ..before.key.clone()
    });
    for of in got_them.iter().chain([&before.key]) {
        told.add(house, of).await?;
    }
    let last = before.attempts.last().map_or(1, |attempt| attempt.number);
    execution.answers_of = Some(before.answers_of.clone().unwrap_or(AnswersOf {
        take: before.key.take,
        attempt: told.last_attempt.unwrap_or(last),
        other: Default::default(),
    }));
    let checkpoint = told.checkpoint.map(|checkpoint| {
        Change::Checkpoint(Box::new(CheckpointRecord {
            execution: key.clone(),
            ..checkpoint
        }))
    });
    let memos = told.memos.into_values().map(|memo| {
        Change::Memo(Arc::new(MemoRecord {
            execution: key.clone(),
            // None of its own attempts has asked.
            attempt: 0,
            ..memo
        }))
    });
    Ok([Change::Execution(Box::new(execution))]
        .into_iter()
        .chain(checkpoint)
        .chain(memos)
        .collect())
}

/// What an execution was told, and what it kept for itself.
#[derive(Default)]
struct Answers {
    memos: BTreeMap<MemoKey, MemoRecord>,
    /// The last attempt that a model answered.
    last_attempt: Option<u32>,
    /// As after a crash: what it asked may follow from it, such as what it told a model of an answer that it couldn't use.
    checkpoint: Option<CheckpointRecord>,
}

impl Answers {
    /// Adds what an execution was told. An answer that it could not use is no memo any more (rule E19), but its call is there.
    async fn add(&mut self, house: &House, execution: &ExecutionKey) -> Result<(), EngineError> {
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
            self.memos.insert(key, memo);
            self.last_attempt = self.last_attempt.max(Some(call.attempt));
        }
        let checkpoint = house.store.checkpoint(execution).await?;
        self.checkpoint = checkpoint.or(self.checkpoint.take());
        for memo in house.store.memos(execution).await? {
            if memo.only_attempt.is_none() {
                self.memos.insert(memo.key, memo);
            }
        }
        Ok(())
    }
}
