//! The versioned prompts: interface `prompts` of the contract.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One version of a prompt, as a step sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PromptVersion {
    /// v1 is 1; a number is never used again. 0 is the intrinsic prompt, given when its record can't be read.
    pub number: u32,
    /// The template.
    pub content: String,
    /// Why it was made, in the author's words; may be empty.
    pub note: String,
    /// Whether it is the current one.
    pub current: bool,
    /// RFC 3339, in UTC.
    pub created_at: String,
    /// When it last became current or ceased to be; RFC 3339, in UTC.
    pub updated_at: String,
}

/// Why the host said no. The set is closed by the contract: what is new goes under `Other`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PromptErrorKind {
    /// There is no such thing.
    NotFound,
    /// The text is not a template that the step can fill.
    InvalidTemplate,
    /// The template names a variable that the call lacks.
    MissingVariable,
    /// The definition doesn't grant it.
    Denied,
    /// The store can't serve it now.
    Unavailable,
    /// Anything else, with a code of its own.
    Other(String),
}

impl PromptErrorKind {
    /// The code, such as `denied`.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::NotFound => "not-found",
            Self::InvalidTemplate => "invalid-template",
            Self::MissingVariable => "missing-variable",
            Self::Denied => "denied",
            Self::Unavailable => "unavailable",
            Self::Other(code) => code,
        }
    }
}

/// What the step is told when the host says no.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[error("{}: {message}", kind.code())]
pub struct PromptError {
    /// Which sort of error.
    pub kind: PromptErrorKind,
    /// What happened and, where there is one, the mend.
    pub message: String,
}

impl PromptError {
    /// An error of this kind.
    pub fn new(kind: PromptErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }
}
