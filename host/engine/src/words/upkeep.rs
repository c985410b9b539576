//! What is asked of the store itself: runs that go, copies of it.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::RunId;

use super::RunStatus;

/// Removes finished runs, with what only they used.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RemoveRuns {
    /// These runs.
    #[serde(default)]
    pub runs: Vec<RunId>,
    /// And those that these rules don't keep.
    #[serde(default)]
    pub keep: Keep,
    /// Whether to say only what would go.
    #[serde(default)]
    pub only_say: bool,
}

/// Which finished runs stay: a run that one of these rules doesn't keep goes. Without any rule, all stay.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Keep {
    /// Those that ended in the last so many days.
    #[serde(default)]
    pub days: Option<u32>,
    /// So many, the newest ones.
    #[serde(default)]
    pub runs: Option<u32>,
    /// As many of the newest ones as keep all that is stored below so many bytes.
    #[serde(default)]
    pub bytes: Option<u64>,
}

impl Keep {
    /// Whether it says anything.
    #[must_use]
    pub fn is_any(&self) -> bool {
        *self != Self::default()
    }
}

/// What went, or would go.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RemovedRuns {
    /// The runs, oldest first.
    pub runs: Vec<RemovedRun>,
    /// What the rules would have removed, and something stands on.
    pub kept: Vec<KeptRun>,
    /// How many blobs only they used.
    pub blobs: u64,
    /// The bytes of their records and of these blobs. They are free for what is written next, the blobs once the store is
    /// compacted.
    pub bytes: u64,
}

/// A run that goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RemovedRun {
    /// Its id.
    pub run: RunId,
    /// Its workflow.
    pub workflow: String,
    /// How it ended.
    pub status: RunStatus,
    /// When it began.
    pub created_at: Timestamp,
}

/// A run that stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KeptRun {
    /// Its id.
    pub run: RunId,
    /// What stands on it, for a person.
    pub because_of: String,
}

/// A copy of the store was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BackedUp {
    /// The bytes that it takes.
    pub bytes: u64,
    /// What of the store can't be read, and so can't be read in the copy either, for a person.
    #[serde(default)]
    pub unreadable: Vec<String>,
}
