//! What came of salvaging a store that can't be opened.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is kept, by kind.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum RecordKind {
    /// Prompts with their versions.
    Prompts,
    /// Runs, those of comparisons' cells among them.
    Runs,
    /// Executions of steps.
    Executions,
    /// Calls to models.
    Calls,
    /// What executions were answered.
    Memos,
    /// Checkpoints of steps.
    Checkpoints,
    /// Documents.
    Documents,
    /// Events.
    Events,
    /// Comparisons.
    Comparisons,
    /// Cells of comparisons.
    Cells,
    /// Improvements of prompts.
    Improvements,
    /// Texts and other bytes: prompts, answers, files, documents.
    Texts,
    /// What a store keeps for itself, and what a later build keeps.
    Others,
}

/// Which of the two commits was taken that a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SalvagedCommit {
    /// The last one.
    Last,
    /// The one before: of the last one less can be read, or it may never have been finished.
    OneBefore,
}

/// How much of a kind could be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SalvagedKind {
    /// The kind.
    pub kind: RecordKind,
    /// How many records are in the new store.
    pub kept: u64,
    /// How many are lost whose names could be read.
    pub lost: u64,
}

/// What was salvaged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Salvaged {
    /// Which commit was taken.
    pub commit: SalvagedCommit,
    /// The number of that commit; none where it can't be read.
    pub number: Option<u64>,
    /// How many commits had been acknowledged after it, as far as that is known.
    pub commits_lost: u64,
    /// How many pages had a flipped bit that could be told, and was flipped back.
    pub mended: u64,
    /// Each kind of which there is something.
    pub kinds: Vec<SalvagedKind>,
    /// What is lost, by name, for a person.
    pub lost: Vec<String>,
    /// How many records are lost besides, at most, whose names can't be read either.
    pub nameless: u64,
    /// Whether it can't be known how many are lost besides.
    pub uncounted: bool,
    /// The kinds that these are of.
    pub nameless_kinds: BTreeSet<RecordKind>,
    /// Bytes of the new store.
    pub bytes: u64,
}

impl Salvaged {
    /// Whether everything that was stored is there.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.lost.is_empty() && self.nameless == 0 && !self.uncounted && self.commits_lost == 0
    }
}

impl RecordKind {
    /// The kind in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Prompts => "prompts",
            Self::Runs => "runs",
            Self::Executions => "executions",
            Self::Calls => "calls",
            Self::Memos => "memos",
            Self::Checkpoints => "checkpoints",
            Self::Documents => "documents",
            Self::Events => "events",
            Self::Comparisons => "comparisons",
            Self::Cells => "cells",
            Self::Improvements => "improvements",
            Self::Texts => "texts and files",
            Self::Others => "other records",
        }
    }
}
