//! What a step says while it works: interface `progress` of the contract.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How much a line of a step's log matters.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum LogLevel {
    /// For the step's author.
    Debug,
    /// For whoever watches.
    Info,
    /// Something to look at; the step goes on.
    Warn,
    /// Something went wrong.
    Error,
}
