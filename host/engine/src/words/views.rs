//! What a face is told: answers that can be serialised, with a schema.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::Spent;
use stepwell_contract::{Description, Digest, Form, Gate, Position, RunId, StepPath};
use stepwell_contract::{Estimate, Problem, ProblemCode, SkipReason, WaitingFor};
use stepwell_definition::LockedPlugin;
use stepwell_store::{AnsweredQuestion, AttemptRecord, KeptDocument};
use uuid::Uuid;

use super::branches::BranchView;
use super::costs::CostRow;
use super::definition_views::StepDefined;
use super::output_views::{DocumentSummary, FileView};
use super::plugin_changes::PluginInUse;
use super::stand_ins::{StandIn, told_model};
use super::status::{RunStatus, StepStatus};
use super::warnings::WarningView;

/// A run in a listing.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct RunSummary {
    /// Its id.
    pub id: RunId,
    /// The workflow's name.
    pub workflow: String,
    /// What a person calls it.
    #[serde(default)]
    pub label: Option<String>,
    /// The beginning of what it was given.
    #[serde(default)]
    pub about: Option<String>,
    /// Where it is.
    pub status: RunStatus,
    /// What it waits for.
    pub waiting_for: Option<WaitingFor>,
    /// Why it failed.
    pub problem: Option<Problem>,
    /// The steps that still asked for another round when there may be none, and after which the run went on: a success of such a run is
    /// no plain one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rounds_used_up: Vec<StepPath>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Its workspace.
    pub workspace: String,
    /// Whether it replays recorded answers: `resume` needs their cassette.
    pub replayed: bool,
    /// What it spent on models.
    pub spent: Spent,
}

impl RunSummary {
    /// Why it is, or isn't, as its state alone would say: a word for a listing. None where there is nothing to be said.
    #[must_use]
    pub fn why(&self) -> Option<&str> {
        let waits = self.waiting_for.as_ref().map(WaitingFor::as_str);
        let failed = || self.problem.as_ref().map(|problem| problem.code.as_str());
        let went_on = || self.went_on_without_rounds().then_some(ROUNDS_USED_UP);
        waits.or_else(failed).or_else(went_on)
    }

    /// Whether it succeeded though a step still asked for another round.
    #[must_use]
    pub fn went_on_without_rounds(&self) -> bool {
        self.status == RunStatus::Success && !self.rounds_used_up.is_empty()
    }

    /// Whether it ended because a person said no.
    #[must_use]
    pub fn is_declined(&self) -> bool {
        let problem = self.problem.as_ref();
        let said_no = problem.is_some_and(|problem| problem.code == ProblemCode::Declined);
        said_no && self.status == RunStatus::Failure
    }
}

/// What is said of a run in a listing that went on though a step still asked for another round.
pub const ROUNDS_USED_UP: &str = "rounds used up";

/// Everything that the store holds, in numbers.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct Totals {
    /// How many runs are where.
    pub runs: BTreeMap<RunStatus, u64>,
    /// What all of them spent on models.
    pub spent: Spent,
    /// The same by model.
    #[serde(default)]
    pub models: Vec<CostRow>,
}

/// A whole run with its state: the document that `status --json` prints. Its schema is published.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct RunView {
    /// What a listing shows of it.
    #[serde(flatten)]
    pub summary: RunSummary,
    /// The workflow's inputs.
    pub inputs: BTreeMap<String, String>,
    /// The definition's file.
    pub definition_file: Option<String>,
    /// The digest of the definition's text.
    pub definition: Digest,
    /// That text, as it was when the run began; none of an earlier build.
    #[serde(default)]
    pub definition_text: Option<String>,
    /// The branch onto which it puts what its steps write; none where it writes into the workspace.
    #[serde(default)]
    pub branch: Option<BranchView>,
    /// It stops after this step.
    pub until: Option<StepPath>,
    /// What it would probably take, as was said before it began: to be held against what it spent. None where no model was to
    /// be asked.
    #[serde(default)]
    pub estimate: Option<Estimate>,
    /// The outermost steps.
    pub steps: Vec<StepView>,
    /// What there is to be warned of, though the run went on: what its steps warned of in their last rounds, and each text of somebody
    /// else at a path that it wrote.
    #[serde(default)]
    pub warnings: Vec<WarningView>,
    /// The questions that wait for an answer.
    pub questions: Vec<QuestionView>,
    /// What a person answered beforehand and no step has asked for so far: `KEY` or `STEP/KEY`, each once.
    #[serde(default)]
    pub unasked: Vec<String>,
    /// The cursor of the last event.
    pub cursor: u64,
    /// How many records of it can't be read, and so aren't among the rest: what is counted and listed here is less by them.
    #[serde(default)]
    pub unreadable: u64,
}

impl RunView {
    /// What a person has to know where not all of it can be read.
    #[must_use]
    pub fn gaps(&self) -> Option<String> {
        let (records, them) = match self.unreadable {
            0 => return None,
            1 => ("1 record".to_owned(), "it"),
            number => (format!("{number} records"), "them"),
        };
        Some(format!(
            "{records} of this run can't be read: what is counted and listed of it is less by {them}"
        ))
    }

    /// All of its steps, each before its sub-steps.
    #[must_use]
    pub fn all_steps(&self) -> Vec<&StepView> {
        fn all(steps: &[StepView]) -> Vec<&StepView> {
            let steps = steps.iter();
            steps
                .flat_map(|step| std::iter::once(step).chain(all(&step.steps)))
                .collect()
        }
        all(&self.steps)
    }

    /// One of its steps, by its path.
    #[must_use]
    pub fn step(&self, path: &str) -> Option<&StepView> {
        let mut steps = self.all_steps().into_iter();
        steps.find(|step| step.path.as_str() == path)
    }

    /// The steps that no longer fit what they depend on.
    pub fn stale(&self) -> impl Iterator<Item = &StepView> {
        let steps = self.all_steps().into_iter();
        steps.filter(|step| step.status == StepStatus::Stale)
    }
}

/// A step of a run, with its executions and its sub-steps.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct StepView {
    /// Its id within its parent.
    pub id: String,
    /// Its path.
    pub path: StepPath,
    /// Its plugin, as in the definition; none is a group.
    pub uses: Option<String>,
    /// The digest of its plugin.
    pub plugin: Option<Digest>,
    /// Its plugin's own name and version, such as `draft 1.2.0`; none in a run of an earlier build.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plugin_title: Option<String>,
    /// The fingerprint of the key that signed its plugin, where one was demanded when the run began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plugin_signed_by: Option<Digest>,
    /// The plugin that the step had in the run before, where that was another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plugin_before: Option<PluginInUse>,
    /// Its model: the one that is meant.
    pub model: Option<String>,
    /// The models that answered instead of the one that was meant, where that could not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stand_ins: Vec<StandIn>,
    /// The versions that it uses: the name that its plugin declares, the name under which they are kept, and the number.
    pub prompts: Vec<PromptUse>,
    /// Where it is, of all its executions together.
    pub status: StepStatus,
    /// Whether the run goes on where it fails or its plugin is missing.
    pub optional: bool,
    /// How it is a gate, which a person is asked at before anything gets into the workspace; none is no gate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<Gate>,
    /// How many items its `for_each` has, at all its places together, where that is known.
    pub items: Option<u32>,
    /// The rounds of a repeated step that has begun; several where it stands at several items.
    #[serde(default)]
    pub rounds: Vec<RoundsView>,
    /// Its executions, of the take that counts, in the order of their items and rounds.
    pub executions: Vec<ExecutionView>,
    /// Its sub-steps.
    pub steps: Vec<StepView>,
    /// What the definition says of it.
    #[serde(default)]
    pub defined: StepDefined,
}

impl StepView {
    /// The plugin that it uses, by name, version and digest; none is a group.
    #[must_use]
    pub fn plugin_in_use(&self) -> Option<PluginInUse> {
        Some(PluginInUse {
            title: self.plugin_title.clone(),
            digest: self.plugin?,
        })
    }

    /// Its model, and those that answered instead of it.
    #[must_use]
    pub fn model_told(&self) -> Option<String> {
        told_model(self.model.as_deref(), &self.stand_ins)
    }

    /// Its executions that no later round has taken the place of.
    pub fn of_last_round(&self) -> impl Iterator<Item = &ExecutionView> {
        self.executions.iter().filter(|execution| {
            let mut others = self.executions.iter();
            !others.any(|other| is_of_earlier_round(&execution.at, &other.at))
        })
    }
}

/// Whether something stands in an earlier round than another execution of the same step. Where the two are of different items, each
/// has rounds of its own.
fn is_of_earlier_round(one: &[Position], other: &[Position]) -> bool {
    let parted = one.iter().zip(other).find(|(one, other)| one != other);
    parted.is_some_and(|(one, other)| one.item == other.item && one.round < other.round)
}

/// The rounds of a repeated step, at one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RoundsView {
    /// How a person names the last one: `build~2`.
    pub name: String,
    /// The number of the last one, from 1.
    pub round: u32,
    /// How many there may be.
    pub most: u32,
    /// The name of the document that says whether there is another one.
    pub document: String,
    /// What it says for another one, if it does.
    pub asked: Option<String>,
    /// Whether it asks for another one and there may be none: the run went on with what the last one left.
    pub exhausted: bool,
}

impl RoundsView {
    /// That it asks for another round and gets none, as a sentence that begins small.
    #[must_use]
    pub fn told(&self) -> String {
        let (document, most) = (&self.document, self.most);
        let asked = self.asked.as_deref().unwrap_or_default();
        format!(
            "`{document}` is still `{asked}` after {most} rounds, the most that it may have: the run went on with what the last one left"
        )
    }
}

/// A prompt version that a step uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PromptUse {
    /// The name that the plugin declares.
    pub declared: String,
    /// The name under which the versions are kept.
    pub name: String,
    /// The version's number; 0 is the intrinsic prompt, or a text that isn't saved.
    pub number: u32,
    /// Whether it is a text that somebody tries and that is no version.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unsaved: bool,
}

/// One execution of a step.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ExecutionView {
    /// Its id.
    pub id: Uuid,
    /// How a person names it: `implementation/code[2]`.
    pub name: String,
    /// 1, and one more for each re-run.
    pub take: u32,
    /// Where it stands at each level of its path.
    pub at: Vec<Position>,
    /// Where it is.
    pub status: StepStatus,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Its attempts.
    pub attempts: Vec<AttemptRecord>,
    /// Why it failed.
    pub problem: Option<Problem>,
    /// The answers that it got from a person.
    #[serde(default)]
    pub answered: Vec<AnsweredQuestion>,
    /// The models that answered it instead of the one that was meant.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stand_ins: Vec<StandIn>,
    /// Why it was left out, where it was.
    #[serde(default)]
    pub skipped: Option<SkipReason>,
    /// What it warned of, though it succeeded: the first few. All of them are among the run's events.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// Its documents.
    pub documents: Vec<DocumentSummary>,
    /// The files that it wrote or removed.
    pub files: Vec<FileView>,
    /// Its documents that are kept as files of the workspace, and how each differs from what its file held.
    #[serde(default)]
    pub kept: Vec<KeptDocument>,
    /// What it spent on models.
    pub spent: Spent,
}

impl ExecutionView {
    /// The model of its step, and those that answered instead of it.
    #[must_use]
    pub fn model_told(&self, meant: Option<&str>) -> Option<String> {
        told_model(meant, &self.stand_ins)
    }

    /// Whether the step was begun there, and so was given something: one that was left out was not.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.skipped.is_none()
    }
}

/// A question that waits for an answer.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct QuestionView {
    /// The execution that asks, as a person names it.
    pub step: String,
    /// The path of its step, for `--answer STEP/KEY=TEXT`.
    pub path: StepPath,
    /// The items that it asks for, where its step has a `for_each` or lies in one.
    #[serde(default)]
    pub items: Vec<u32>,
    /// What names the form: an answer that names it, too, is one to no other form, such as that of a later round.
    pub id: Digest,
    /// The whole form.
    pub form: Form,
    /// The answers so far, in the order of the questions.
    pub answers: Vec<Option<String>>,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// The files at which something else stands by now than when it was asked: a yes does something else to them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<String>,
}

/// The plugins of a project that don't come with Stepwell: those that the operator gave names to, and those that somebody agreed to.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ProjectPlugins {
    /// Whether the project has a lock: nothing else is run then.
    pub locked: bool,
    /// Those with a name first, each in the order of what names it.
    pub plugins: Vec<KnownPlugin>,
}

/// A plugin of a project.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct KnownPlugin {
    /// The operator's name for it, by which a definition may name it, too.
    pub name: Option<String>,
    /// Where it is; a path as seen from the project.
    pub uses: String,
    /// As it was agreed to.
    pub agreed: Option<LockedPlugin>,
    /// As it is now, where that can be told without asking another machine.
    pub plugin: Option<PluginView>,
    /// Why it can't be used as it is.
    pub problem: Option<String>,
}

/// A plugin.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct PluginView {
    /// How a definition names it.
    pub uses: String,
    /// The digest of its bytes.
    pub digest: Digest,
    /// Its size.
    pub bytes: u64,
    /// The fingerprint of the key that signed it, where one is demanded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_by: Option<Digest>,
    /// What it says of itself.
    pub description: Description,
}
