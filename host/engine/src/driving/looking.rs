//! A step of a run looked at: what it would ask first, were it carried out now.

use std::sync::Arc;

use stepwell_contract::{ExecutionKey, Position, RunId, StepPath};

use super::driver::see_how_far;
use super::opening::open;
use super::options::DriveOptions;
use super::tally::Tally;
use crate::execution::{ExecutionEnd, First, first_asked};
use crate::state::{House, RunContext, Unit, lock, require_step};
use crate::words::{EngineError, RunError};

/// What a step of a run in a sketch of the house does first, and which of its executions that is: the one of these items, or
/// the first.
///
/// # Errors
/// [`RunError::NotReady`] where what it needs isn't there, [`RunError::NoSuchItem`], or the store's.
pub(crate) async fn look_ahead(
    sketch: &Arc<House>,
    id: RunId,
    step: &StepPath,
    items: &[u32],
    mut options: DriveOptions,
) -> Result<(ExecutionKey, First), EngineError> {
    options.looking = true;
    let amended = options.amended.take();
    let (run, _) = open(sketch, id, &options, amended).await?;
    let step = require_step(&run.plan, step)?;
    let everything = (0..run.plan.steps.len()).collect();
    see_how_far(&run, &everything, &mut Tally::default()).await?;
    let at = place_of(&run, step, items)?;
    let unit = Unit { step, at };
    let key = run.key_of(&unit);
    match first_asked(run, unit).await {
        Ok(first) => Ok((key, first)),
        Err(ExecutionEnd::Store(reason)) => Err(EngineError::StoreFailed { reason }),
        Err(_) => Err(EngineError::Bug {
            reason: format!("{key} ended while it was looked at"),
        }),
    }
}

/// Where the first execution of a step stands that has all that it needs; of these items, where some are named.
fn place_of(run: &RunContext, step: usize, items: &[u32]) -> Result<Vec<Position>, RunError> {
    let path = run.step(step).path.clone();
    let board = lock(&run.board);
    let places = board.fillable(&run.plan, step);
    if places.is_empty() {
        let waits_for = board.waits_for(&run.plan, step).into_iter();
        return Err(RunError::NotReady {
            run: run.id,
            step: path,
            waits_for: waits_for.map(|on| run.step(on).path.clone()).collect(),
        });
    }
    let has_items = |at: &&Vec<Position>| items.is_empty() || items_of(at) == items;
    match places.iter().find(has_items) {
        Some(at) => Ok(at.clone()),
        None => Err(RunError::NoSuchItem {
            step: path,
            items: items.to_vec(),
            known: places.iter().map(|at| items_of(at)).collect(),
        }),
    }
}

fn items_of(at: &[Position]) -> Vec<u32> {
    at.iter().filter_map(|position| position.item).collect()
}
