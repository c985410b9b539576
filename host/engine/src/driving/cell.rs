//! One cell of a comparison, carried out.

use std::sync::Arc;

use stepwell_contract::ExecutionKey;
use stepwell_store::RunState;

use super::driver::{DriveEnd, told_to_stop};
use super::opening::open;
use super::options::DriveOptions;
use crate::execution::{ExecutionEnd, carry_out};
use crate::state::{House, Unit};
use crate::words::RunError;
use crate::words::{EngineError, Event, RunStatus};

/// Carries out the one execution of a comparison's cell: the step's own work, which publishes nothing (rule E27).
pub(crate) async fn drive_cell(
    house: &Arc<House>,
    key: &ExecutionKey,
    options: DriveOptions,
) -> Result<DriveEnd, EngineError> {
    let Some(_active) = house.activate(key.run) else {
        return Err(RunError::UnderWay { run: key.run }.into());
    };
    let (run, _) = open(house, key.run, &options, None).await?;
    let Some(step) = run.index_of(&key.path) else {
        return Err(RunError::NoSuchStep {
            given: key.path.to_string(),
            workflow: run.plan.name.to_string(),
            steps: Vec::new(),
        }
        .into());
    };
    let unit = Unit {
        step,
        at: key.at.clone(),
    };
    let mut stop = options.stop.clone();
    let end = tokio::select! {
        end = carry_out(Arc::clone(&run), unit) => end,
        () = told_to_stop(&mut stop) => ExecutionEnd::Stopped,
    };
    let (status, problem) = match end {
        ExecutionEnd::Success => (RunStatus::Success, None),
        ExecutionEnd::Failed(problem) | ExecutionEnd::Unpublished(problem) => {
            (RunStatus::Failure, Some(problem))
        }
        ExecutionEnd::Store(reason) => return Err(EngineError::StoreFailed { reason }),
        ExecutionEnd::Stopped | ExecutionEnd::Waiting | ExecutionEnd::InDoubt(_) => {
            return Ok(DriveEnd {
                status: RunStatus::Interrupted,
                waiting_for: None,
                problem: None,
            });
        }
    };
    let event = Event::RunEnded {
        status,
        waiting_for: None,
        problem: problem.clone(),
    };
    let event = run.event(None, event);
    run.update(vec![event], |record| {
        record.state = match status {
            RunStatus::Success => RunState::Success,
            _ => RunState::Failure,
        };
        record.ended_at = Some(run.house.now());
        record.problem.clone_from(&problem);
    })
    .await?;
    Ok(DriveEnd {
        status,
        waiting_for: None,
        problem,
    })
}
