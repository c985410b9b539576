//! What is asked of the store itself: runs that go, copies of it.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::{ComparisonId, Remedy, RunId, StepPath};

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
    /// Those that ended in the last so many days; with 0 none.
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
    /// What is left, where a size was asked for.
    #[serde(default)]
    pub left: Option<WhatIsLeft>,
}

/// What all takes that is left after a removal, once the store is compacted, in bytes: about so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WhatIsLeft {
    /// What was asked for.
    pub wanted: u64,
    /// What is left.
    pub bytes: u64,
    /// Of it, what runs that aren't finished take.
    pub unfinished: u64,
    /// Of it, what runs take that something stands on, such as a comparison.
    pub stood_on: u64,
    /// Of it, what comparisons take with their cells.
    pub comparisons: u64,
}

/// Removes comparisons with the cells that they made, and what only these used.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RemoveComparisons {
    /// These comparisons.
    pub comparisons: Vec<ComparisonId>,
    /// Whether to say only what would go.
    #[serde(default)]
    pub only_say: bool,
}

/// What went, or would go.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RemovedComparisons {
    /// The comparisons, oldest first.
    pub comparisons: Vec<RemovedComparison>,
    /// How many blobs only they used.
    pub blobs: u64,
    /// The bytes of their records and of these blobs.
    pub bytes: u64,
}

/// A comparison that goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RemovedComparison {
    /// Its id.
    pub comparison: ComparisonId,
    /// The step that it compared.
    pub step: StepPath,
    /// How many cells go with it, verdicts among them. Those that it took over from others stay with these.
    pub cells: u64,
    /// When it began.
    pub created_at: Timestamp,
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
    /// The comparison that does.
    #[serde(default)]
    pub comparison: Option<ComparisonId>,
}

/// What was found of a store that is in use: each record and blob was held against its digest. The pages between them are
/// looked at only where nobody else is at work on it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CheckedStore {
    /// What can't be read.
    pub problems: Vec<StoreProblem>,
}

/// Something that can't be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StoreProblem {
    /// What, and why, for a person.
    pub problem: String,
    /// What helps.
    pub remedy: Remedy,
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
