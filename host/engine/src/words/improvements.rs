//! What a face may ask of improvements of prompts, and what it is told of them.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_comparison::ComparisonStatus;
use stepwell_contract::{
    Budget, ComparisonId, ImprovementEnd, ImprovementId, ImprovementStage, Name, Problem,
    ProposalState, Spent, StepPath,
};
use stepwell_definition::{Case, Check};
use stepwell_store::{Refusal, Standing};

use super::{CompareIn, DEFAULT_CONCURRENCY};

/// How many proposals are tried, where nobody says.
pub const DEFAULT_ROUNDS: u32 = 3;

/// Lets a model propose versions of a prompt from what failed with it on some of the cases, and makes one current that is better
/// beyond chance on the others.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct StartImprovement {
    /// The prompt, by the name that the plugin declares or that its versions are kept under.
    pub prompt: Name,
    /// The step that uses it: its path in the run or definition, or the plugin.
    pub step: String,
    /// Where it comes from.
    pub within: CompareIn,
    /// The cases. Each has something by which it passes or is scored.
    pub cases: Vec<Case>,
    /// Checks for every case.
    #[serde(default)]
    pub checks: Vec<Check>,
    /// How many times each case is run with each text.
    #[serde(default = "one")]
    pub repeats: u32,
    /// How many proposals are tried at most.
    #[serde(default = "rounds")]
    pub rounds: u32,
    /// Which cases are kept back where they don't say it themselves: another number keeps others back, and asks for other
    /// proposals.
    #[serde(default = "one")]
    pub seed: u32,
    /// The model that proposes, by short name; none is the default one.
    #[serde(default)]
    pub model: Option<String>,
    /// What the whole may cost.
    #[serde(default)]
    pub budget: Budget,
    /// How many cells are carried out at the same time.
    #[serde(default = "concurrency")]
    pub concurrency: u32,
    /// Who asks for it: whom the log of the prompt names.
    #[serde(default)]
    pub by: String,
}

impl StartImprovement {
    /// An improvement of a step's prompt on cases, with nothing else said.
    #[must_use]
    pub fn new(prompt: Name, step: impl Into<String>, within: CompareIn, cases: Vec<Case>) -> Self {
        Self {
            prompt,
            step: step.into(),
            within,
            cases,
            checks: Vec::new(),
            repeats: one(),
            rounds: rounds(),
            seed: one(),
            model: None,
            budget: Budget::default(),
            concurrency: concurrency(),
            by: String::new(),
        }
    }
}

fn one() -> u32 {
    1
}

fn rounds() -> u32 {
    DEFAULT_ROUNDS
}

fn concurrency() -> u32 {
    DEFAULT_CONCURRENCY
}

/// Takes an improvement further.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct AdvanceImprovement {
    /// Other caps on what the whole may cost, instead of all that there were; none keeps them.
    #[serde(default)]
    pub budget: Option<Budget>,
    /// Another number of cells at the same time; none keeps it.
    #[serde(default)]
    pub concurrency: Option<u32>,
}

/// What an improvement does next.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ImprovementStep {
    /// The improvement.
    pub improvement: ImprovementId,
    /// What it does now; none where it has ended.
    pub stage: Option<ImprovementStage>,
    /// The proposal that this is about, from 1; none where it is about the version that all began from, or several.
    #[serde(default)]
    pub proposal: Option<u32>,
    /// The comparison that is to be carried out before it can be taken further; none where it has ended.
    pub comparison: Option<ComparisonId>,
    /// What it came to.
    #[serde(default)]
    pub end: Option<ImprovementEnd>,
}

/// An improvement in a listing.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ImprovementSummary {
    /// Its id.
    pub id: ImprovementId,
    /// The name under which the prompt's versions are kept.
    pub prompt: Name,
    /// The step that uses the prompt.
    pub step: StepPath,
    /// Where it is. It is interrupted also between two of its comparisons, where nobody has taken it further.
    pub status: ComparisonStatus,
    /// What it does, or did when it was left; none where it has ended.
    pub stage: Option<ImprovementStage>,
    /// What it came to.
    pub end: Option<ImprovementEnd>,
    /// The version that was made current.
    pub promoted: Option<u32>,
    /// How many proposals were made, refused ones among them.
    pub proposal_count: u32,
    /// How many proposals are tried at most.
    pub rounds: u32,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// A whole improvement: every proposal with its reason and its numbers.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ImprovementView {
    /// What a listing shows of it.
    #[serde(flatten)]
    pub summary: ImprovementSummary,
    /// Why it stopped, where a comparison of it did.
    #[serde(default)]
    pub problem: Option<Problem>,
    /// The version that it began from.
    pub baseline: u32,
    /// How that does on the training cases, once it is known.
    pub standing: Option<Standing>,
    /// The ids of the cases that proposals are made from and tried on.
    pub training: Vec<String>,
    /// The ids of the cases that are kept back.
    pub validation: Vec<String>,
    /// What the whole may cost.
    pub budget: Budget,
    /// What it has cost so far.
    pub spent: Spent,
    /// What was proposed, in that order.
    pub proposals: Vec<ProposalView>,
    /// Its comparisons, oldest first.
    pub comparisons: Vec<ComparisonId>,
}

/// A version that was proposed.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ProposalView {
    /// Its number in the improvement, from 1.
    pub number: u32,
    /// The round that it was made in, from 1.
    pub round: u32,
    /// The proposal that it was made from; none is the version that all began from.
    pub made_from: Option<u32>,
    /// The template; none where none could be read.
    pub text: Option<String>,
    /// Why it should be better, as the model says.
    pub reason: Option<String>,
    /// What became of it.
    pub state: ProposalState,
    /// Why it was refused.
    pub refusal: Option<Refusal>,
    /// How it does on the training cases.
    pub training: Option<Standing>,
    /// How it does on the validation cases.
    pub validation: Option<Standing>,
    /// What that comes to beside the version that all began from.
    pub sentence: Option<String>,
    /// The comparison by which the model was asked.
    pub asked_by: ComparisonId,
    /// The comparison in which it is tried on the training cases.
    pub trained_by: Option<ComparisonId>,
    /// The comparison in which it is tried on the validation cases.
    pub validated_by: Option<ComparisonId>,
}
