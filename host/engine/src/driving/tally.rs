//! What the units of a drive came to, one after the other.

use std::collections::BTreeMap;

use stepwell_contract::{Problem, StepPath};

use crate::execution::ExecutionEnd;
use crate::state::{CellState, RunContext, Unit, lock};

/// What the units of a drive came to.
#[derive(Default)]
pub(super) struct Tally {
    /// The first failure of a step that isn't optional.
    pub(super) failed: Option<Problem>,
    /// The first outcome that could not be published: nothing more starts.
    pub(super) unpublished: Option<Problem>,
    pub(super) waiting: bool,
    pub(super) in_doubt: Option<String>,
    pub(super) store: Option<String>,
    /// A bug of ours: a step's task panicked.
    pub(super) bug: Option<String>,
    pub(super) stopped: bool,
    /// The repeated steps whose rounds were looked at, and whether the run went on though one still asked for another round.
    pub(super) rounds: BTreeMap<StepPath, bool>,
}

impl Tally {
    /// Whether the drive ends whatever may still come.
    pub(super) fn is_cut_short(&self) -> bool {
        self.stopped || self.store.is_some() || self.bug.is_some()
    }
}

/// Writes down how a unit ended.
pub(super) fn take(run: &RunContext, unit: Unit, end: ExecutionEnd, tally: &mut Tally) {
    let optional = run.step(unit.step).optional;
    let state = match end {
        ExecutionEnd::Success => CellState::Success,
        ExecutionEnd::Failed(problem) => {
            if !optional {
                tally.failed.get_or_insert(problem);
            }
            CellState::Failure
        }
        ExecutionEnd::Unpublished(problem) => {
            tally.unpublished.get_or_insert(problem);
            CellState::Success
        }
        ExecutionEnd::Waiting => {
            tally.waiting = true;
            CellState::Waiting
        }
        ExecutionEnd::InDoubt(reason) => {
            tally.in_doubt.get_or_insert(reason);
            CellState::Waiting
        }
        ExecutionEnd::Stopped => {
            tally.stopped = true;
            CellState::Waiting
        }
        ExecutionEnd::Store(reason) => {
            tally.store.get_or_insert(reason);
            CellState::Waiting
        }
    };
    lock(&run.board).set(unit, state);
}
