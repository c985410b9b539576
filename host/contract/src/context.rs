//! Where a step finds itself: interface `context` of the contract.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One part of a step's path, with the item and round that it stands at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Level {
    /// The id of the step at this level.
    pub step: String,
    /// Which item of a `for_each`, from 0.
    pub item: Option<u32>,
    /// Of how many.
    pub items: Option<u32>,
    /// 1, and one more each time that a `repeat` runs it again.
    pub round: u32,
}

crate::refusals::closed! {
    /// Why the host said no. The set is closed by the contract: what is new goes under `Other`.
    pub enum CheckpointErrorKind {
        /// It is larger than a limit allows.
        TooLarge = "too-large",
        /// The store can't serve it now.
        Unavailable = "unavailable",
    }
    other: " Anything else, with a code of its own."
    told: " What the step is told when the host says no." CheckpointError
}
