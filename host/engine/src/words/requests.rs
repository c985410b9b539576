//! What a face may ask for: requests that can be serialised.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::{Digest, ExecutionKey, Publish, RunId, StepPath};

use super::places::QuestionPlace;
use super::status::RunStatus;

/// A definition to run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DefinitionSource {
    /// Its TOML.
    pub text: String,
    /// Its file, absolute: for messages, for plugins that it names by a relative path, and to close it to its steps.
    pub file: Option<String>,
}

/// Starts a run.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct StartRun {
    /// What to run.
    pub definition: DefinitionSource,
    /// The workflow's inputs.
    #[serde(default)]
    pub inputs: BTreeMap<String, String>,
    /// The workspace's directory, instead of the definition's or the project's.
    #[serde(default)]
    pub workspace: Option<String>,
    /// Where the run puts what its steps write, instead of where the definition says.
    #[serde(default)]
    pub publish: Option<Publish>,
    /// Answers given beforehand.
    #[serde(default)]
    pub answers: Vec<GivenAnswer>,
    /// Documents given instead of having them made.
    #[serde(default)]
    pub documents: Vec<GivenDocument>,
    /// Stop after this step.
    #[serde(default)]
    pub until: Option<StepPath>,
    /// Tell a step that asks that nobody will answer.
    #[serde(default)]
    pub no_questions: bool,
    /// Another model for every step that asks one: a short name.
    #[serde(default)]
    pub model: Option<String>,
    /// What a person calls the run, by which it is found again: one line, cut where it is longer than 160 bytes.
    #[serde(default)]
    pub label: Option<String>,
    /// A person knows what it will probably take, also where that is above the operator's `confirm_above`.
    #[serde(default)]
    pub confirmed: bool,
    /// Use the plugins' own prompts, whatever versions are current: none is stored as a version.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub intrinsic: bool,
}

/// The most bytes of a run's label, and of the beginning of what it was given.
pub(crate) const LONGEST_LABEL: usize = 160;

impl StartRun {
    /// A run of a definition with nothing else said.
    #[must_use]
    pub fn new(definition: DefinitionSource) -> Self {
        Self {
            definition,
            ..Self::default()
        }
    }
}

/// An answer given before its question is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GivenAnswer {
    /// The step that asks; none is any step.
    #[serde(default)]
    pub step: Option<StepPath>,
    /// The items that it asks for, where several ask at once; none is any.
    #[serde(default)]
    pub items: Vec<u32>,
    /// The form that it answers, as a question that waits names it: it is an answer to no other one. None is the one that is open, or
    /// else the next one that asks for this key.
    #[serde(default)]
    pub form: Option<Digest>,
    /// The question's key.
    pub key: String,
    /// The answer.
    pub text: String,
    /// Who gives it; empty where that isn't said.
    #[serde(default)]
    pub by: String,
}

impl GivenAnswer {
    /// The question that it is for.
    #[must_use]
    pub fn place(&self) -> QuestionPlace {
        QuestionPlace {
            step: self.step.clone(),
            key: self.key.clone(),
        }
    }
}

/// A document given instead of having it made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GivenDocument {
    /// The step that would write it.
    pub step: StepPath,
    /// Its name.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// Takes a run further.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ResumeRun {
    /// Answers to its questions.
    #[serde(default)]
    pub answers: Vec<GivenAnswer>,
    /// Steps whose open questions a person declines to answer: the step is told so, and decides what comes of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub declined: Vec<StepPath>,
    /// Documents given instead of having them made.
    #[serde(default)]
    pub documents: Vec<GivenDocument>,
    /// Stop after this step; none goes on to the end.
    #[serde(default)]
    pub until: Option<StepPath>,
    /// Tell a step that asks that nobody will answer.
    #[serde(default)]
    pub no_questions: bool,
    /// Send again the calls that are in doubt (rule E7).
    #[serde(default)]
    pub resend: bool,
    /// How many more rounds each step gets that has used up its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rounds: Option<NonZeroU32>,
}

/// Runs one step of a run again (rule E21).
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct RerunStep {
    /// Of this item alone, by one number for each `for_each` on its path, from 0; none is all of its items.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<u32>,
    /// Another version of a prompt, for this step from now on: the name that the plugin declares, and the number.
    #[serde(default)]
    pub prompts: BTreeMap<String, u32>,
    /// The plugin's own prompts, for this step from now on: none is stored as a version.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub intrinsic: bool,
    /// Another model, for this step from now on: a short name.
    #[serde(default)]
    pub model: Option<String>,
    /// Another plugin, for this step from now on, as in `uses`.
    #[serde(default)]
    pub plugin: Option<String>,
    /// Answers to its questions.
    #[serde(default)]
    pub answers: Vec<GivenAnswer>,
    /// Tell a step that asks that nobody will answer.
    #[serde(default)]
    pub no_questions: bool,
    /// Whether a person has said yes to what it will probably take: where that is above `confirm_above` of the configuration, it is
    /// refused without.
    #[serde(default)]
    pub confirmed: bool,
}

/// Carries one step of a run out again from the answers that it got, without asking anybody anything new.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct ReprocessStep {
    /// Another plugin, for this step from now on, as in `uses`; none takes what its `uses` names now.
    #[serde(default)]
    pub plugin: Option<String>,
}

/// Runs one plugin alone, in a run of its own.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct RunAlone {
    /// The plugin, as in `uses`.
    pub plugin: String,
    /// The folder that a relative path of a plugin starts at.
    #[serde(default)]
    pub folder: Option<String>,
    /// Its inputs.
    #[serde(default)]
    pub inputs: BTreeMap<String, String>,
    /// Its settings, as JSON values.
    #[serde(default)]
    pub settings: BTreeMap<String, serde_json::Value>,
    /// Its model: a short name.
    #[serde(default)]
    pub model: Option<String>,
    /// `read` or `write`: what it may do with the files of the workspace.
    #[serde(default)]
    pub grant_workspace: Option<String>,
    /// Whether it may add prompt versions.
    #[serde(default)]
    pub grant_prompts: bool,
    /// The hosts that it may ask by HTTP, as in `grants.http` of a definition.
    #[serde(default)]
    pub grant_http: Vec<String>,
    /// The workspace's directory.
    #[serde(default)]
    pub workspace: Option<String>,
    /// Answers given beforehand.
    #[serde(default)]
    pub answers: Vec<GivenAnswer>,
    /// Tell a step that asks that nobody will answer.
    #[serde(default)]
    pub no_questions: bool,
    /// What a person calls the run: as in [`StartRun::label`].
    #[serde(default)]
    pub label: Option<String>,
    /// Whether a person has said yes to what it will probably take: where that is above `confirm_above` of the configuration, it is
    /// refused without.
    #[serde(default)]
    pub confirmed: bool,
    /// As in [`StartRun::intrinsic`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub intrinsic: bool,
}

/// Which runs are listed, newest first: those that fit all that is said here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ListRuns {
    /// Only those that began before this one.
    #[serde(default)]
    pub before: Option<RunId>,
    /// How many at most; none is all.
    #[serde(default)]
    pub limit: Option<usize>,
    /// Only those that are there.
    #[serde(default)]
    pub status: Option<RunStatus>,
    /// Only those of the workflow that gives itself this name.
    #[serde(default)]
    pub workflow: Option<String>,
    /// Only those in whose label, workflow, id, inputs or problem each of these words stands, in whatever case.
    #[serde(default)]
    pub search: Option<String>,
}

impl ListRuns {
    /// So many at most of all runs, from the newest on.
    #[must_use]
    pub fn newest(limit: usize) -> Self {
        Self {
            limit: Some(limit),
            ..Self::default()
        }
    }

    /// Whether there may be runs that don't fit, be they as new as they may.
    #[must_use]
    pub fn leaves_out(&self) -> bool {
        self.status.is_some() || self.workflow.is_some() || self.search.is_some()
    }
}

/// Runs one step of a definition alone, in a run of its own, with all that the definition says of it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct RunStepAlone {
    /// The step.
    pub step: StepPath,
    /// The definition.
    pub definition: DefinitionSource,
    /// Its inputs by their names: those that would come from other steps have to be given. And inputs of the workflow, where the
    /// others refer to them.
    #[serde(default)]
    pub inputs: BTreeMap<String, String>,
    /// Its model, instead of the definition's: a short name.
    #[serde(default)]
    pub model: Option<String>,
    /// The workspace's directory.
    #[serde(default)]
    pub workspace: Option<String>,
    /// Answers given beforehand.
    #[serde(default)]
    pub answers: Vec<GivenAnswer>,
    /// Tell a step that asks that nobody will answer.
    #[serde(default)]
    pub no_questions: bool,
    /// What a person calls the run: as in [`StartRun::label`].
    #[serde(default)]
    pub label: Option<String>,
    /// Whether a person has said yes to what it will probably take: where that is above `confirm_above` of the configuration, it is
    /// refused without.
    #[serde(default)]
    pub confirmed: bool,
    /// As in [`StartRun::intrinsic`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub intrinsic: bool,
}

/// What is asked for as a run of the workflow of the one step that stands alone.
macro_rules! starts_as_run {
    ($($request:ty),*) => {
        $(impl $request {
            pub(crate) fn start_of(self, definition: DefinitionSource) -> StartRun {
                StartRun {
                    inputs: self.inputs,
                    workspace: self.workspace,
                    answers: self.answers,
                    no_questions: self.no_questions,
                    model: self.model,
                    label: self.label,
                    confirmed: self.confirmed,
                    intrinsic: self.intrinsic,
                    ..StartRun::new(definition)
                }
            }
        })*
    };
}

starts_as_run!(RunAlone, RunStepAlone);

/// Which calls, documents or files. All that it names must fit.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct Selection {
    /// Of this run; none is all runs.
    #[serde(default)]
    pub run: Option<RunId>,
    /// Of this step; none is all steps.
    #[serde(default)]
    pub step: Option<StepPath>,
    /// Of this round of a repeated step, from 1; none is all rounds. What is never repeated belongs to the first.
    #[serde(default)]
    pub round: Option<u32>,
}

/// Which of a run's changes to files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FileFate {
    /// Those that are where they belong, or wait for it.
    #[default]
    Written,
    /// Those that a person said no to.
    Dropped,
}

impl FileFate {
    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Written => "written",
            Self::Dropped => "dropped",
        }
    }
}

impl Selection {
    /// Whether something that an execution left belongs to the round.
    pub(crate) fn has_round_of(&self, execution: &ExecutionKey) -> bool {
        let round = execution.at.iter().map(|position| position.round).max();
        self.round.is_none_or(|wanted| round.unwrap_or(1) == wanted)
    }
}
