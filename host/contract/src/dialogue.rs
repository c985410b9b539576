//! Questions to the person behind the run: interface `dialogue` of the contract.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Text;

/// One question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Question {
    /// Names the question for answers that are given beforehand; unique within one form.
    pub key: String,
    /// What is asked.
    pub text: String,
    /// Ready answers to choose from; empty for free text.
    pub choices: Vec<String>,
    /// The answer that the step suggests.
    pub suggested: Option<String>,
    /// Hints on how to ask, as name and JSON value.
    pub annotations: Vec<Text>,
}

/// Questions that are asked together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Form {
    /// What the questions are about.
    pub title: String,
    /// What the person should know before answering, as Markdown.
    pub guidance: String,
    /// The questions, in the order in which they are asked.
    pub questions: Vec<Question>,
}

/// Why the host said no. The set is closed by the contract: what is new goes under `Other`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DialogueErrorKind {
    /// The run was told that nobody will answer.
    NobodyThere,
    /// The person declined to answer.
    Declined,
    /// Anything else, with a code of its own.
    Other(String),
}

impl DialogueErrorKind {
    /// The code, such as `denied`.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::NobodyThere => "nobody-there",
            Self::Declined => "declined",
            Self::Other(code) => code,
        }
    }
}

/// What the step is told when the host says no.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[error("{}: {message}", kind.code())]
pub struct DialogueError {
    /// Which sort of error.
    pub kind: DialogueErrorKind,
    /// What happened and, where there is one, the mend.
    pub message: String,
}

impl DialogueError {
    /// An error of this kind.
    pub fn new(kind: DialogueErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }
}
