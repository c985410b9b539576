//! The versioned prompts: interface `prompts` of the contract.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One version of a prompt, as a step sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PromptVersion {
    /// v1 is 1; a number is never used again. 0 is the intrinsic prompt, given when its record can't be read or a person asks for it.
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

crate::refusals::closed! {
    /// Why the host said no. The set is closed by the contract: what is new goes under `Other`.
    pub enum PromptErrorKind {
        /// There is no such thing.
        NotFound = "not-found",
        /// The text is not a template that the step can fill.
        InvalidTemplate = "invalid-template",
        /// The template names a variable that the call lacks.
        MissingVariable = "missing-variable",
        /// The definition doesn't grant it.
        Denied = "denied",
        /// The store can't serve it now.
        Unavailable = "unavailable",
    }
    other: " Anything else, with a code of its own."
    told: " What the step is told when the host says no." PromptError
}
