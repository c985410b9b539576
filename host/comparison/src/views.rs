//! What a face is told of comparisons: answers that can be serialised, with a schema.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::{
    BatchState, Budget, ComparisonId, Digest, ImprovementId, Money, RunId, Spent, StepPath,
};
use stepwell_contract::{ComparisonState, Finding, Problem, Rating};
use uuid::Uuid;

use crate::checks::CheckResult;
use crate::figures::{VariantNumbers, Verdict};
use crate::numbers::CellNumbers;

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

/// Where a cell is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CellStatus {
    /// Not carried out yet, or to be carried out again.
    Pending,
    /// Under way.
    Running,
    /// It has its documents.
    Success,
    /// The step failed.
    Failure,
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
        let requests = |count: u64| match count {
            1 => "1 request".to_owned(),
            many => format!("{many} requests"),
        };
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

/// A cell of a comparison.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct CellView {
    /// The place of its case.
    pub case: u32,
    /// The place of its variant.
    pub variant: u32,
    /// Which of the repeats, from 1.
    pub repeat: u32,
    /// The hash of what went into it.
    pub identity: Digest,
    /// Its run; none before it began.
    pub run: Option<RunId>,
    /// Where it is.
    pub status: CellStatus,
    /// Whether another comparison had carried it out before.
    pub taken_over: bool,
    /// What the checks say; none before it has an outcome.
    pub checks: Vec<CheckResult>,
    /// Whether every check passed; none without checks, or before it has an outcome.
    pub passed: Option<bool>,
    /// The mean score of its judges; none without one.
    pub score: Option<f64>,
    /// What it cost, whichever comparison sent it.
    pub spent: Spent,
    /// Input and output tokens together, where they are known of every attempt.
    pub tokens: Option<u64>,
    /// Money, where it is known of every attempt.
    pub money: Option<Money>,
    /// Milliseconds until the first token of its first answer.
    pub first_token_ms: Option<u64>,
    /// Milliseconds that its calls and the step itself took. Waiting for a place at the provider, a pause before another
    /// try, and what was lost with a process that was killed are left out.
    pub duration_ms: Option<u64>,
    /// The names of its documents.
    pub documents: Vec<String>,
    /// The paths of the files that it would write or remove.
    pub files: Vec<String>,
    /// Why it failed.
    pub problem: Option<Problem>,
    /// What a person says of it.
    pub rating: Option<Rating>,
}

impl CellView {
    /// Whether it counts: it succeeded, or it failed of what its variant did, and not of an accident.
    #[must_use]
    pub fn has_outcome(&self) -> bool {
        match self.status {
            CellStatus::Success => true,
            CellStatus::Failure => self
                .problem
                .as_ref()
                .is_some_and(|problem| problem.code.is_outcome()),
            CellStatus::Pending | CellStatus::Running => false,
        }
    }

    /// Its figures, which were measured in a comparison.
    #[must_use]
    pub fn figures(&self, measured_in: Option<ComparisonId>) -> CellNumbers {
        // What a person says counts where no judge does.
        let rated = || {
            let rating = self.rating.as_ref();
            rating.map(|rating| f64::from(rating.score - 1) / 4.0)
        };
        CellNumbers {
            case: self.case as usize,
            variant: self.variant as usize,
            finished: self.has_outcome(),
            failed: self.status == CellStatus::Failure,
            passed: self.passed,
            unread: self.passed.is_none() && self.checks.iter().any(CheckResult::is_unread),
            score: self.score.or_else(rated),
            money: self.money.map(|money| money.0),
            tokens: self.tokens,
            duration_ms: self.duration_ms,
            measured_in,
        }
    }

    /// Whether nothing of it is to come: it has an outcome, and every judge has spoken of it.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        let has_spoken = |check: &CheckResult| check.found != Finding::default();
        self.has_outcome() && self.checks.iter().all(has_spoken)
    }
}

/// A cell with all its texts.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct CellDetail {
    /// What the matrix shows of it.
    pub cell: CellView,
    /// The prompts as they were sent, filled in: one for each call.
    pub prompts: Vec<String>,
    /// The answers as they came, before any parsing: one for each call; empty where none came.
    pub answers: Vec<String>,
    /// The documents: name and text.
    pub documents: BTreeMap<String, String>,
    /// The files that it would write or remove.
    pub files: Vec<CellFile>,
}

/// Which text of a cell, in the order in which they are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TextOf<'d> {
    /// A document, by its name.
    Document(&'d str),
    /// A file, by its path.
    File(&'d str),
    /// The answer of a call, from 0.
    Answer(usize),
    /// The prompt of a call, from 0.
    Prompt(usize),
}

impl fmt::Display for TextOf<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Document(name) => write!(f, "document {name}"),
            Self::File(path) => write!(f, "file {path}"),
            Self::Answer(0) => f.write_str("raw answer"),
            Self::Answer(call) => write!(f, "raw answer {}", call + 1),
            Self::Prompt(0) => f.write_str("filled prompt"),
            Self::Prompt(call) => write!(f, "filled prompt {}", call + 1),
        }
    }
}

impl CellDetail {
    /// Which texts it has, or could have.
    pub fn texts(&self) -> impl Iterator<Item = TextOf<'_>> {
        let documents = self.documents.keys().map(|name| TextOf::Document(name));
        let files = self.files.iter().map(|file| TextOf::File(&file.path));
        let answers = (0..self.answers.len()).map(TextOf::Answer);
        let prompts = (0..self.prompts.len()).map(TextOf::Prompt);
        documents.chain(files).chain(answers).chain(prompts)
    }

    /// One of them; none where nothing came, or no text.
    #[must_use]
    pub fn text(&self, of: TextOf) -> Option<&str> {
        match of {
            TextOf::Document(name) => self.documents.get(name).map(String::as_str),
            TextOf::File(path) => self.file(path)?.after.as_deref(),
            TextOf::Answer(call) => self.answers.get(call).map(String::as_str),
            TextOf::Prompt(call) => self.prompts.get(call).map(String::as_str),
        }
        .filter(|text| !text.is_empty() || !matches!(of, TextOf::Answer(_)))
    }

    /// What stood in a file.
    #[must_use]
    pub fn before(&self, of: TextOf) -> Option<&str> {
        match of {
            TextOf::File(path) => self.file(path)?.before.as_deref(),
            _ => None,
        }
    }

    fn file(&self, path: &str) -> Option<&CellFile> {
        self.files.iter().find(|file| file.path == path)
    }
}

/// A file that a cell would write or remove.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CellFile {
    /// Its path.
    pub path: String,
    /// What was there; none is nothing, or no text.
    pub before: Option<String>,
    /// What would be there; none is nothing, or no text.
    pub after: Option<String>,
}
