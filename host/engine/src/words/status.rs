//! Where runs and their steps are, as a person is told.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a run is, as a person is told.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum RunStatus {
    /// A living process carries it on.
    Started,
    /// It was under way when its process ended; `resume` goes on.
    Interrupted,
    /// Only a person can take it further.
    Waiting,
    /// Every step succeeded, and its files are in the workspace.
    Success,
    /// A step failed, or its files could not be published.
    Failure,
    /// A person ended it.
    Cancelled,
}

/// Where a step, or one execution of it, is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum StepStatus {
    /// Not begun.
    Pending,
    /// Under way.
    Running,
    /// It waits for a person's answer.
    Waiting,
    /// Done.
    Success,
    /// It failed.
    Failure,
    /// Its outcome no longer fits what it depends on; `resume` runs it again.
    Stale,
    /// Its documents were given, or it was left out because it is optional.
    Skipped,
    /// Its run was cancelled.
    Cancelled,
}
