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

impl Question {
    /// Whether a hint says this, as JSON.
    #[must_use]
    pub fn is_annotated(&self, name: &str, json: &str) -> bool {
        let mut annotations = self.annotations.iter();
        annotations.any(|annotation| annotation.name == name && annotation.value.trim() == json)
    }
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

crate::refusals::closed! {
    /// Why the host said no. The set is closed by the contract: what is new goes under `Other`.
    pub enum DialogueErrorKind {
        /// The run was told that nobody will answer.
        NobodyThere = "nobody-there",
        /// The person declined to answer.
        Declined = "declined",
    }
    other: " Anything else, with a code of its own."
    told: " What the step is told when the host says no." DialogueError
}
