//! How a drive ends: where its run is then, for now or for good (rules E16, E24, E25).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use stepwell_contract::{Problem, StepPath, WaitingFor};
use stepwell_store::{Change, ExecutionRecord, ExecutionState, RunState, StoreError};

use super::gates::still_held;
use super::options::DriveOptions;
use super::tally::Tally;
use crate::state::{RunContext, lock};
use crate::words::{EngineError, Event, RunOutcome, RunStatus};

/// Says where the run is now, in the store and to the caller.
pub(super) async fn close(
    run: &Arc<RunContext>,
    wanted: &BTreeSet<usize>,
    tally: Tally,
    options: &DriveOptions,
) -> Result<RunOutcome, EngineError> {
    if let Some(reason) = tally.store {
        return Err(EngineError::StoreFailed { reason });
    }
    if let Some(reason) = tally.bug {
        return Err(EngineError::Bug { reason });
    }
    if tally.stopped && !asleep(run).await? {
        return Ok(RunOutcome::interrupted(run.id));
    }
    let everything: BTreeSet<usize> = (0..run.plan.steps.len()).collect();
    let (all_done, rest_done) = {
        let board = lock(&run.board);
        (
            board.all_done(&run.plan, wanted),
            board.all_done(&run.plan, &everything) && !board.holds_rounds(),
        )
    };
    let rounds = tally.rounds;
    let stale = !run.mailbox.record.lock().await.stale.is_empty();
    let failed = match tally.unpublished.or(tally.failed) {
        None if options.only.is_some() && !all_done => None,
        None if options.only.is_some() => failed_before(run, wanted).await?,
        problem => problem,
    };
    let failed = match failed {
        None if rest_done && !stale && !tally.waiting => still_held(run).await?,
        problem => problem,
    };
    let (status, waiting_for) = if failed.is_some() {
        (RunStatus::Failure, None)
    } else if tally.waiting || tally.stopped {
        (RunStatus::Waiting, Some(WaitingFor::Answers))
    } else if tally.in_doubt.is_some() {
        (RunStatus::Waiting, Some(WaitingFor::InDoubt))
    } else if stale {
        (RunStatus::Waiting, Some(WaitingFor::Stale))
    } else if rest_done {
        (RunStatus::Success, None)
    } else {
        (RunStatus::Waiting, Some(WaitingFor::Until))
    };
    let outcome = RunOutcome {
        run: run.id,
        status,
        waiting_for,
        problem: failed,
    };
    conclude_with(run, &outcome, rounds).await?;
    Ok(outcome)
}

/// Writes down where the run is.
pub(super) async fn conclude(run: &RunContext, outcome: &RunOutcome) -> Result<(), StoreError> {
    conclude_with(run, outcome, BTreeMap::new()).await
}

/// As [`conclude`], with what came of the rounds of each repeated step that were looked at.
async fn conclude_with(
    run: &RunContext,
    outcome: &RunOutcome,
    rounds: BTreeMap<StepPath, bool>,
) -> Result<(), StoreError> {
    let RunOutcome {
        status,
        waiting_for,
        problem,
        ..
    } = outcome.clone();
    let event = Event::RunEnded {
        status,
        waiting_for: waiting_for.clone(),
        problem: problem.clone(),
    };
    run.update(vec![run.event(None, event)], |record| {
        record.state = match status {
            RunStatus::Success => RunState::Success,
            RunStatus::Failure => RunState::Failure,
            _ => RunState::Waiting,
        };
        let ended = matches!(status, RunStatus::Success | RunStatus::Failure);
        record.ended_at = ended.then(|| run.house.now());
        record.waiting_for = waiting_for;
        record.problem = problem;
        for (step, used_up) in rounds {
            match used_up {
                true => record.rounds_used_up.insert(step),
                false => record.rounds_used_up.remove(&step),
            };
        }
        if status == RunStatus::Success {
            record.until = None;
        }
    })
    .await
}

/// A step that wasn't carried out this time and had failed before.
async fn failed_before(
    run: &RunContext,
    wanted: &BTreeSet<usize>,
) -> Result<Option<Problem>, StoreError> {
    let executions = run.executions().await?;
    Ok(executions.into_iter().find_map(|execution| {
        let step = run.plan.index_of(&execution.key.path)?;
        let counts =
            run.pins.counts(&execution.key) && !wanted.contains(&step) && !run.step(step).optional;
        execution
            .problem
            .filter(|_| counts && execution.state == ExecutionState::Failure)
    }))
}

/// Whether everything that was under way when the run was stopped only waits for answers (rule E24). An open form alone
/// doesn't say so: its answers may have been given beforehand, and be about to be used.
async fn asleep(run: &RunContext) -> Result<bool, StoreError> {
    let executions = run.executions().await?;
    let open = executions.into_iter().filter(|execution| {
        run.pins.counts(&execution.key)
            && matches!(
                execution.state,
                ExecutionState::Running | ExecutionState::Waiting
            )
    });
    let open: Vec<_> = open.collect();
    let waits = |execution: &ExecutionRecord| {
        execution.form.is_some()
            && (execution.state == ExecutionState::Waiting
                || lock(&run.asking).contains(&execution.key))
    };
    if open.is_empty() || !open.iter().all(waits) {
        return Ok(false);
    }
    let sleeping = open.into_iter().map(|mut execution| {
        execution.state = ExecutionState::Waiting;
        Change::Execution(Box::new(execution))
    });
    run.house.store.commit(sleeping.collect()).await?;
    Ok(true)
}
