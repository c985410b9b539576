//! Why something that was begun came to nothing.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why an execution or a run failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// Such as `invalid-response`, `limit`, `trap`, `publishing`, `conflict`.
    pub code: String,
    /// What happened, for a person.
    pub message: String,
    /// What to do about it.
    #[serde(default)]
    pub hint: Option<String>,
    /// The step, as the execution key shows it.
    #[serde(default)]
    pub step: Option<String>,
    /// What a later build wrote.
    #[serde(flatten)]
    pub other: serde_json::Map<String, serde_json::Value>,
}
