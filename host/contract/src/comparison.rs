//! Where a comparison is, what checks find in its cells, and what a person says of them.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a comparison is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ComparisonState {
    /// Under way; shown as `interrupted` where no living process carries it on.
    Started,
    /// Every cell has an outcome.
    Finished,
    /// It ended before every cell had one: a cap was reached, or calls failed.
    Stopped,
}

/// Where a batch of requests is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BatchState {
    /// About to be sent, or sent without anybody here knowing it yet.
    Sending,
    /// The provider has it.
    Waiting,
    /// The provider was told to give up what it hasn't answered yet.
    Cancelled,
    /// Its answers were fetched.
    Fetched,
    /// It never came to the provider: what it held was sent otherwise.
    Unsent,
}

impl BatchState {
    /// Whether the provider may still have work with it.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Sending | Self::Waiting)
    }
}

/// What a check found in an outcome.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Whether the check holds; none while a judge has not spoken.
    #[serde(default)]
    pub passed: Option<bool>,
    /// What a judge gave, from 0 to 1.
    #[serde(default)]
    pub score: Option<f64>,
    /// What was found instead, or what a judge said.
    #[serde(default)]
    pub detail: Option<String>,
}

/// What a person says of an outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Rating {
    /// From 1 (bad) to 5 (good).
    pub score: u8,
    /// Why.
    #[serde(default)]
    pub comment: String,
    /// Who says so.
    #[serde(default)]
    pub by: String,
    /// When.
    pub at: Timestamp,
}
