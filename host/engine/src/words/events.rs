//! What happens in a run: events that are kept and have a cursor, and what is only worth seeing while it happens.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::{
    CommitId, ExecutionKey, LogLevel, Money, Remedy, SkipReason, StepPath, Usage,
};
use stepwell_contract::{Problem, WaitingFor};
use stepwell_store::CallError;
use uuid::Uuid;

use super::brought::BroughtPrompt;
use super::plugin_changes::PluginOfBefore;
use super::status::RunStatus;

/// An event of a run: what a face follows.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct EventView {
    /// Its place in the run's log.
    pub cursor: u64,
    /// When it happened.
    pub at: Timestamp,
    /// The execution that it is about, as a person names it.
    pub execution: Option<String>,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// An event of a run with what names its execution, for who reads the records, too.
#[derive(Debug, Clone)]
pub struct Logged {
    /// Its place in the run's log.
    pub cursor: u64,
    /// When it happened.
    pub at: Timestamp,
    /// The execution that it is about.
    pub execution: Option<ExecutionKey>,
    /// What happened.
    pub event: Event,
}

/// What happened in a run. An event of a later build reads as `unknown`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Event {
    /// The run began.
    RunStarted {
        /// The workflow's name.
        workflow: String,
    },
    /// A process took the run further.
    RunResumed {
        /// What differs from before: grants, limits, retries.
        changes: Vec<String>,
    },
    /// A repeated step begins another round, because a document of its last one says so.
    AnotherRound {
        /// The repeated step.
        of: StepPath,
        /// The round that begins.
        round: u32,
        /// How many there may be.
        most: u32,
        /// The name of the document.
        document: String,
        /// What it says.
        said: String,
    },
    /// An execution began, or began afresh.
    StepStarted {
        /// Which attempt.
        attempt: u32,
        /// Whether it starts afresh after a crash or an answer.
        afresh: bool,
        /// How many items its `for_each` has at this place; none without one.
        #[serde(default)]
        items: Option<u32>,
    },
    /// An attempt ended, and another one follows.
    StepRetried {
        /// How it ended.
        end: String,
        /// The next attempt.
        attempt: u32,
        /// Whether the step ended its instance itself, to go on in a fresh one from its checkpoint: nothing failed.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        by_itself: bool,
    },
    /// An execution succeeded.
    StepSucceeded {
        /// The names of its documents.
        documents: Vec<String>,
        /// How many files it wrote or removed.
        files: u32,
    },
    /// An execution failed.
    StepFailed {
        /// Why.
        problem: Problem,
    },
    /// A step was left out.
    StepSkipped {
        /// Why.
        reason: SkipReason,
    },
    /// A document of an execution is kept as a file of the workspace.
    DocumentKept {
        /// The document.
        document: String,
        /// The file.
        path: String,
        /// Whether there was no such file.
        is_new: bool,
        /// How many lines were added to it.
        added: u32,
        /// How many were changed.
        changed: u32,
        /// How many were removed.
        removed: u32,
        /// How many more differ in one of these ways.
        #[serde(default)]
        more: u32,
    },
    /// A person said no to files of an execution: they never get into the workspace.
    FilesDropped {
        /// The step that asked.
        by: StepPath,
        /// The files.
        paths: Vec<String>,
    },
    /// A call is sent.
    CallSent {
        /// The call.
        call: Uuid,
        /// The model's short name.
        model: String,
        /// Which attempt at it.
        attempt: u32,
    },
    /// An answer came and is stored.
    CallAnswered {
        /// The call.
        call: Uuid,
        /// Tokens.
        usage: Usage,
        /// Money.
        money: Option<Money>,
        /// Milliseconds until the first token.
        first_token_ms: Option<u64>,
        /// Milliseconds until the end.
        duration_ms: u64,
        /// Why the answer ended, such as `stop` or `length`.
        #[serde(default)]
        finish: Option<String>,
    },
    /// An attempt at a call failed.
    CallFailed {
        /// The call.
        call: Uuid,
        /// Why.
        error: CallError,
        /// Whether it is tried again.
        will_retry: bool,
        /// After so many milliseconds; none where it isn't, and where that isn't known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        wait_ms: Option<u64>,
    },
    /// A model could not answer, and another one is asked instead.
    FellBack {
        /// The call to the other one.
        call: Uuid,
        /// The short name of the model that could not answer.
        from: String,
        /// The short name of the one that is asked.
        to: String,
        /// Why.
        error: CallError,
    },
    /// A model that might be asked instead isn't: it can't take the request.
    PassedOver {
        /// The call that could not be answered.
        call: Uuid,
        /// The short name of the model that isn't asked.
        model: String,
        /// Why not.
        error: CallError,
    },
    /// An answer to an equal question of another run is given again. Nothing is sent.
    AnswerReused {
        /// The call.
        call: Uuid,
        /// The model's short name.
        model: String,
        /// The call that was answered.
        answer_of: Uuid,
        /// When it was.
        answered_at: Timestamp,
    },
    /// A server answered a step's request.
    ServerAnswered {
        /// The method, such as `GET`.
        method: String,
        /// The host, as a grant names it.
        address: String,
        /// The status.
        status: u16,
        /// Bytes of the answer's body.
        bytes: u64,
        /// Milliseconds until its end.
        duration_ms: u64,
    },
    /// A step's request got no answer, or wasn't sent.
    ServerFailed {
        /// The method, such as `GET`.
        method: String,
        /// The host, as a grant names it; empty where the request names none.
        address: String,
        /// Why, such as `denied` or `timeout`.
        code: String,
        /// The same, for a person.
        message: String,
    },
    /// A step asks.
    Question {
        /// The title of the form.
        title: String,
        /// The keys of its questions.
        keys: Vec<String>,
    },
    /// A question was answered.
    Answered {
        /// Its key.
        key: String,
        /// Where the answer came from: `person`, `given`, `earlier take`.
        from: String,
        /// Who gave it; empty where that isn't known.
        #[serde(default)]
        by: String,
    },
    /// A step says something.
    Log {
        /// How much it matters.
        level: LogLevel,
        /// The line.
        message: String,
    },
    /// A step says how far it is.
    Progress {
        /// Done so far.
        done: u32,
        /// Of how many.
        total: u32,
        /// With what.
        label: String,
    },
    /// A file was published into the workspace, or removed from it.
    FilePublished {
        /// Its path.
        path: String,
        /// Whether it was removed.
        removed: bool,
    },
    /// What an execution wrote became a commit of the run's branch.
    Committed {
        /// The branch.
        branch: String,
        /// The commit, where the branch is now.
        commit: CommitId,
    },
    /// A plugin brought along a text of a prompt that it didn't before.
    PromptBrought(BroughtPrompt),
    /// Steps have other plugins than in the run before.
    OtherPlugins {
        /// Each of them.
        changed: Vec<PluginOfBefore>,
    },
    /// Something that a person should look at.
    Warning {
        /// What.
        message: String,
        /// What helps.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        remedy: Option<Remedy>,
    },
    /// A document was written by a person.
    DocumentChanged {
        /// The step.
        step: StepPath,
        /// The document.
        name: String,
        /// Its revision.
        revision: u32,
    },
    /// Steps no longer fit what they depend on.
    Stale {
        /// Which.
        steps: Vec<StepPath>,
    },
    /// The run stopped for now or for good.
    RunEnded {
        /// Where it is.
        status: RunStatus,
        /// Why it waits.
        waiting_for: Option<WaitingFor>,
        /// Why it failed.
        problem: Option<Problem>,
    },
    /// A comparison began.
    ComparisonStarted {
        /// How many cells it has.
        cells: u32,
    },
    /// A cell of a comparison began, or went on.
    CellStarted {
        /// The id of its case.
        case: String,
        /// The place of its variant.
        variant: u32,
        /// Which of the repeats, from 1.
        repeat: u32,
    },
    /// A cell of a comparison ended.
    CellEnded {
        /// The id of its case.
        case: String,
        /// The place of its variant.
        variant: u32,
        /// Which of the repeats, from 1.
        repeat: u32,
        /// Whether it has its documents.
        success: bool,
    },
    /// A batch of a comparison's calls is at its provider.
    BatchSent {
        /// The provider's name in the settings.
        provider: String,
        /// What the provider calls it.
        batch: String,
        /// How many requests it holds.
        requests: u32,
    },
    /// The answers of a batch were fetched.
    BatchFetched {
        /// The provider's name in the settings.
        provider: String,
        /// What the provider calls it.
        batch: String,
    },
    /// A comparison stopped for now or for good.
    ComparisonEnded {
        /// Why it stopped before every cell had an outcome.
        problem: Option<Problem>,
    },
    /// An event of a later build.
    #[serde(other)]
    Unknown,
}

impl Event {
    /// A warning of which no more is to be said.
    pub(crate) fn warning(message: impl Into<String>) -> Self {
        Self::Warning {
            message: message.into(),
            remedy: None,
        }
    }

    /// Whether it warns of what something may cost, or of a text of theirs that was replaced: a person has to know that also where they
    /// want to hear of nothing else.
    #[must_use]
    pub fn is_for_the_quiet_too(&self) -> bool {
        matches!(
            self,
            Self::Warning {
                remedy: Some(Remedy::PriceModels | Remedy::RestoreFile { .. }),
                ..
            }
        )
    }
}
