//! One cell of a comparison, carried out.

use std::sync::Arc;

use stepwell_contract::ExecutionKey;

use super::closing::conclude;
use super::opening::open;
use super::options::DriveOptions;
use crate::execution::{ExecutionEnd, First, carry_out, first_asked};
use crate::state::{House, OfComparison, Unit, require_step};
use crate::words::{EngineError, RunOutcome, RunStatus};

/// Carries out the one execution of a comparison's cell: the step's own work, which publishes nothing (rule E27).
pub(crate) async fn drive_cell(
    house: &Arc<House>,
    key: &ExecutionKey,
    shared: OfComparison,
) -> Result<RunOutcome, EngineError> {
    let _active = house.take(key.run)?;
    let options = DriveOptions {
        comparison: Some(shared),
        ..DriveOptions::default()
    };
    let (run, _) = open(house, key.run, &options, None).await?;
    let step = require_step(&run.plan, &key.path)?;
    let unit = Unit {
        step,
        at: key.at.clone(),
    };
    let (status, problem) = match carry_out(Arc::clone(&run), unit).await {
        ExecutionEnd::Success => (RunStatus::Success, None),
        ExecutionEnd::Failed(problem) | ExecutionEnd::Unpublished(problem) => {
            (RunStatus::Failure, Some(problem))
        }
        ExecutionEnd::Store(reason) => return Err(EngineError::StoreFailed { reason }),
        ExecutionEnd::Stopped | ExecutionEnd::Waiting | ExecutionEnd::InDoubt(_) => {
            return Ok(RunOutcome::interrupted(run.id));
        }
    };
    let outcome = RunOutcome {
        run: run.id,
        status,
        waiting_for: None,
        problem,
    };
    conclude(&run, &outcome).await?;
    Ok(outcome)
}

/// What a cell would ask first, in a sketch of the house.
pub(crate) async fn look_at_cell(
    sketch: &Arc<House>,
    key: &ExecutionKey,
    shared: OfComparison,
) -> Result<First, EngineError> {
    let options = DriveOptions {
        comparison: Some(shared),
        looking: true,
        ..DriveOptions::default()
    };
    let (run, _) = open(sketch, key.run, &options, None).await?;
    let step = require_step(&run.plan, &key.path)?;
    let at = key.at.clone();
    match first_asked(run, Unit { step, at }).await {
        Ok(first) => Ok(first),
        Err(ExecutionEnd::Store(reason)) => Err(EngineError::StoreFailed { reason }),
        Err(_) => Err(EngineError::Bug {
            reason: format!("{key} ended while it was looked at"),
        }),
    }
}
