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

/// Why the host said no. The set is closed by the contract: what is new goes under `Other`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DocumentErrorKind {
    /// There is no such thing.
    NotFound,
    /// The definition doesn't grant it.
    Denied,
    /// It is larger than a limit allows.
    TooLarge,
    /// The store can't serve it now.
    Unavailable,
    /// Anything else, with a code of its own.
    Other(String),
}

impl DocumentErrorKind {
    /// The code, such as `denied`.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::NotFound => "not-found",
            Self::Denied => "denied",
            Self::TooLarge => "too-large",
            Self::Unavailable => "unavailable",
            Self::Other(code) => code,
        }
    }
}

/// What the step is told when the host says no.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[error("{}: {message}", kind.code())]
pub struct DocumentError {
    /// Which sort of error.
    pub kind: DocumentErrorKind,
    /// What happened and, where there is one, the mend.
    pub message: String,
}

impl DocumentError {
    /// An error of this kind.
    pub fn new(kind: DocumentErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }
}
