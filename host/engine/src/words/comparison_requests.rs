//! What a face may ask of comparisons: requests that can be serialised.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::{Budget, ComparisonId, RunId};
use stepwell_definition::{Case, Check};

use super::requests::DefinitionSource;

/// How many cells are carried out at the same time, where nobody says.
pub const DEFAULT_CONCURRENCY: u32 = 8;

/// Where the step of a comparison comes from, and with it all that a case doesn't bring.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum CompareIn {
    /// A run: its definition, plugin, inputs, documents and what the step saw of the workspace. Each item of a
    /// `for_each` step is a case.
    Run {
        /// The run.
        run: RunId,
    },
    /// A definition: its plugin, settings, grants and workspace.
    Definition {
        /// The definition.
        definition: DefinitionSource,
    },
    /// A plugin alone: the step's name is how `uses` names it.
    Plugin {
        /// The folder that a relative path of a plugin starts at.
        #[serde(default)]
        folder: Option<String>,
        /// Its settings, as JSON values.
        #[serde(default)]
        settings: BTreeMap<String, serde_json::Value>,
        /// `read`, `write` or `copy`: what it may do with the files of the workspace.
        #[serde(default)]
        grant_workspace: Option<String>,
    },
}

/// Puts versions of a prompt, and models, side by side on the same cases.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct StartComparison {
    /// The step: its path in the run or definition, or the plugin.
    pub step: String,
    /// Where it comes from.
    pub within: CompareIn,
    /// The prompt whose versions differ, by the name that the plugin declares or that its versions are kept under.
    /// None is the step's only one.
    #[serde(default)]
    pub prompt: Option<String>,
    /// The versions; none is all that are kept.
    #[serde(default)]
    pub versions: Vec<u32>,
    /// The models, by short name; none is the step's own.
    #[serde(default)]
    pub models: Vec<String>,
    /// The cases. In a run, their inputs are laid over those of the run; none is the run's own.
    #[serde(default)]
    pub cases: Vec<Case>,
    /// Checks for every case.
    #[serde(default)]
    pub checks: Vec<Check>,
    /// How many times each case is run with each variant.
    #[serde(default = "one")]
    pub repeats: u32,
    /// The version that the others are held against; none is the first one: without `versions` that is the oldest.
    #[serde(default)]
    pub baseline: Option<u32>,
    /// What the whole may cost.
    #[serde(default)]
    pub budget: Budget,
    /// How many cells are carried out at the same time.
    #[serde(default = "concurrency")]
    pub concurrency: u32,
    /// Whether calls are sent in batches of their providers: for less, and answered within a day.
    #[serde(default)]
    pub batch: bool,
    /// Whether the version that is better than the baseline beyond chance is made current, once every cell has an outcome.
    #[serde(default)]
    pub promote: bool,
    /// Who asks for it: whom the log of the prompt names then.
    #[serde(default)]
    pub by: String,
    /// Whether a person has said yes to what it will probably take: where that is above `confirm_above` of the configuration, it is
    /// refused without.
    #[serde(default)]
    pub confirmed: bool,
}

impl CompareIn {
    /// The run, where it is one.
    #[must_use]
    pub fn run(&self) -> Option<RunId> {
        match self {
            Self::Run { run } => Some(*run),
            Self::Definition { .. } | Self::Plugin { .. } => None,
        }
    }
}

impl StartComparison {
    /// All kept versions of a step's prompt, with nothing else said.
    #[must_use]
    pub fn new(step: impl Into<String>, within: CompareIn) -> Self {
        Self {
            step: step.into(),
            within,
            prompt: None,
            versions: Vec::new(),
            models: Vec::new(),
            cases: Vec::new(),
            checks: Vec::new(),
            repeats: 1,
            baseline: None,
            budget: Budget::default(),
            concurrency: DEFAULT_CONCURRENCY,
            batch: false,
            promote: false,
            by: String::new(),
            confirmed: false,
        }
    }
}

/// Tries a text of a prompt that isn't saved, once: on what a step of a run was given there, or on a case of one's own. Nothing of
/// the run changes, and no version is added: it is a comparison of that text alone.
///
/// The same trial is sent once: who asks for it again is given the comparison that there is.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Trial {
    /// The step: its path in the run or definition, or the plugin.
    pub step: String,
    /// Where it comes from, and with it all that a case doesn't bring.
    pub within: CompareIn,
    /// What it is tried on. In a run its inputs are laid over those that the step had there; none is what it had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<Case>,
    /// In a run, on this item of the step, by one number for each `for_each` on its path, from 0; none is the first one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<u32>,
    /// The prompt that the text stands for, by the name that the plugin declares or that its versions are kept under. None is the
    /// step's only one.
    #[serde(default)]
    pub prompt: Option<String>,
    /// The text.
    pub text: String,
    /// Another model than the run's: a short name.
    #[serde(default)]
    pub model: Option<String>,
    /// Which time it is, from 1: each is asked for, and paid, by itself.
    #[serde(default = "one")]
    pub time: u32,
}

/// Names one cell of a comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CellAddress {
    /// The comparison.
    pub comparison: ComparisonId,
    /// The place of the case, from 0.
    pub case: u32,
    /// The place of the variant, from 0.
    pub variant: u32,
    /// Which of the repeats, from 1.
    #[serde(default = "one")]
    pub repeat: u32,
}

/// Asks for what the cells of some cases were answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ListAnswers {
    /// The comparison.
    pub comparison: ComparisonId,
    /// The places of the cases, from 0.
    pub cases: Vec<u32>,
    /// Which of the repeats, from 1; none is all of them.
    #[serde(default)]
    pub repeat: Option<u32>,
}

/// Says what a person thinks of a cell.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct RateCell {
    /// The cell.
    #[serde(flatten)]
    pub cell: CellAddress,
    /// From 1 (bad) to 5 (good); none takes the rating back.
    pub score: Option<u8>,
    /// Why.
    #[serde(default)]
    pub comment: String,
    /// Who says so.
    #[serde(default)]
    pub by: String,
}

/// Takes a comparison further.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct ResumeComparison {
    /// Other caps on what the whole may cost, instead of all that there were; none keeps them.
    #[serde(default)]
    pub budget: Option<Budget>,
    /// Another number of cells at the same time; none keeps it.
    #[serde(default)]
    pub concurrency: Option<u32>,
    /// Whether the version that is better than the baseline beyond chance is made current, once every cell has an
    /// outcome. What was wished for at the start stays a wish either way.
    #[serde(default)]
    pub promote: bool,
    /// Who asks for it: whom the log of the prompt names then.
    #[serde(default)]
    pub by: String,
}

/// A batch that a provider was told to give up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BatchGivenUp {
    /// The provider's name in the settings.
    pub provider: String,
    /// What the provider calls it; none where it never came there, or that isn't known.
    pub batch: Option<String>,
    /// How many requests it holds.
    pub requests: u32,
    /// What kept it from being given up.
    pub problem: Option<String>,
}

fn one() -> u32 {
    1
}

fn concurrency() -> u32 {
    DEFAULT_CONCURRENCY
}
