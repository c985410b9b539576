//! How an execution ends, for now or for good, and what is written down of it (rules E13, E24, E28).

use jiff::Timestamp;
use stepwell_contract::amounts::milliseconds;
use stepwell_contract::{AttemptReport, Halt, Problem};
use stepwell_store::{AttemptRecord, Change, ExecutionRecord, ExecutionState, StoreError};

use super::services::Services;
use crate::state::RunContext;
use crate::words::Event;

/// How carrying out a unit ended.
#[derive(Debug)]
pub(crate) enum ExecutionEnd {
    /// Its outcome is in the store, and its files are in the workspace.
    Success,
    /// It failed, for now: `resume` gives fresh attempts.
    Failed(Problem),
    /// Its outcome is in the store, but its files could not be published (rule E16).
    Unpublished(Problem),
    /// It waits for a person's answer.
    Waiting,
    /// A person has to decide on a call in doubt.
    InDoubt(String),
    /// The run was stopped.
    Stopped,
    /// The store failed: the run can't go on (rule E28).
    Store(String),
}

impl From<StoreError> for ExecutionEnd {
    fn from(error: StoreError) -> Self {
        Self::Store(error.to_string())
    }
}

pub(super) async fn halted(
    run: &RunContext,
    mut record: ExecutionRecord,
    services: &Services,
    halt: Halt,
) -> Result<ExecutionEnd, ExecutionEnd> {
    let end = match halt {
        Halt::Waiting => ExecutionEnd::Waiting,
        Halt::InDoubt { reason } => ExecutionEnd::InDoubt(reason),
        Halt::Store { reason } => return Err(ExecutionEnd::Store(reason)),
        _ => return Ok(ExecutionEnd::Stopped),
    };
    record.state = ExecutionState::Waiting;
    let mut changes = services.leftovers();
    changes.push(Change::Execution(Box::new(record)));
    run.house.store.commit(changes).await?;
    Ok(end)
}

pub(super) async fn fail(
    run: &RunContext,
    mut record: ExecutionRecord,
    problem: Problem,
    mut changes: Vec<Change>,
) -> Result<ExecutionEnd, ExecutionEnd> {
    record.state = ExecutionState::Failure;
    record.ended_at = Some(run.house.now());
    record.problem = Some(problem.clone());
    changes.push(run.event(
        Some(&record.key),
        Event::StepFailed {
            problem: problem.clone(),
        },
    ));
    changes.push(Change::Execution(Box::new(record)));
    run.house.store.commit(changes).await?;
    Ok(ExecutionEnd::Failed(problem))
}

/// The record with its last attempt ended before the guest was called.
pub(super) fn ended_unbegun(record: ExecutionRecord, word: &str, at: Timestamp) -> ExecutionRecord {
    last_ended(record, word, at, |attempt| attempt.counts = true)
}

/// The record with its last attempt ended by a success.
pub(super) fn succeeded(
    record: ExecutionRecord,
    report: &AttemptReport,
    at: Timestamp,
) -> ExecutionRecord {
    last_ended(record, "success", at, |attempt| measure(attempt, report))
}

/// The record with its last attempt ended by anything else: what the guest wrote to its standard error is kept.
pub(super) fn ended(
    record: ExecutionRecord,
    report: &AttemptReport,
    word: &str,
    at: Timestamp,
) -> ExecutionRecord {
    last_ended(record, word, at, |attempt| {
        measure(attempt, report);
        attempt.stderr.clone_from(&report.stderr);
    })
}

fn last_ended(
    mut record: ExecutionRecord,
    word: &str,
    at: Timestamp,
    tell: impl FnOnce(&mut AttemptRecord),
) -> ExecutionRecord {
    if let Some(attempt) = record.attempts.last_mut() {
        attempt.ended_at = Some(at);
        attempt.end = Some(word.to_owned());
        tell(attempt);
    }
    record
}

fn measure(attempt: &mut AttemptRecord, report: &AttemptReport) {
    attempt.cpu_ms = milliseconds(report.cpu);
    attempt.wall_ms = milliseconds(report.wall);
    attempt.memory = report.memory;
}
