//! Comparisons of prompt versions, and their cells.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use stepwell_contract::{
    Budget, ComparisonId, ComparisonState, Digest, ExecutionKey, Finding, ImprovementId, Position,
    Problem, Rating, StepPath,
};

use super::{OtherFields, PinnedModel, PinnedPrompt, RunRecord};

/// Versions of one prompt (and models) side by side, on the same cases.
///
/// What it looked at (rule E27) is kept as memos under a run of its own id, [`ComparisonId::log`], and so are its events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ComparisonRecord {
    /// Its id.
    pub id: ComparisonId,
    /// The step that every cell carries out.
    pub step: StepPath,
    /// Where it stands at each level of its path, but for the item of a case.
    pub at: Vec<Position>,
    /// The name under which the varied prompt is kept; none where only models differ.
    pub prompt: Option<String>,
    /// What the run of every cell begins as.
    pub template: Box<RunRecord>,
    /// What the run of every verdict begins as, by how the judge's plugin is named, and the model that a check
    /// names for it.
    #[serde(default)]
    pub judges: BTreeMap<String, RunRecord>,
    /// What is put side by side.
    pub variants: Vec<VariantRecord>,
    /// The cases, as JSON in a blob.
    pub cases: Digest,
    /// The ids of the cases, in their order.
    pub case_ids: Vec<String>,
    /// How many times each case is run with each variant.
    pub repeats: u32,
    /// The place of the variant that the others are held against.
    pub baseline: u32,
    /// What the whole may cost.
    #[serde(default)]
    pub budget: Budget,
    /// How many cells are carried out at the same time.
    pub concurrency: u32,
    /// Whether calls are sent in batches of their providers.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub batch: bool,
    /// The identity of each cell: by case, then by variant, then by repeat.
    pub cells: Vec<Digest>,
    /// Who wishes that the better version is made current when every cell has an outcome; none where nobody does, or it
    /// is done.
    #[serde(default)]
    pub promote_for: Option<String>,
    /// The version that was made current by that wish.
    #[serde(default)]
    pub promoted: Option<u32>,
    /// The improvement that it is part of: what the whole may cost is what that one's comparisons may cost together then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub improvement: Option<ImprovementId>,
    /// Where it is.
    pub state: ComparisonState,
    /// Why it stopped.
    #[serde(default)]
    pub problem: Option<Problem>,
    /// When it began.
    pub created_at: Timestamp,
    /// When its record last changed.
    pub updated_at: Timestamp,
    /// When it ended.
    #[serde(default)]
    pub ended_at: Option<Timestamp>,
    /// What a later build wrote.
    #[serde(flatten)]
    pub other: OtherFields,
}

impl ComparisonRecord {
    /// The place of a cell among [`Self::cells`]; `repeat` counts from 0.
    #[must_use]
    pub fn place(&self, case: usize, variant: usize, repeat: usize) -> usize {
        (case * self.variants.len() + variant) * self.repeats as usize + repeat
    }
}

/// One thing that is put side by side with others: a prompt version, a model.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VariantRecord {
    /// The version; none where the step uses no prompt.
    pub prompt: Option<PinnedPrompt>,
    /// The model; none where the step asks none.
    pub model: Option<PinnedModel>,
    /// The version's note at that time.
    #[serde(default)]
    pub note: String,
    /// Which proposal of an improvement it is, from 1; none where it is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposal: Option<u32>,
    /// When the version was created.
    #[serde(default)]
    pub version_created_at: Option<Timestamp>,
    /// What a later build wrote.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// How many findings a cell keeps: where more come, those of other checks make room.
pub const KEPT_FINDINGS: usize = 64;

/// One execution of a step in a run of its own, found again by what went into it.
///
/// So a cell that is there already is not run again (rule E27), whichever comparison asks for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CellRecord {
    /// The hash of everything that went into it.
    pub identity: Digest,
    /// Its execution; its run is kept apart from those of a person.
    pub execution: ExecutionKey,
    /// The comparison that made it.
    pub comparison: ComparisonId,
    /// What checks found in it, by what identifies the check. Comparisons that share it may check it for other things; what
    /// isn't here is worked out when it is asked for.
    #[serde(default)]
    pub findings: BTreeMap<Digest, Finding>,
    /// What a person says of it.
    #[serde(default)]
    pub rating: Option<Rating>,
    /// What a later build wrote.
    #[serde(flatten)]
    pub other: OtherFields,
}
