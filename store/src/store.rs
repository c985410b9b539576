//! The trait that every store implements, in the store's own terms.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use jiff::civil::Date;
use stepwell_contract::{
    ComparisonId, Digest, ExecutionKey, Field, Finding, ImprovementId, Name, Rating, RunId,
    StepPath,
};
use tokio::sync::broadcast;
use uuid::Uuid;

use crate::records::{
    BatchRecord, CallGroup, CallRecord, CallTotals, CellRecord, CheckpointRecord, ComparisonRecord,
    DocumentKey, DocumentRecord, EventRecord, ExecutionRecord, ImprovementRecord, MemoKey,
    MemoRecord, Origin, PluginVersion, PromptRecord, Revision, RunOwner, RunRecord, RunState,
    RunTotals,
};
use crate::{AnswerRoom, BackedUp, Freed, StandsOn, StoreError, Survey};

/// One change. Changes are committed together, all or none, in the order given.
#[derive(Debug, Clone)]
pub enum Change {
    /// Keeps bytes under their digest; what is there already stays.
    Blob(Bytes),
    /// Writes a run.
    Run(Box<RunRecord>),
    /// Writes a comparison.
    Comparison(Box<ComparisonRecord>),
    /// Writes a batch of a comparison's calls.
    Batch(Box<BatchRecord>),
    /// Writes an improvement of a prompt.
    Improvement(Box<ImprovementRecord>),
    /// Removes an improvement; its comparisons stay.
    RemoveImprovement(ImprovementId),
    /// Writes a cell of comparisons.
    Cell(Box<CellRecord>),
    /// Keeps what checks found in a cell, beside what others found and what a person says of it meanwhile.
    Findings {
        /// The cell's identity; where there is no such cell, nothing is kept.
        cell: Digest,
        /// What was found, by what identifies the check.
        findings: BTreeMap<Digest, Finding>,
    },
    /// Keeps what a person says of a cell, or that they take it back.
    Rating {
        /// The cell's identity; where there is no such cell, nothing is kept.
        cell: Digest,
        /// What they say.
        rating: Option<Rating>,
    },
    /// Writes an execution.
    Execution(Box<ExecutionRecord>),
    /// Writes a memo.
    Memo(Arc<MemoRecord>),
    /// Forgets memos of an execution; those that aren't there are passed over.
    ForgetMemos {
        /// The execution.
        execution: ExecutionKey,
        /// Which memos.
        keys: Vec<MemoKey>,
    },
    /// Writes a call.
    Call(Box<CallRecord>),
    /// Writes the checkpoints of an execution.
    Checkpoint(Box<CheckpointRecord>),
    /// Adds a revision to a document, or makes the document; the store gives the revision its number.
    Document {
        /// Which document.
        key: DocumentKey,
        /// The new revision; its `number` is ignored.
        revision: Revision,
    },
    /// Marks a document as deleted. Its revisions stay readable.
    DeleteDocument(DocumentKey),
    /// Appends to a run's log.
    Event(Box<EventRecord>),
    /// Changes a prompt.
    Prompt(PromptChange),
    /// Removes a run with all of its records. What its calls took stays in the totals of days and of steps.
    RemoveRun(RunId),
    /// Removes a comparison with the cells that it made and their runs. What their calls took stays in the same totals.
    RemoveComparison(ComparisonId),
}

/// One change of a prompt. All rules of prompt versions are kept here.
#[derive(Debug, Clone)]
pub enum PromptChange {
    /// Adds a version and makes it current; the fifth pushes the oldest out.
    ///
    /// A prompt that doesn't exist is made. The oldest is the one with the lowest number, whichever is current.
    Add {
        /// The prompt.
        name: Name,
        /// The template.
        content: String,
        /// Why it is made.
        note: String,
        /// Where it comes from.
        origin: Origin,
        /// Who adds it.
        by: String,
        /// Why it becomes current, where that is another reason than why it was made.
        because: Option<Because>,
        /// The time to write down.
        at: Timestamp,
    },
    /// Makes a kept version current.
    Use {
        /// The prompt.
        name: Name,
        /// The version.
        number: u32,
        /// Who does so.
        by: String,
        /// Why.
        reason: String,
        /// The comparison that is the reason.
        comparison: Option<ComparisonId>,
        /// The time to write down.
        at: Timestamp,
    },
    /// Deletes a kept version that isn't current.
    Remove {
        /// The prompt.
        name: Name,
        /// The version.
        number: u32,
    },
    /// Tells of a plugin that uses the prompt: its variables and its own text are remembered, and
    ///
    /// - a prompt without versions gets the intrinsic prompt as v1;
    /// - where the current version is an untouched former intrinsic prompt with another text, and nobody chose it, a kept version
    ///   with the very text of the new one becomes current, or else the new one is added, with that as its note, unless that
    ///   would push out what isn't a plugin's;
    /// - otherwise the versions stay as they are.
    Declare {
        /// The prompt.
        name: Name,
        /// The plugin's intrinsic prompt.
        intrinsic: String,
        /// The plugin's variables.
        variables: Vec<Field>,
        /// The plugin.
        plugin: PluginVersion,
        /// The time to write down.
        at: Timestamp,
    },
    /// Notes that a run has told of what a plugin brought along. Where it brings something else by now, nothing is noted.
    Told {
        /// The prompt.
        name: Name,
        /// The text that was told of.
        text: Digest,
    },
}

/// Why a version becomes current.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Because {
    /// The reason.
    pub reason: String,
    /// The comparison that is the reason.
    pub comparison: ComparisonId,
}

impl PromptChange {
    /// The prompt that it changes.
    #[must_use]
    pub fn name(&self) -> &Name {
        match self {
            Self::Add { name, .. }
            | Self::Use { name, .. }
            | Self::Remove { name, .. }
            | Self::Declare { name, .. }
            | Self::Told { name, .. } => name,
        }
    }
}

/// What a commit gave.
#[derive(Debug, Clone, Default)]
pub struct Committed {
    /// The prompts that it changed, as they are now, one for each [`Change::Prompt`], in their order.
    pub prompts: Vec<Arc<PromptRecord>>,
    /// The number of the version that each [`PromptChange::Remove`] or the rule of four pushed out: prompt and number.
    pub dropped: Vec<(Name, u32)>,
    /// The number of each revision that it added, in the order of the changes.
    pub revisions: Vec<u32>,
    /// The cursor of each event that it appended, in the order of the changes.
    pub cursors: Vec<u64>,
}

/// What has changed, for those who watch. A watcher that falls behind reads the store again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// A run's log has grown up to this cursor.
    Events {
        /// The run.
        run: RunId,
        /// The last cursor.
        cursor: u64,
    },
    /// A prompt has changed.
    Prompt(Name),
}

/// What becomes of a record that can't be read, where many are asked for.
#[derive(Debug, Clone, Default)]
pub enum Gaps {
    /// It is an error: whoever goes on from the others would take it for nothing.
    #[default]
    Refuse,
    /// It is left out, with a warning: a person who looks at the others is not kept from them.
    LeaveOut,
    /// The same, and counted, for who tells that person.
    Count(LeftOut),
}

/// How many records listings left out, since they can't be read.
#[derive(Debug, Clone, Default)]
pub struct LeftOut(Arc<Mutex<Missing>>);

#[derive(Debug, Default)]
struct Missing {
    records: u64,
    executions: Vec<ExecutionKey>,
}

impl LeftOut {
    /// How many so far.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.missing().records
    }

    /// The executions among them: what came of one nobody knows.
    #[must_use]
    pub fn executions(&self) -> Vec<ExecutionKey> {
        self.missing().executions.clone()
    }

    /// One more.
    pub(crate) fn add(&self, execution: Option<ExecutionKey>) {
        let mut missing = self.missing();
        missing.records += 1;
        missing.executions.extend(execution);
    }

    fn missing(&self) -> MutexGuard<'_, Missing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Which records of runs: all that it names must fit.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// Of this run.
    pub run: Option<RunId>,
    /// Of this step, whatever the take, items and rounds; not of its sub-steps.
    pub step: Option<StepPath>,
    /// Of this execution.
    pub execution: Option<ExecutionKey>,
    /// What becomes of those that can't be read.
    pub gaps: Gaps,
}

impl Scope {
    /// All of a run.
    #[must_use]
    pub fn of_run(run: RunId, gaps: Gaps) -> Self {
        Self {
            run: Some(run),
            gaps,
            ..Self::default()
        }
    }
}

/// What Stepwell keeps.
///
/// Reads are snapshot reads: they see every commit that was answered before they began, and never wait for a
/// writer. A record that can't be decoded is [`StoreError::Unreadable`] for that record alone; a listing without [`Gaps`]
/// leaves it out.
#[async_trait]
pub trait Store: Send + Sync {
    /// Makes the changes, all or none, and returns when they are durable.
    ///
    /// Commits that come at the same time share one transaction; one that breaks a rule fails alone.
    ///
    /// # Errors
    /// A broken prompt rule, a full disk, an IO error. Nothing of the changes is visible then.
    async fn commit(&self, changes: Vec<Change>) -> Result<Committed, StoreError>;

    /// A prompt, from the cache where nothing changed.
    async fn prompt(&self, name: &Name) -> Result<Option<Arc<PromptRecord>>, StoreError>;
    /// The names of all prompts, sorted. A name whose record can't be decoded is among them.
    async fn prompt_names(&self) -> Result<Vec<Name>, StoreError>;

    /// A run; also one of a comparison's cell.
    async fn run(&self, id: RunId) -> Result<Option<RunRecord>, StoreError>;
    /// Runs, newest first, those before `before`, at most `limit`; none of a comparison's cells is among them.
    async fn runs(
        &self,
        before: Option<RunId>,
        limit: Option<usize>,
        gaps: Gaps,
    ) -> Result<Vec<RunRecord>, StoreError>;
    /// The id of the newest run, whether its record can be read or not; none of a comparison's cells is one.
    async fn newest_run(&self) -> Result<Option<RunId>, StoreError>;
    /// The ids of runs that end or begin with this text, newest first; none of a comparison's cells is among them.
    async fn runs_by_id(&self, part: &str) -> Result<Vec<RunId>, StoreError>;
    /// A comparison.
    async fn comparison(&self, id: ComparisonId) -> Result<Option<ComparisonRecord>, StoreError>;
    /// The ids of all comparisons, newest first, also of those whose records can't be read.
    async fn comparison_ids(&self) -> Result<Vec<ComparisonId>, StoreError>;
    /// Comparisons, newest first, those before `before`, at most `limit`.
    async fn comparisons(
        &self,
        before: Option<ComparisonId>,
        limit: Option<usize>,
        gaps: Gaps,
    ) -> Result<Vec<ComparisonRecord>, StoreError>;
    /// A batch of a comparison's calls.
    async fn batch(
        &self,
        comparison: ComparisonId,
        id: Uuid,
    ) -> Result<Option<BatchRecord>, StoreError>;
    /// The batches of a comparison's calls, oldest first.
    async fn batches(&self, comparison: ComparisonId) -> Result<Vec<BatchRecord>, StoreError>;
    /// An improvement of a prompt.
    async fn improvement(&self, id: ImprovementId)
    -> Result<Option<ImprovementRecord>, StoreError>;
    /// Improvements, newest first, those before `before`, at most `limit`.
    async fn improvements(
        &self,
        before: Option<ImprovementId>,
        limit: Option<usize>,
        gaps: Gaps,
    ) -> Result<Vec<ImprovementRecord>, StoreError>;
    /// The cells of these identities, in their order; none where there is no such cell yet.
    async fn cells(&self, identities: &[Digest]) -> Result<Vec<Option<CellRecord>>, StoreError>;
    /// Every cell that can be read, verdicts among them, in no order that means anything.
    async fn all_cells(&self) -> Result<Vec<CellRecord>, StoreError>;
    /// An execution.
    async fn execution(&self, key: &ExecutionKey) -> Result<Option<ExecutionRecord>, StoreError>;
    /// The executions of a run, in the order of their keys.
    async fn executions(&self, run: RunId, gaps: Gaps) -> Result<Vec<ExecutionRecord>, StoreError>;
    /// All memos of an execution; one that can't be read is an error, since the execution goes on from them.
    async fn memos(&self, execution: &ExecutionKey) -> Result<Vec<MemoRecord>, StoreError>;
    /// The checkpoints of an execution.
    async fn checkpoint(
        &self,
        execution: &ExecutionKey,
    ) -> Result<Option<CheckpointRecord>, StoreError>;
    /// Calls, oldest first.
    async fn calls(&self, scope: Scope) -> Result<Vec<CallRecord>, StoreError>;
    /// Calls of all runs, or of a step in all runs, newest first, `skip` of them passed over.
    async fn newest_calls(
        &self,
        step: Option<&StepPath>,
        skip: usize,
        limit: usize,
        gaps: Gaps,
    ) -> Result<Vec<CallRecord>, StoreError>;
    /// Calls whose id ends with this text, at most `limit`.
    async fn calls_by_id(&self, end: &str, limit: usize) -> Result<Vec<CallRecord>, StoreError>;
    /// The calls whose answer may be given to a question, by their [`CallRecord::reusable_as`], newest first.
    async fn answered(&self, question: &Digest) -> Result<Vec<CallRecord>, StoreError>;
    /// What the calls of all runs, or of a step in all runs, took together; those of comparisons' cells are among them.
    async fn totals(
        &self,
        step: Option<&StepPath>,
    ) -> Result<Vec<(CallGroup, CallTotals)>, StoreError>;
    /// What the calls of a run took together.
    async fn totals_of_run(&self, run: RunId) -> Result<CallTotals, StoreError>;
    /// What the calls of each run took together, by the run's id; also of the runs of comparisons' cells.
    async fn totals_of_runs(&self) -> Result<BTreeMap<RunId, RunTotals>, StoreError>;
    /// The same as [`Store::totals`] for each run apart, of one run or of all.
    async fn groups_of_runs(
        &self,
        run: Option<RunId>,
    ) -> Result<Vec<(RunId, CallGroup, CallTotals)>, StoreError>;
    /// For whom each run is carried out, by the run's id. A record that can't be read is left out.
    async fn run_owners(&self) -> Result<BTreeMap<RunId, RunOwner>, StoreError>;
    /// What the attempts took that began on a day in UTC, whenever their calls did. They are counted, their calls aren't.
    async fn totals_of_day(&self, day: Date) -> Result<CallTotals, StoreError>;
    /// How many runs are in which state; none of a comparison's cells is among them.
    async fn run_states(&self) -> Result<BTreeMap<RunState, u64>, StoreError>;
    /// A document; also a deleted one.
    async fn document(&self, key: &DocumentKey) -> Result<Option<DocumentRecord>, StoreError>;
    /// Documents in the order of their keys; also deleted ones.
    async fn documents(&self, scope: Scope) -> Result<Vec<DocumentRecord>, StoreError>;
    /// A run's events after a cursor (0 is from the first), at most `limit`.
    async fn events(
        &self,
        run: RunId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<EventRecord>, StoreError>;
    /// The cursor of the last event in a run's log; 0 where there is none.
    async fn last_cursor(&self, run: RunId) -> Result<u64, StoreError>;
    /// Bytes by their digest.
    async fn blob(&self, digest: &Digest) -> Result<Option<Bytes>, StoreError>;
    /// How many bytes of this digest there are, without reading many.
    async fn blob_length(&self, digest: &Digest) -> Result<Option<u64>, StoreError>;
    /// Whether bytes of this digest are there, without reading them.
    async fn has_blob(&self, digest: &Digest) -> Result<bool, StoreError>;

    /// An id for a run, a comparison or a call: later than every one that the store has or gave (rule E29). Listings are
    /// sorted by these ids, so that no clock decides what is newest.
    fn next_id(&self) -> Uuid;

    /// Makes sure of so many bytes on the disk for an answer, before it is asked for: one that came is never lost for want of
    /// them. None are needed for zero bytes, and in memory.
    ///
    /// # Errors
    /// [`StoreError::Full`], or an IO error. Nobody may ask then.
    async fn make_room(&self, bytes: u64) -> Result<AnswerRoom, StoreError>;

    /// Commits the answers that lie in their rooms because the store didn't take them when they came.
    ///
    /// # Errors
    /// As [`Store::commit`]; those that are not committed yet stay where they are.
    async fn take_in_answers(&self) -> Result<(), StoreError>;

    /// Who needs what, so that it can be said what would be free. It reads everything that is stored.
    async fn survey(&self) -> Result<Survey, StoreError>;
    /// The runs that other runs, and comparisons, stand on, each with what does. Such a run isn't removed before that.
    ///
    /// # Errors
    /// The error of the first record that can't be read: nobody knows what it stands on.
    async fn stood_on(&self) -> Result<BTreeMap<RunId, StandsOn>, StoreError>;
    /// Frees every blob that nobody needs, and makes the store as small as it can be.
    ///
    /// Nobody may be at work on it: what is about to be needed would be freed, too. Commits wait meanwhile.
    ///
    /// # Errors
    /// The error of the first record that can't be read, since nobody knows what it needs: then nothing is freed. Or an IO
    /// error.
    async fn compact(&self) -> Result<Freed, StoreError>;
    /// The same, and the store's file stays as large as it is: what is freed in it is room for what comes. Reads go on meanwhile. None
    /// where it isn't the moment: somebody writes, or copies or checks all of it, and nobody waits for that here.
    ///
    /// # Errors
    /// As [`Store::compact`].
    async fn sweep(&self) -> Result<Option<Freed>, StoreError>;
    /// Looks at every record and every blob, and gives the error of each one that can't be read. Others go on meanwhile, so
    /// the pages between the records aren't looked at.
    ///
    /// # Errors
    /// An IO error, or a database that is damaged as a whole.
    async fn check_records(&self) -> Result<Vec<StoreError>, StoreError>;
    /// The bytes that it takes on the disk.
    fn bytes_on_disk(&self) -> u64;
    /// Copies everything as it is now into a folder, which is empty or isn't there. Others go on meanwhile.
    ///
    /// # Errors
    /// [`StoreError::BackupInTheWay`], [`StoreError::BackupWithinStore`], a full disk, an IO error. What can't be read is none:
    /// it is copied as it lies there, and told.
    async fn back_up(&self, to: &Path) -> Result<BackedUp, StoreError>;

    /// Tells of every commit from now on.
    fn watch(&self) -> broadcast::Receiver<Notice>;
}
