//! How a run is driven.

use std::sync::Arc;

use stepwell_contract::{ExecutionKey, StepPath};
use stepwell_store::{Change, RunRecord};

use crate::state::OfComparison;
use crate::words::Person;

/// How a run is driven.
#[derive(Default)]
pub(crate) struct DriveOptions {
    /// Who answers questions now.
    pub(crate) person: Option<Arc<dyn Person>>,
    /// Carry out this step and its subtree only.
    pub(crate) only: Option<StepPath>,
    /// Of that step, carry out what stands at these items alone; none is all of them.
    pub(crate) items: Vec<u32>,
    /// Carry out these executions of it alone, in whatever round they stand.
    pub(crate) these: Vec<ExecutionKey>,
    /// What it shares with other cells, where it is a comparison's.
    pub(crate) comparison: Option<OfComparison>,
    /// Only look at what would be asked first: nothing is sent. It is for a sketch of the house.
    pub(crate) looking: bool,
    /// Send again the calls that are in doubt.
    pub(crate) resend: bool,
    /// What whoever drives the run changes in it first, in one commit with what opening it changes. Its plugins and
    /// definition are in the store already.
    pub(crate) amended: Option<Amended>,
}

/// A run's record with changes that aren't in the store yet, and the changes that belong to them.
pub(crate) struct Amended {
    pub(crate) record: RunRecord,
    pub(crate) changes: Vec<Change>,
}
