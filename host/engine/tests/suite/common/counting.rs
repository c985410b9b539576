//! A store that knows which bytes were asked of it and how often it was written, and lets a test do something when it is read.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use jiff::civil::Date;
use stepwell_contract::{ComparisonId, Digest, ExecutionKey, ImprovementId, Name, RunId, StepPath};
use stepwell_store::{
    AnswerRoom, BatchRecord, CallGroup, CallRecord, CallTotals, CellRecord, Change,
    CheckpointRecord, Committed, ComparisonRecord, DocumentKey, DocumentRecord, EventRecord,
    ExecutionRecord, Freed, Gaps, ImprovementRecord, MemoRecord, Notice, PromptRecord, RunOwner,
    RunRecord, RunState, RunTotals, Scope, Store, StoreError, Survey,
};
use tokio::sync::broadcast;

/// Another store, and the blobs that were read from it.
pub struct Counting {
    pub store: Arc<dyn Store>,
    read: Mutex<Vec<Digest>>,
    hook: Box<Hook>,
    /// How many commits are taken.
    commits: AtomicUsize,
}

/// What happens before bytes are read; where it fails, they can't be.
type Hook = dyn Fn(&Digest) -> Result<(), StoreError> + Send + Sync;

impl Counting {
    pub fn around(store: Arc<dyn Store>) -> Self {
        Self::hooked(store, |_| Ok(()))
    }

    pub fn hooked(
        store: Arc<dyn Store>,
        hook: impl Fn(&Digest) -> Result<(), StoreError> + Send + Sync + 'static,
    ) -> Self {
        Self {
            store,
            read: Mutex::default(),
            hook: Box::new(hook),
            commits: AtomicUsize::new(usize::MAX),
        }
    }

    /// One that takes so many commits, as that of a process that is ended then.
    pub fn ending_after(store: Arc<dyn Store>, commits: usize) -> Self {
        Self {
            commits: AtomicUsize::new(commits),
            ..Self::around(store)
        }
    }

    /// How often changes were committed, of a store that takes any number.
    pub fn committed(&self) -> usize {
        usize::MAX - self.commits.load(SeqCst)
    }

    /// The blobs that were read since this was asked for the last time.
    pub fn read(&self) -> Vec<Digest> {
        std::mem::take(&mut *self.read.lock().unwrap())
    }
}

macro_rules! counting {
    ($(fn $name:ident($($given:ident: $kind:ty),*) -> $told:ty;)*) => {
        #[async_trait]
        impl Store for Counting {
            async fn blob(&self, digest: &Digest) -> Result<Option<Bytes>, StoreError> {
                self.read.lock().unwrap().push(*digest);
                (self.hook)(digest)?;
                self.store.blob(digest).await
            }

            async fn commit(&self, changes: Vec<Change>) -> Result<Committed, StoreError> {
                let left = self.commits.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1));
                if left.is_err() {
                    let (what, reason) = ("the store".into(), "its process ended".into());
                    return Err(StoreError::Unreadable { what, reason });
                }
                self.store.commit(changes).await
            }

            fn next_id(&self) -> uuid::Uuid {
                self.store.next_id()
            }

            fn bytes_on_disk(&self) -> u64 {
                self.store.bytes_on_disk()
            }

            fn watch(&self) -> broadcast::Receiver<Notice> {
                self.store.watch()
            }

            $(async fn $name(&self, $($given: $kind),*) -> Result<$told, StoreError> {
                self.store.$name($($given),*).await
            })*
        }
    };
}

counting! {
    fn prompt(name: &Name) -> Option<Arc<PromptRecord>>;
    fn prompt_names() -> Vec<Name>;
    fn run(id: RunId) -> Option<RunRecord>;
    fn runs(before: Option<RunId>, limit: Option<usize>, gaps: Gaps) -> Vec<RunRecord>;
    fn newest_run() -> Option<RunId>;
    fn comparison_ids() -> Vec<ComparisonId>;
    fn comparison(id: ComparisonId) -> Option<ComparisonRecord>;
    fn comparisons(before: Option<ComparisonId>, limit: Option<usize>, gaps: Gaps) -> Vec<ComparisonRecord>;
    fn batch(comparison: ComparisonId, id: uuid::Uuid) -> Option<BatchRecord>;
    fn batches(comparison: ComparisonId) -> Vec<BatchRecord>;
    fn improvement(id: ImprovementId) -> Option<ImprovementRecord>;
    fn improvements(before: Option<ImprovementId>, limit: Option<usize>, gaps: Gaps) -> Vec<ImprovementRecord>;
    fn cells(identities: &[Digest]) -> Vec<Option<CellRecord>>;
    fn execution(key: &ExecutionKey) -> Option<ExecutionRecord>;
    fn executions(run: RunId, gaps: Gaps) -> Vec<ExecutionRecord>;
    fn memos(execution: &ExecutionKey) -> Vec<MemoRecord>;
    fn checkpoint(execution: &ExecutionKey) -> Option<CheckpointRecord>;
    fn calls(scope: Scope) -> Vec<CallRecord>;
    fn newest_calls(step: Option<&StepPath>, skip: usize, limit: usize, gaps: Gaps) -> Vec<CallRecord>;
    fn calls_by_id(end: &str, limit: usize) -> Vec<CallRecord>;
    fn answered(question: &Digest) -> Vec<CallRecord>;
    fn totals(step: Option<&StepPath>) -> Vec<(CallGroup, CallTotals)>;
    fn totals_of_run(run: RunId) -> CallTotals;
    fn totals_of_runs() -> BTreeMap<RunId, RunTotals>;
    fn groups_of_runs(run: Option<RunId>) -> Vec<(RunId, CallGroup, CallTotals)>;
    fn run_owners() -> BTreeMap<RunId, RunOwner>;
    fn totals_of_day(day: Date) -> CallTotals;
    fn run_states() -> BTreeMap<RunState, u64>;
    fn runs_by_id(part: &str) -> Vec<RunId>;
    fn last_cursor(run: RunId) -> u64;
    fn document(key: &DocumentKey) -> Option<DocumentRecord>;
    fn documents(scope: Scope) -> Vec<DocumentRecord>;
    fn events(run: RunId, after: u64, limit: usize) -> Vec<EventRecord>;
    fn blob_length(digest: &Digest) -> Option<u64>;
    fn has_blob(digest: &Digest) -> bool;
    fn make_room(bytes: u64) -> AnswerRoom;
    fn take_in_answers() -> ();
    fn survey() -> Survey;
    fn all_cells() -> Vec<CellRecord>;
    fn stood_on() -> BTreeMap<RunId, stepwell_store::StandsOn>;
    fn check_records() -> Vec<StoreError>;
    fn compact() -> Freed;
    fn sweep() -> Option<Freed>;
    fn back_up(to: &Path) -> stepwell_store::BackedUp;
}
