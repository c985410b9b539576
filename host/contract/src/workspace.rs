//! The files of the workspace: interface `workspace` of the contract.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A file of the workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WorkspaceEntry {
    /// Its path below the workspace, with `/` between the parts.
    pub path: String,
    /// Its size.
    pub bytes: u32,
}

crate::refusals::closed! {
    /// Why the host said no. The set is closed by the contract: what is new goes under `Other`.
    pub enum WorkspaceErrorKind {
        /// There is no such thing.
        NotFound = "not-found",
        /// The definition doesn't grant it.
        Denied = "denied",
        /// The path leads outside, or is not a path.
        InvalidPath = "invalid-path",
        /// It is larger than a limit allows.
        TooLarge = "too-large",
    }
    other: " Anything else, with a code of its own."
    told: " What the step is told when the host says no." WorkspaceError
}
