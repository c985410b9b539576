//! An execution: one step, item and round of a run being carried out.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::{CommitId, Digest, ExecutionKey, Form, Problem, SkipReason};
use uuid::Uuid;

use super::OtherFields;

/// Where a step, or one execution of it, is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "StepStatus")]
pub enum ExecutionState {
    /// Not begun.
    Pending,
    // Kept as it is when its process ends: whoever shows it looks whether one is alive.
    /// Under way.
    Running,
    /// It waits for a person's answer.
    Waiting,
    /// Done.
    Success,
    /// It failed.
    Failure,
    /// Its outcome no longer fits what it depends on; `resume` runs it again.
    Stale,
    /// It was left out: its documents were given, its condition isn't met, or it is optional and its plugin is missing.
    Skipped,
    /// Its run was cancelled.
    Cancelled,
    // Never stored: whoever shows a run says so.
    /// Its record can't be read, and nobody knows.
    Unreadable,
}

/// One step, item and round of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExecutionRecord {
    /// What names it (rule E1).
    pub key: ExecutionKey,
    /// A short id of its own. With the place of a file in `files` it names what publishing takes out of that file's path.
    pub id: Uuid,
    /// Where it is.
    pub state: ExecutionState,
    /// When its first attempt began: where its clock stands (rule E12).
    pub started_at: Timestamp,
    /// When it ended.
    #[serde(default)]
    pub ended_at: Option<Timestamp>,
    /// The values of its inputs: a blob, a JSON object from name to text.
    #[serde(default)]
    pub inputs: Option<Digest>,
    /// How many items the `for_each` of each level has; none where the level has none.
    #[serde(default)]
    pub items: Vec<Option<u32>>,
    /// Its attempts, oldest first. The last one has no end while it is under way.
    #[serde(default)]
    pub attempts: Vec<AttemptRecord>,
    /// The documents of its outcome, by name, each a blob.
    #[serde(default)]
    pub documents: BTreeMap<String, Digest>,
    /// The files of its outcome, sorted by path (rule E13).
    #[serde(default)]
    pub files: Vec<FileChange>,
    /// The files that it wrote, and that never got into the workspace because a person said no to them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dropped: Vec<FileChange>,
    /// Its documents that are kept as files of the workspace: they are among the files of its outcome, too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<KeptDocument>,
    /// Which of its run's outcomes this is, from 1: the order in which they were committed, which no clock can break.
    /// 0 where there is none yet, and in what was written before this was counted.
    #[serde(default)]
    pub outcome: u64,
    /// The form that it waits for.
    #[serde(default)]
    pub form: Option<PendingForm>,
    /// The answers that it got from a person: to which question, when, and from whom.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answered: Vec<AnsweredQuestion>,
    /// Why it failed.
    #[serde(default)]
    pub problem: Option<Problem>,
    /// Why it was left out; none where it wasn't, and in what was written before this was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skipped: Option<SkipReason>,
    /// What the step that succeeded warned of, and what there was to warn of when its outcome was kept: the first few.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// Whose answers it is carried out from, without asking anybody anything new; none where it may ask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers_of: Option<AnswersOf>,
    /// The commit that its files became, of a run that has a branch; none where it changed none, or not yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<CommitId>,
    /// What a later build wrote.
    #[serde(flatten)]
    pub other: OtherFields,
}

impl ExecutionRecord {
    /// An execution with nothing but its name, its place among the items of each level, and where it is at this time.
    #[must_use]
    pub fn new(
        key: ExecutionKey,
        items: Vec<Option<u32>>,
        state: ExecutionState,
        at: Timestamp,
    ) -> Self {
        Self {
            key,
            id: crate::fresh_id(),
            state,
            started_at: at,
            ended_at: None,
            inputs: None,
            items,
            attempts: Vec::new(),
            documents: BTreeMap::new(),
            files: Vec::new(),
            dropped: Vec::new(),
            kept: Vec::new(),
            outcome: 0,
            form: None,
            answered: Vec::new(),
            problem: None,
            skipped: None,
            warnings: Vec::new(),
            answers_of: None,
            commit: None,
            other: OtherFields::default(),
        }
    }
}

/// Whose answers an execution is carried out from: those of an earlier take of the same step, item and round.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AnswersOf {
    /// The take.
    pub take: u32,
    /// Its last attempt that got an answer: what that one found is found again.
    pub attempt: u32,
    /// What a later build wrote.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// One attempt of an execution.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AttemptRecord {
    /// 1 for the first.
    pub number: u32,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    #[serde(default)]
    pub ended_at: Option<Timestamp>,
    /// How it ended, as `previous-end` tells it: `success`, `invalid-response: …`, `limit: cpu`, `trap: …`.
    #[serde(default)]
    pub end: Option<String>,
    /// The label of its last progress, as `previous-progress` tells it, where it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<String>,
    /// Whether it counts against `retries` (rule E20).
    #[serde(default)]
    pub counts: bool,
    /// Milliseconds during which the guest computed.
    #[serde(default)]
    pub cpu_ms: u64,
    /// Milliseconds from start to end, without a person's time.
    #[serde(default)]
    pub wall_ms: u64,
    /// The most bytes of its memories and tables.
    #[serde(default)]
    pub memory: u64,
    /// What the guest wrote to its standard error, where the attempt failed.
    #[serde(default)]
    pub stderr: String,
    /// What a later build wrote.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// One file that an outcome writes or removes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileChange {
    /// Its path below the workspace.
    pub path: String,
    /// What the execution first saw there; none is no file.
    #[serde(default)]
    pub before: Option<Digest>,
    /// What it wrote; none is removed.
    #[serde(default)]
    pub after: Option<Digest>,
    /// Whether the workspace has it.
    #[serde(default)]
    pub published: bool,
    /// What was found there instead of `before` and was replaced: it is kept (rule E15).
    #[serde(default)]
    pub foreign: Option<ForeignText>,
    /// The permission bits of the file that it replaced or removed; none where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<u32>,
    /// What a later build wrote.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// A document that is kept as a file of the workspace, and how it differs from what the file held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KeptDocument {
    /// The document.
    pub document: String,
    /// The file's path below the workspace.
    pub path: String,
    /// Whether there was no such file.
    pub is_new: bool,
    /// Lines that weren't there.
    pub added: Vec<String>,
    /// Lines that stand in the place of others: what was there, and what is.
    pub changed: Vec<(String, String)>,
    /// Lines that are gone.
    pub removed: Vec<String>,
    /// How many more lines differ than are named.
    #[serde(default)]
    pub more: u32,
    /// What a later build wrote.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// What somebody else had put where an outcome was published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ForeignText {
    /// Its blob; none is that the file had been removed.
    pub digest: Option<Digest>,
    /// Whether it was only met so far, and nothing has been put in its place: the outcome isn't published yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stands: bool,
    /// What a later build wrote.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// A form that waits for its answers. Each answer is durable on its own (rule E24).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingForm {
    /// The form.
    pub form: Form,
    /// The memo that its answers become: the hash of the question.
    pub question: Digest,
    /// Which of the equal questions of this execution.
    pub occurrence: u32,
    /// The answers so far, in the order of the questions.
    pub answers: Vec<Option<String>>,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// What a yes to it does to files, where it is a gate's; sorted by path.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stakes: Vec<FileAtStake>,
    /// What a later build wrote.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// A file that a yes to a form replaces, makes or removes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileAtStake {
    /// Its path below the workspace.
    pub path: String,
    /// What stood there when the form was made: what it is about says so. None is no file.
    #[serde(default)]
    pub first: Option<Digest>,
    /// What stood there when it was shown last.
    #[serde(default)]
    pub shown: Option<Digest>,
    /// What a yes puts there; none is that it removes it, or that the text of a document isn't known before.
    #[serde(default)]
    pub after: Option<Digest>,
    /// The document that is kept there; none is a file that a step wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
    /// What a later build wrote.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// An answer of a person to a question of an execution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AnsweredQuestion {
    /// The question's key.
    pub key: String,
    /// The text.
    pub text: String,
    /// Who gave it; empty where that isn't known.
    #[serde(default)]
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// What a later build wrote.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// What an execution keeps beyond an attempt (rule E9).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckpointRecord {
    /// The execution.
    pub execution: ExecutionKey,
    /// Its values, each a blob.
    pub values: BTreeMap<String, Digest>,
    /// The staging when the last one was saved.
    #[serde(default)]
    pub staging: serde_json::Value,
    /// When the last one was saved.
    pub saved_at: Timestamp,
    /// The bytes that all of them have written so far, those that were replaced included.
    #[serde(default)]
    pub written: u64,
    /// What a later build wrote.
    #[serde(flatten)]
    pub other: OtherFields,
}
