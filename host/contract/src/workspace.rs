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

/// Why the host said no. The set is closed by the contract: what is new goes under `Other`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WorkspaceErrorKind {
    /// There is no such thing.
    NotFound,
    /// The definition doesn't grant it.
    Denied,
    /// The path leads outside, or is not a path.
    InvalidPath,
    /// It is larger than a limit allows.
    TooLarge,
    /// Anything else, with a code of its own.
    Other(String),
}

impl WorkspaceErrorKind {
    /// The code, such as `denied`.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::NotFound => "not-found",
            Self::Denied => "denied",
            Self::InvalidPath => "invalid-path",
            Self::TooLarge => "too-large",
            Self::Other(code) => code,
        }
    }
}

/// What the step is told when the host says no.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[error("{}: {message}", kind.code())]
pub struct WorkspaceError {
    /// Which sort of error.
    pub kind: WorkspaceErrorKind,
    /// What happened and, where there is one, the mend.
    pub message: String,
}

impl WorkspaceError {
    /// An error of this kind.
    pub fn new(kind: WorkspaceErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }
}
