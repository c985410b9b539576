//! Where a run is after it was driven.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::Problem;
use stepwell_contract::RunId;

use super::status::RunStatus;

/// Where a run is after it was driven.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RunOutcome {
    /// The run.
    pub run: RunId,
    /// Where it is.
    pub status: RunStatus,
    /// Why it waits: `answers`, `until`, `stale`, `in-doubt`.
    pub waiting_for: Option<String>,
    /// Why it failed.
    pub problem: Option<Problem>,
}
