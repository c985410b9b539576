//! What a face is told of comparisons: answers that can be serialised, with a schema.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::amounts::counted;
use stepwell_contract::{
    BatchState, Budget, ComparisonId, ComparisonState, ImprovementId, Money, Problem, RunId, Spent,
    StepPath,
};
use uuid::Uuid;

use crate::cells::CellView;
use crate::figures::{VariantNumbers, Verdict};

/// Where a comparison is, as a person is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ComparisonStatus {
    /// A living process carries it on.
    Running,
    /// It was under way when its process ended.
    Interrupted,
    /// Every cell has an outcome.
    Finished,
    /// It ended before: a cap was reached, or calls failed.
    Stopped,
}

impl ComparisonStatus {
    /// The status of a comparison in this state, where somebody carries it on or nobody does.
    #[must_use]
    pub fn of(state: ComparisonState, active: bool) -> Self {
        match state {
            _ if active => Self::Running,
            ComparisonState::Started => Self::Interrupted,
            ComparisonState::Finished => Self::Finished,
            ComparisonState::Stopped => Self::Stopped,
        }
    }
}

/// Where a comparison is after it was carried on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ComparisonOutcome {
    /// The comparison.
    pub comparison: ComparisonId,
    /// The improvement of a prompt that it is part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub improvement: Option<ImprovementId>,
    /// Where it is.
    pub status: ComparisonStatus,
    /// Why it stopped.
    pub problem: Option<Problem>,
}

/// A comparison in a listing.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ComparisonSummary {
    /// Its id.
    pub id: ComparisonId,
    /// The step.
    pub step: StepPath,
    /// The plugin, as the definition names it.
    pub plugin: String,
    /// The name under which the prompt's versions are kept; none where only models differ.
    pub prompt: Option<String>,
    /// Where it is.
    pub status: ComparisonStatus,
    /// Why it stopped.
    pub problem: Option<Problem>,
    /// What is put side by side, such as `v3 · writer`.
    pub labels: Vec<String>,
    /// The improvement of the prompt that it is part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub improvement: Option<ImprovementId>,
    /// How many cases.
    pub case_count: u32,
    /// How many times each case is run with each variant.
    pub repeats: u32,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// A whole comparison: what all faces show.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ComparisonView {
    /// What a listing shows of it.
    #[serde(flatten)]
    pub summary: ComparisonSummary,
    /// The place of the variant that the others are held against.
    pub baseline: u32,
    /// What the whole may cost.
    pub budget: Budget,
    /// Whether the better version is made current once every cell has an outcome.
    #[serde(default)]
    pub promotes: bool,
    /// The version that was last made current with this comparison as the reason, by that wish or by a person.
    #[serde(default)]
    pub promoted: Option<u32>,
    /// What it cost: what it has sent itself. What another comparison sent for a cell that both have is counted there.
    pub spent: Spent,
    /// Its batches; none where its calls are sent by themselves, and always were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batches: Option<BatchesView>,
    /// Cases that are the same but for their checks, by their ids: each group counts as so many cases, and tells as much as
    /// one.
    #[serde(default)]
    pub same_cases: Vec<Vec<String>>,
    /// What is put side by side, with what came of each.
    pub variants: Vec<VariantView>,
    /// The cases.
    pub cases: Vec<CaseView>,
    /// The cells, by case, then by variant, then by repeat.
    pub cells: Vec<CellView>,
    /// What the numbers say, in plain sentences.
    pub sentences: Vec<String>,
    /// The cursor of the last event.
    pub cursor: u64,
}

/// The batches of a comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BatchesView {
    /// Each, oldest first.
    pub batches: Vec<BatchView>,
    /// How many of its requests were answered out of one.
    pub answered: u64,
    /// What that saved, in micro-dollars, as far as it is known.
    pub saved: Money,
    /// Of how many of these it isn't known, since their model has no price.
    #[serde(default)]
    pub unpriced: u64,
}

impl BatchesView {
    /// Those of which something may come still.
    pub fn open(&self) -> impl Iterator<Item = &BatchView> {
        self.batches.iter().filter(|batch| batch.state.is_open())
    }

    /// What a person is told of them, a sentence each.
    #[must_use]
    pub fn told(&self) -> Vec<String> {
        let requests = |count: u64| counted(count, "request");
        let mut told = Vec::new();
        if self.answered > 0 {
            let saved = match (self.saved, self.unpriced) {
                (Money(0), 0) => String::new(),
                (Money(0), _) => "; what that saved isn't known without prices".to_owned(),
                (saved, 0) => format!(", which saved {saved}"),
                (saved, unpriced) => {
                    let of = requests(unpriced);
                    format!(", which saved {saved}, and what isn't known of {of} without a price")
                }
            };
            told.push(format!(
                "{} answered in batches{saved}",
                requests(self.answered)
            ));
        }
        for batch in self.open() {
            let name = batch.batch.as_deref().unwrap_or("(not known there yet)");
            let (of, provider) = (requests(batch.requests.into()), &batch.provider);
            told.push(format!("batch {name} of {of} is at {provider}"));
        }
        told
    }
}

/// A batch of requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BatchView {
    /// Its id here, which calls name.
    pub id: Uuid,
    /// The provider's name in the settings.
    pub provider: String,
    /// What the provider calls it; none where that isn't known, or it never came there.
    pub batch: Option<String>,
    /// How many requests it holds.
    pub requests: u32,
    /// Where it is.
    pub state: BatchState,
    /// When it was written down.
    pub created_at: Timestamp,
    /// When the provider had taken it.
    pub sent_at: Option<Timestamp>,
    /// When its answers had been fetched, or it was given up.
    pub ended_at: Option<Timestamp>,
}

impl ComparisonView {
    /// A cell; `repeat` counts from 1.
    #[must_use]
    pub fn cell(&self, case: usize, variant: usize, repeat: u32) -> Option<&CellView> {
        let repeat = repeat.checked_sub(1)? as usize;
        let repeats = self.summary.repeats as usize;
        (variant < self.variants.len() && repeat < repeats)
            .then(|| (case * self.variants.len() + variant) * repeats + repeat)
            .and_then(|place| self.cells.get(place))
    }

    /// The version that is better than the baseline beyond chance, and of several the one that passes or scores most.
    ///
    /// It is looked for with the baseline's model only: what another model does better is no merit of a version.
    #[must_use]
    pub fn winner(&self) -> Option<&VariantView> {
        let baseline = self.variants.get(self.baseline as usize)?;
        let better = self.variants.iter().filter(|variant| {
            let against = variant.numbers.against_baseline.as_ref();
            variant.model == baseline.model
                && against.is_some_and(|against| against.verdict == Verdict::Better)
        });
        better.max_by(|one, other| {
            let merit = |variant: &VariantView| {
                (
                    variant.numbers.passed_cases,
                    variant.numbers.score.unwrap_or_default(),
                )
            };
            let ((passed, score), (other_passed, other_score)) = (merit(one), merit(other));
            passed
                .cmp(&other_passed)
                .then(score.total_cmp(&other_score))
        })
    }
}

/// One thing that is put side by side with others.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct VariantView {
    /// Such as `v3 · writer`.
    pub label: String,
    /// The version; none where the step uses no prompt, or the text is no version.
    pub version: Option<u32>,
    /// Whether it is a text that was tried and that is no version.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unsaved: bool,
    /// Which proposal of an improvement the text is, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposal: Option<u32>,
    /// The model's short name; none where the step asks none.
    pub model: Option<String>,
    /// The model's name at its provider.
    pub provider_model: Option<String>,
    /// Whether the version is still kept.
    pub kept: bool,
    /// Whether the version is the current one now.
    pub current: bool,
    /// Whether the version is the latest one created.
    pub latest: bool,
    /// Why the version was made.
    pub note: String,
    /// When the version was created.
    pub created_at: Option<Timestamp>,
    /// The template; it stays readable when the version is gone.
    pub template: Option<String>,
    /// What came of it.
    pub numbers: VariantNumbers,
}

/// A case of a comparison.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct CaseView {
    /// Its id.
    pub id: String,
    /// The inputs of the step.
    pub inputs: BTreeMap<String, String>,
    /// A person's answers, by the questions' keys.
    pub answers: BTreeMap<String, String>,
    /// The paths of the files that it brings; none where it sees those of the workspace.
    pub files: Option<Vec<String>>,
    /// What is checked, in words.
    pub checks: Vec<String>,
    /// The run that it comes from, if one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
    /// Which item it is there, by one number for each `for_each` on the step's path, from 0.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<u32>,
}
