//! What a face may ask for of prompts and their versions.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::{ComparisonId, Name};

/// Adds a version of a prompt.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct AddVersion {
    /// The prompt.
    pub name: Name,
    /// The template.
    pub content: String,
    /// Why it is made.
    #[serde(default)]
    pub note: String,
    /// Who adds it, for the log of what became current.
    #[serde(default)]
    pub by: String,
    /// Refuse if another version than this is the latest by now: what the editor started from.
    #[serde(default)]
    pub based_on: Option<u32>,
    /// The plugin that uses the prompt, as in `uses`, where nothing that is known names it yet: its own text is kept beside the
    /// version, or before it as v1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plugin: Option<String>,
}

/// Makes what a plugin brings along for a prompt a version, which is current.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct TakeIntrinsic {
    /// The prompt.
    pub name: Name,
    /// Why; where it is empty, whose text it is.
    #[serde(default)]
    pub note: String,
    /// Who takes it, for the log of what became current.
    #[serde(default)]
    pub by: String,
}

/// Makes a version of a prompt current.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct UseVersion {
    /// The prompt.
    pub name: Name,
    /// The version.
    pub number: u32,
    /// Who does so, for the log.
    #[serde(default)]
    pub by: String,
    /// Why, for the log.
    #[serde(default)]
    pub reason: String,
    /// The comparison that is the reason.
    #[serde(default)]
    pub comparison: Option<ComparisonId>,
}
