//! A run: one execution of a definition.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::{Digest, RunId, StepPath};

use super::{OtherFields, Problem};

/// Where a run is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum RunState {
    /// Under way; shown as `interrupted` where no living process carries it on.
    Started,
    /// Only a person can take it further.
    Waiting,
    /// Every step succeeded, and its files are in the workspace.
    Success,
    /// A step failed, or its files could not be published.
    Failure,
    /// A person ended it.
    Cancelled,
}

/// One execution of a definition, with everything that it pinned when it began (rule E22).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// Its id.
    pub id: RunId,
    /// The name that the definition gives itself.
    pub workflow: String,
    /// The text of the definition, a blob.
    pub definition: Digest,
    /// The definition's file as it was named, for messages and relative paths; none where it came as text.
    #[serde(default)]
    pub definition_file: Option<String>,
    /// The workspace's directory, absolute.
    pub workspace: String,
    /// The workflow's inputs.
    #[serde(default)]
    pub inputs: BTreeMap<String, String>,
    /// Where it is.
    pub state: RunState,
    /// Why it is waiting: `answers`, `until`, `in-doubt`.
    #[serde(default)]
    pub waiting_for: Option<String>,
    /// Why it failed.
    #[serde(default)]
    pub problem: Option<Problem>,
    /// When it began.
    pub created_at: Timestamp,
    /// When its record last changed.
    pub updated_at: Timestamp,
    /// When it ended.
    #[serde(default)]
    pub ended_at: Option<Timestamp>,
    /// The plugin of each step.
    #[serde(default)]
    pub plugins: BTreeMap<StepPath, PinnedPlugin>,
    /// The version of each prompt that each step uses: step, then the name that its plugin declares.
    #[serde(default)]
    pub prompts: BTreeMap<StepPath, BTreeMap<String, PinnedPrompt>>,
    /// The model of each step.
    #[serde(default)]
    pub models: BTreeMap<StepPath, PinnedModel>,
    /// The take that counts, for each step that was run again.
    #[serde(default)]
    pub takes: BTreeMap<StepPath, u32>,
    /// Steps whose outcome no longer fits what they depend on.
    #[serde(default)]
    pub stale: BTreeSet<StepPath>,
    /// Stop after this step.
    #[serde(default)]
    pub until: Option<StepPath>,
    /// Steps whose documents a person gave instead of having them made.
    #[serde(default)]
    pub given: BTreeSet<StepPath>,
    /// Answers given beforehand and not used yet, in the order given: `[STEP/]KEY` and text.
    #[serde(default)]
    pub answers: Vec<(String, String)>,
    /// Whether a step that asks is told that nobody will answer.
    #[serde(default)]
    pub no_questions: bool,
    /// What the engine keeps besides.
    #[serde(default)]
    pub settings: serde_json::Map<String, serde_json::Value>,
    /// What a later build wrote.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// The plugin that a step uses in a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PinnedPlugin {
    /// The definition's `uses`.
    pub uses: String,
    /// The component's digest; its bytes are kept as a blob.
    pub digest: Digest,
    /// What a later build wrote.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// The version of a prompt that a step uses in a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PinnedPrompt {
    /// The name under which its versions are kept.
    pub name: String,
    /// The version's number; 0 is the intrinsic prompt.
    pub number: u32,
    /// The template, a blob.
    pub digest: Digest,
    /// What a later build wrote.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// The model that a step uses in a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PinnedModel {
    /// The short name.
    pub name: String,
    /// The provider's name in the configuration.
    pub provider: String,
    /// The model's name at the provider.
    pub model: String,
    /// What a later build wrote.
    #[serde(flatten)]
    pub other: OtherFields,
}
