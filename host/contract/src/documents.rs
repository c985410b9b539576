//! The documents of earlier steps: interface `documents` of the contract.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A document that a step may read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DocumentEntry {
    /// The path of the step that wrote it.
    pub step: String,
    /// Its name.
    pub name: String,
    /// Which items wrote it, one for each `for_each` on the path.
    pub items: Vec<u32>,
    /// Its size in bytes of UTF-8.
    pub bytes: u32,
    /// 1 when it was first stored, one more with each update.
    pub revision: u32,
}

crate::refusals::closed! {
    /// Why the host said no. The set is closed by the contract: what is new goes under `Other`.
    pub enum DocumentErrorKind {
        /// There is no such thing.
        NotFound = "not-found",
        /// The definition doesn't grant it.
        Denied = "denied",
        /// It is larger than a limit allows.
        TooLarge = "too-large",
        /// The store can't serve it now.
        Unavailable = "unavailable",
    }
    other: " Anything else, with a code of its own."
    told: " What the step is told when the host says no." DocumentError
}
