//! What is carried out as one, and the places of what comes of it.

use stepwell_contract::Position;

/// One step, at one item and round, that is ready to be carried out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Unit {
    /// The step's place in the plan.
    pub(crate) step: usize,
    /// Where it stands at each level of its path.
    pub(crate) at: Vec<Position>,
}

/// A document that counts: its step, the positions of its execution, and its name.
pub(crate) type DocumentPlace = (usize, Vec<Position>, String);

/// A list that a `for_each` reads: its step, and the position of the parent.
pub(crate) type ListPlace = (usize, Vec<Position>);
