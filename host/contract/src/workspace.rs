//! The files of the workspace: interface `workspace` of the contract.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Text;

/// A file of the workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WorkspaceEntry {
    /// Its path below the workspace, with `/` between the parts.
    pub path: String,
    /// Its size.
    pub bytes: u32,
}

/// What to look for in the lines of files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkspaceQuery {
    /// A regular expression, or the text itself.
    pub pattern: String,
    /// Whether it is the text itself.
    pub literal: bool,
    /// Whether large and small letters are the same.
    pub ignore_case: bool,
    /// A glob that names the files.
    pub paths: String,
    /// Lines that match which are told at most.
    pub most: u32,
    /// Lines that are told before and after each.
    pub context: u32,
    /// Room to grow.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<Text>,
}

/// A line of a file that matches, or stands around one that does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundLine {
    /// From 1.
    pub number: u32,
    /// Without its end.
    pub text: String,
    /// Whether it matches.
    pub matches: bool,
}

/// A file in which something was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundFile {
    /// Its path.
    pub path: String,
    /// The lines that match, with those around them.
    pub lines: Vec<FoundLine>,
}

/// What a search found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkspaceFindings {
    /// Sorted by path.
    pub files: Vec<FoundFile>,
    /// Whether there is more than is told.
    pub more: bool,
    /// Files that were not searched.
    pub unsearched: u32,
    /// Room to grow.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<Text>,
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

impl WorkspaceError {
    /// The code with which a path is refused that can't be put onto the run's branch, such as one with changes that aren't committed. A
    /// person has to do something about it.
    pub const NOT_COMMITTED: &str = "not-committed";

    /// The code of a file in which a document can't be kept.
    pub const NOT_KEPT: &str = "not-kept";
}
