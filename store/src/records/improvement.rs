//! Improvements of prompts: what a model proposed, and what became of it.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::{
    Budget, ComparisonId, Digest, ImprovementEnd, ImprovementId, ImprovementStage, Name,
    ProposalState, RefusalKind, StepPath,
};

use super::{OtherFields, PinnedPrompt};

/// A loop that lets a model propose versions of a prompt from what failed with it.
///
/// All that it sends it sends by comparisons, which name it. So it is known from this record and theirs where it is, and nothing
/// else is kept of its way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImprovementRecord {
    /// Its id.
    pub id: ImprovementId,
    /// The name under which the prompt's versions are kept.
    pub prompt: Name,
    /// The step that uses the prompt.
    pub step: StepPath,
    /// The request, as JSON in a blob: the comparisons are made from it.
    pub request: Digest,
    /// The version that it began from. Its text stays, also where the version goes.
    pub baseline: PinnedPrompt,
    /// The ids of the cases that proposals are made from and tried on.
    pub training: Vec<String>,
    /// The ids of the cases that are kept back.
    pub validation: Vec<String>,
    /// How many proposals are tried at most.
    pub rounds: u32,
    /// What the whole may cost.
    #[serde(default)]
    pub budget: Budget,
    /// How many cells are carried out at the same time.
    pub concurrency: u32,
    /// Who asks for it: whom the log of the prompt names.
    #[serde(default)]
    pub by: String,
    /// How the version that it began from does on the training cases, once that is known.
    #[serde(default)]
    pub standing: Option<Standing>,
    /// What was proposed, in that order; refused ones are among them.
    #[serde(default)]
    pub proposals: Vec<ProposalRecord>,
    /// Every comparison that it made, oldest first.
    #[serde(default)]
    pub comparisons: Vec<ComparisonId>,
    /// What it does at the moment; none where it has ended.
    #[serde(default)]
    pub stage: Option<ImprovementStage>,
    /// What it came to.
    #[serde(default)]
    pub end: Option<ImprovementEnd>,
    /// The version that was made current.
    #[serde(default)]
    pub promoted: Option<u32>,
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

impl ImprovementRecord {
    /// The comparison that it carries out at the moment, or carried out last.
    #[must_use]
    pub fn latest(&self) -> Option<ComparisonId> {
        self.comparisons.last().copied()
    }
}

/// A version that was proposed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProposalRecord {
    /// The round that it was made in, from 1.
    pub round: u32,
    /// The proposal that it was made from, from 1; none is the version that all began from.
    #[serde(default)]
    pub made_from: Option<u32>,
    /// The comparison by which the model was asked.
    pub asked_by: ComparisonId,
    /// The template, a blob; none where none could be read.
    #[serde(default)]
    pub text: Option<Digest>,
    /// Why it should be better, a blob.
    #[serde(default)]
    pub reason: Option<Digest>,
    /// What became of it.
    pub state: ProposalState,
    /// Why it was refused.
    #[serde(default)]
    pub refusal: Option<Refusal>,
    /// The comparison in which it is tried on the training cases.
    #[serde(default)]
    pub trained_by: Option<ComparisonId>,
    /// How it does there.
    #[serde(default)]
    pub training: Option<Standing>,
    /// The comparison in which it is held against the version that all began from, on the validation cases.
    #[serde(default)]
    pub validated_by: Option<ComparisonId>,
    /// How it does there.
    #[serde(default)]
    pub validation: Option<Standing>,
    /// What that comes to beside the version that all began from, as the comparison says it.
    #[serde(default)]
    pub sentence: Option<String>,
    /// What a later build wrote.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// Why a proposal can't be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Refusal {
    /// Which sort of reason.
    pub kind: RefusalKind,
    /// The proposal that it is the same text as; none is the version that all began from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_as: Option<u32>,
    /// What is wrong with the template, or what the step failed of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// How a text of a prompt does on cases.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Standing {
    /// Cases that pass.
    pub passed: u32,
    /// Cases of which that can be told.
    pub checked: u32,
    /// The mean score over the cases; none where nothing gives one.
    #[serde(default)]
    pub score: Option<f64>,
    /// The probability that it differs so much from the version that all began from by chance; corrected for how many are held
    /// against it. None where they weren't.
    #[serde(default)]
    pub p_value: Option<f64>,
}

impl Standing {
    /// Whether it does better than another one: more cases pass, or of as many the score is higher.
    #[must_use]
    pub fn is_better_than(&self, other: &Self) -> bool {
        let score = |of: &Self| of.score.unwrap_or_default();
        let by_score = score(self).total_cmp(&score(other));
        self.passed.cmp(&other.passed).then(by_score).is_gt()
    }
}
