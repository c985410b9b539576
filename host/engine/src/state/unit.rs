//! What is carried out as one.

use stepwell_contract::Position;

/// One step, at one item and round, that is ready to be carried out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Unit {
    /// The step's place in the plan.
    pub(crate) step: usize,
    /// Where it stands at each level of its path.
    pub(crate) at: Vec<Position>,
}
