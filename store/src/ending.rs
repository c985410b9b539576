//! A store whose process ends after so many commits, for whoever tries what comes of that.
//!
//! What it commits is in the store beneath it, which another one can go on with. Its ids are numbers: who tries the same again gets
//! the same ids, and whatever follows from them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst};

use async_trait::async_trait;
use bytes::Bytes;
use jiff::civil::Date;
use stepwell_contract::{ComparisonId, Digest, ExecutionKey, ImprovementId, Name, RunId, StepPath};
use tokio::sync::broadcast;
use uuid::Uuid;

use crate::records::{
    BatchRecord, CallGroup, CallRecord, CallTotals, CellRecord, CheckpointRecord, ComparisonRecord,
    DocumentKey, DocumentRecord, EventRecord, ExecutionRecord, ImprovementRecord, MemoRecord,
    PromptRecord, RunOwner, RunRecord, RunState, RunTotals,
};
use crate::{
    AnswerRoom, BackedUp, Change, Committed, Freed, Gaps, Notice, Scope, StandsOn, Store,
    StoreError, Survey,
};

/// A store that takes so many commits, and no more.
pub struct Ending {
    beneath: Arc<dyn Store>,
    /// How many it still takes.
    left: AtomicUsize,
    numbers: Numbers,
}

/// The numbers of ids, from 1: each later than the last, whichever store gives it.
#[derive(Debug, Clone, Default)]
pub struct Numbers(Arc<AtomicU64>);

impl Numbers {
    fn next(&self) -> Uuid {
        /// The version of the ids, and their variant.
        const FORM: u128 = (0x7 << 76) | (0b10 << 62);
        let number = self.0.fetch_add(1, SeqCst) + 1;
        Uuid::from_u128((u128::from(number) << 80) | FORM)
    }
}

impl Ending {
    /// One that ends after so many commits.
    #[must_use]
    pub fn after(beneath: Arc<dyn Store>, commits: usize, numbers: &Numbers) -> Self {
        Self {
            beneath,
            left: AtomicUsize::new(commits),
            numbers: numbers.clone(),
        }
    }

    /// How often changes were committed, in one that takes any number of commits: `usize::MAX`.
    #[must_use]
    pub fn committed(&self) -> usize {
        usize::MAX - self.left.load(SeqCst)
    }
}

macro_rules! passed_on {
    ($(fn $name:ident($($given:ident: $kind:ty),*) -> $told:ty;)*) => {
        #[async_trait]
        impl Store for Ending {
            async fn commit(&self, changes: Vec<Change>) -> Result<Committed, StoreError> {
                let left = self.left.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1));
                if left.is_err() {
                    let (what, reason) = ("the store".into(), "its process ended".into());
                    return Err(StoreError::Unreadable { what, reason });
                }
                self.beneath.commit(changes).await
            }

            fn next_id(&self) -> Uuid {
                self.numbers.next()
            }

            fn bytes_on_disk(&self) -> u64 {
                self.beneath.bytes_on_disk()
            }

            fn watch(&self) -> broadcast::Receiver<Notice> {
                self.beneath.watch()
            }

            $(async fn $name(&self, $($given: $kind),*) -> Result<$told, StoreError> {
                self.beneath.$name($($given),*).await
            })*
        }
    };
}

passed_on! {
    fn blob(digest: &Digest) -> Option<Bytes>;
    fn prompt(name: &Name) -> Option<Arc<PromptRecord>>;
    fn prompt_names() -> Vec<Name>;
    fn run(id: RunId) -> Option<RunRecord>;
    fn runs(before: Option<RunId>, limit: Option<usize>, gaps: Gaps) -> Vec<RunRecord>;
    fn newest_run() -> Option<RunId>;
    fn comparison_ids() -> Vec<ComparisonId>;
    fn comparison(id: ComparisonId) -> Option<ComparisonRecord>;
    fn comparisons(before: Option<ComparisonId>, limit: Option<usize>, gaps: Gaps) -> Vec<ComparisonRecord>;
    fn batch(comparison: ComparisonId, id: Uuid) -> Option<BatchRecord>;
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
    fn stood_on() -> BTreeMap<RunId, StandsOn>;
    fn check_records() -> Vec<StoreError>;
    fn compact() -> Freed;
    fn sweep() -> Option<Freed>;
    fn back_up(to: &Path) -> BackedUp;
}

#[cfg(test)]
mod tests {
    use super::Numbers;

    #[test]
    fn the_numbers_are_ids_each_later_than_its_last() {
        let numbers = Numbers::default();
        let ids = [numbers.next(), numbers.clone().next(), numbers.next()];
        assert!(
            ids.is_sorted() && ids.iter().all(|id| id.get_version_num() == 7),
            "{ids:?}"
        );
    }
}
