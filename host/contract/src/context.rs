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

/// Why the host said no. The set is closed by the contract: what is new goes under `Other`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CheckpointErrorKind {
    /// It is larger than a limit allows.
    TooLarge,
    /// The store can't serve it now.
    Unavailable,
    /// Anything else, with a code of its own.
    Other(String),
}

impl CheckpointErrorKind {
    /// The code, such as `denied`.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::TooLarge => "too-large",
            Self::Unavailable => "unavailable",
            Self::Other(code) => code,
        }
    }
}

/// What the step is told when the host says no.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[error("{}: {message}", kind.code())]
pub struct CheckpointError {
    /// Which sort of error.
    pub kind: CheckpointErrorKind,
    /// What happened and, where there is one, the mend.
    pub message: String,
}

impl CheckpointError {
    /// An error of this kind.
    pub fn new(kind: CheckpointErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }
}
