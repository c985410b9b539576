//! A store that is drawn over another one: what is changed in it is seen by whoever has it, and kept nowhere.
//!
//! It is for work that is only looked at. What such work never reads again (calls, documents, events, comparisons) isn't
//! drawn, and what is beneath is never written.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use jiff::civil::Date;
use stepwell_contract::{ComparisonId, Digest, ExecutionKey, ImprovementId, Name, RunId, StepPath};
use tokio::sync::broadcast;
use uuid::Uuid;

use crate::prompts::apply;
use crate::records::{
    BatchRecord, CallGroup, CallRecord, CallTotals, CellRecord, CheckpointRecord, ComparisonRecord,
    DocumentKey, DocumentRecord, EventRecord, ExecutionRecord, ImprovementRecord, MemoKey,
    MemoRecord, PromptRecord, RunOwner, RunRecord, RunState, RunTotals,
};
use crate::{
    AnswerRoom, BackedUp, Change, Committed, Freed, Gaps, Notice, PromptChange, Scope, StandsOn,
    Store, StoreError, Survey,
};

/// A store over another one, which stays as it is.
pub struct Sketch {
    beneath: Arc<dyn Store>,
    drawn: Mutex<Drawn>,
}

/// What was changed.
#[derive(Default)]
struct Drawn {
    blobs: BTreeMap<Digest, Bytes>,
    runs: BTreeMap<RunId, RunRecord>,
    executions: BTreeMap<ExecutionKey, ExecutionRecord>,
    /// None is forgotten.
    memos: BTreeMap<(ExecutionKey, MemoKey), Option<MemoRecord>>,
    checkpoints: BTreeMap<ExecutionKey, CheckpointRecord>,
    prompts: BTreeMap<Name, Arc<PromptRecord>>,
}

impl Sketch {
    /// Nothing is drawn yet.
    #[must_use]
    pub fn over(beneath: Arc<dyn Store>) -> Self {
        Self {
            beneath,
            drawn: Mutex::default(),
        }
    }

    fn drawn(&self) -> MutexGuard<'_, Drawn> {
        self.drawn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn change_prompt(
        &self,
        change: &PromptChange,
        committed: &mut Committed,
    ) -> Result<(), StoreError> {
        let name = change.name();
        let before = self.prompt(name).await?;
        let made = apply(before.as_deref(), change)?;
        let record = Arc::new(made.record);
        let mut drawn = self.drawn();
        if let Some(text) = made.added {
            drawn.blobs.insert(Digest::of(&text), Bytes::from(text));
        }
        drawn.prompts.insert(name.clone(), Arc::clone(&record));
        committed.prompts.push(record);
        let dropped = made.dropped.map(|number| (name.clone(), number));
        committed.dropped.extend(dropped);
        Ok(())
    }
}

impl Drawn {
    fn take(&mut self, change: Change) {
        match change {
            Change::Blob(bytes) => {
                self.blobs.insert(Digest::of(&bytes), bytes);
            }
            Change::Run(run) => {
                self.runs.insert(run.id, *run);
            }
            Change::Execution(execution) => {
                self.executions.insert(execution.key.clone(), *execution);
            }
            Change::Memo(memo) => {
                let key = (memo.execution.clone(), memo.key);
                self.memos.insert(key, Some(Arc::unwrap_or_clone(memo)));
            }
            Change::ForgetMemos { execution, keys } => {
                let forgotten = keys.into_iter().map(|key| ((execution.clone(), key), None));
                self.memos.extend(forgotten);
            }
            Change::Checkpoint(checkpoint) => {
                let key = checkpoint.execution.clone();
                self.checkpoints.insert(key, *checkpoint);
            }
            // Nothing that is only looked at reads them again.
            Change::Prompt(_)
            | Change::Comparison(_)
            | Change::Batch(_)
            | Change::Improvement(_)
            | Change::Cell(_)
            | Change::Findings { .. }
            | Change::Rating { .. }
            | Change::Call(_)
            | Change::Document { .. }
            | Change::DeleteDocument(_)
            | Change::Event(_)
            | Change::RemoveRun(_)
            | Change::RemoveComparison(_)
            | Change::RemoveImprovement(_) => {}
        }
    }
}

#[async_trait]
impl Store for Sketch {
    async fn commit(&self, changes: Vec<Change>) -> Result<Committed, StoreError> {
        let mut committed = Committed::default();
        for change in changes {
            match change {
                Change::Prompt(change) => self.change_prompt(&change, &mut committed).await?,
                change => self.drawn().take(change),
            }
        }
        Ok(committed)
    }

    async fn prompt(&self, name: &Name) -> Result<Option<Arc<PromptRecord>>, StoreError> {
        let drawn = self.drawn().prompts.get(name).cloned();
        match drawn {
            Some(drawn) => Ok(Some(drawn)),
            None => self.beneath.prompt(name).await,
        }
    }

    async fn prompt_names(&self) -> Result<Vec<Name>, StoreError> {
        let mut names = self.beneath.prompt_names().await?;
        names.extend(self.drawn().prompts.keys().cloned());
        names.sort();
        names.dedup();
        Ok(names)
    }

    async fn run(&self, id: RunId) -> Result<Option<RunRecord>, StoreError> {
        let drawn = self.drawn().runs.get(&id).cloned();
        match drawn {
            Some(drawn) => Ok(Some(drawn)),
            None => self.beneath.run(id).await,
        }
    }

    async fn runs(
        &self,
        before: Option<RunId>,
        limit: Option<usize>,
        gaps: Gaps,
    ) -> Result<Vec<RunRecord>, StoreError> {
        self.beneath.runs(before, limit, gaps).await
    }

    async fn newest_run(&self) -> Result<Option<RunId>, StoreError> {
        self.beneath.newest_run().await
    }

    async fn runs_by_id(&self, part: &str) -> Result<Vec<RunId>, StoreError> {
        self.beneath.runs_by_id(part).await
    }

    async fn comparison(&self, id: ComparisonId) -> Result<Option<ComparisonRecord>, StoreError> {
        self.beneath.comparison(id).await
    }

    async fn comparison_ids(&self) -> Result<Vec<ComparisonId>, StoreError> {
        self.beneath.comparison_ids().await
    }

    async fn comparisons(
        &self,
        before: Option<ComparisonId>,
        limit: Option<usize>,
        gaps: Gaps,
    ) -> Result<Vec<ComparisonRecord>, StoreError> {
        self.beneath.comparisons(before, limit, gaps).await
    }

    async fn batch(
        &self,
        comparison: ComparisonId,
        id: Uuid,
    ) -> Result<Option<BatchRecord>, StoreError> {
        self.beneath.batch(comparison, id).await
    }

    async fn batches(&self, comparison: ComparisonId) -> Result<Vec<BatchRecord>, StoreError> {
        self.beneath.batches(comparison).await
    }

    async fn improvement(
        &self,
        id: ImprovementId,
    ) -> Result<Option<ImprovementRecord>, StoreError> {
        self.beneath.improvement(id).await
    }

    async fn improvements(
        &self,
        before: Option<ImprovementId>,
        limit: Option<usize>,
        gaps: Gaps,
    ) -> Result<Vec<ImprovementRecord>, StoreError> {
        self.beneath.improvements(before, limit, gaps).await
    }

    async fn cells(&self, identities: &[Digest]) -> Result<Vec<Option<CellRecord>>, StoreError> {
        self.beneath.cells(identities).await
    }

    async fn all_cells(&self) -> Result<Vec<CellRecord>, StoreError> {
        self.beneath.all_cells().await
    }

    async fn execution(&self, key: &ExecutionKey) -> Result<Option<ExecutionRecord>, StoreError> {
        let drawn = self.drawn().executions.get(key).cloned();
        match drawn {
            Some(drawn) => Ok(Some(drawn)),
            None => self.beneath.execution(key).await,
        }
    }

    async fn executions(&self, run: RunId, gaps: Gaps) -> Result<Vec<ExecutionRecord>, StoreError> {
        let beneath = self.beneath.executions(run, gaps).await?;
        let mut all: BTreeMap<_, _> = beneath
            .into_iter()
            .map(|execution| (execution.key.clone(), execution))
            .collect();
        let drawn = self.drawn();
        let of_run = drawn.executions.iter().filter(|(key, _)| key.run == run);
        all.extend(of_run.map(|(key, execution)| (key.clone(), execution.clone())));
        Ok(all.into_values().collect())
    }

    async fn memos(&self, execution: &ExecutionKey) -> Result<Vec<MemoRecord>, StoreError> {
        let beneath = self.beneath.memos(execution).await?;
        let mut all: BTreeMap<_, _> = beneath
            .into_iter()
            .map(|memo| (memo.key, Some(memo)))
            .collect();
        let drawn = self.drawn();
        let of_it = drawn.memos.iter().filter(|((of, _), _)| of == execution);
        all.extend(of_it.map(|((_, key), memo)| (*key, memo.clone())));
        Ok(all.into_values().flatten().collect())
    }

    async fn checkpoint(
        &self,
        execution: &ExecutionKey,
    ) -> Result<Option<CheckpointRecord>, StoreError> {
        let drawn = self.drawn().checkpoints.get(execution).cloned();
        match drawn {
            Some(drawn) => Ok(Some(drawn)),
            None => self.beneath.checkpoint(execution).await,
        }
    }

    async fn calls(&self, scope: Scope) -> Result<Vec<CallRecord>, StoreError> {
        self.beneath.calls(scope).await
    }

    async fn newest_calls(
        &self,
        step: Option<&StepPath>,
        skip: usize,
        limit: usize,
        gaps: Gaps,
    ) -> Result<Vec<CallRecord>, StoreError> {
        self.beneath.newest_calls(step, skip, limit, gaps).await
    }

    async fn calls_by_id(&self, end: &str, limit: usize) -> Result<Vec<CallRecord>, StoreError> {
        self.beneath.calls_by_id(end, limit).await
    }

    async fn answered(&self, question: &Digest) -> Result<Vec<CallRecord>, StoreError> {
        self.beneath.answered(question).await
    }

    async fn totals(
        &self,
        step: Option<&StepPath>,
    ) -> Result<Vec<(CallGroup, CallTotals)>, StoreError> {
        self.beneath.totals(step).await
    }

    async fn totals_of_run(&self, run: RunId) -> Result<CallTotals, StoreError> {
        self.beneath.totals_of_run(run).await
    }

    async fn totals_of_runs(&self) -> Result<BTreeMap<RunId, RunTotals>, StoreError> {
        self.beneath.totals_of_runs().await
    }

    async fn groups_of_runs(
        &self,
        run: Option<RunId>,
    ) -> Result<Vec<(RunId, CallGroup, CallTotals)>, StoreError> {
        self.beneath.groups_of_runs(run).await
    }

    async fn run_owners(&self) -> Result<BTreeMap<RunId, RunOwner>, StoreError> {
        self.beneath.run_owners().await
    }

    async fn totals_of_day(&self, day: Date) -> Result<CallTotals, StoreError> {
        self.beneath.totals_of_day(day).await
    }

    async fn run_states(&self) -> Result<BTreeMap<RunState, u64>, StoreError> {
        self.beneath.run_states().await
    }

    async fn document(&self, key: &DocumentKey) -> Result<Option<DocumentRecord>, StoreError> {
        self.beneath.document(key).await
    }

    async fn documents(&self, scope: Scope) -> Result<Vec<DocumentRecord>, StoreError> {
        self.beneath.documents(scope).await
    }

    async fn events(
        &self,
        run: RunId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<EventRecord>, StoreError> {
        self.beneath.events(run, after, limit).await
    }

    async fn last_cursor(&self, run: RunId) -> Result<u64, StoreError> {
        self.beneath.last_cursor(run).await
    }

    async fn blob(&self, digest: &Digest) -> Result<Option<Bytes>, StoreError> {
        let drawn = self.drawn().blobs.get(digest).cloned();
        match drawn {
            Some(drawn) => Ok(Some(drawn)),
            None => self.beneath.blob(digest).await,
        }
    }

    async fn blob_length(&self, digest: &Digest) -> Result<Option<u64>, StoreError> {
        let drawn = self.drawn().blobs.get(digest).map(Bytes::len);
        match drawn {
            Some(drawn) => Ok(Some(drawn as u64)),
            None => self.beneath.blob_length(digest).await,
        }
    }

    async fn has_blob(&self, digest: &Digest) -> Result<bool, StoreError> {
        let drawn = self.drawn().blobs.contains_key(digest);
        Ok(drawn || self.beneath.has_blob(digest).await?)
    }

    fn next_id(&self) -> Uuid {
        self.beneath.next_id()
    }

    async fn make_room(&self, bytes: u64) -> Result<AnswerRoom, StoreError> {
        self.beneath.make_room(bytes).await
    }

    /// Whoever looks changes nothing: they stay where they are.
    async fn take_in_answers(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn survey(&self) -> Result<Survey, StoreError> {
        self.beneath.survey().await
    }

    async fn stood_on(&self) -> Result<BTreeMap<RunId, StandsOn>, StoreError> {
        self.beneath.stood_on().await
    }

    /// Nothing of what is beneath is freed for a sketch.
    async fn compact(&self) -> Result<Freed, StoreError> {
        Ok(Freed::default())
    }

    async fn sweep(&self) -> Result<Option<Freed>, StoreError> {
        Ok(Some(Freed::default()))
    }

    async fn check_records(&self) -> Result<Vec<StoreError>, StoreError> {
        self.beneath.check_records().await
    }

    fn bytes_on_disk(&self) -> u64 {
        self.beneath.bytes_on_disk()
    }

    async fn back_up(&self, to: &Path) -> Result<BackedUp, StoreError> {
        self.beneath.back_up(to).await
    }

    fn watch(&self) -> broadcast::Receiver<Notice> {
        self.beneath.watch()
    }
}

#[cfg(test)]
mod tests {
    use stepwell_contract::Name;

    use super::*;
    use crate::{PluginVersion, RedbStore};

    fn declare(name: &Name, intrinsic: &str) -> Change {
        Change::Prompt(PromptChange::Declare {
            name: name.clone(),
            intrinsic: intrinsic.into(),
            variables: Vec::new(),
            plugin: PluginVersion {
                name: "p".into(),
                version: "1".into(),
            },
            at: jiff::Timestamp::UNIX_EPOCH,
        })
    }

    #[tokio::test]
    async fn what_is_drawn_is_seen_in_the_sketch_alone() {
        let beneath: Arc<dyn Store> = Arc::new(RedbStore::in_memory().unwrap());
        let name: Name = "refine".parse().unwrap();
        let sketch = Sketch::over(Arc::clone(&beneath));
        let text = Bytes::from("a text");
        let changes = vec![declare(&name, "Be short."), Change::Blob(text.clone())];
        let committed = sketch.commit(changes).await.unwrap();
        assert_eq!(committed.prompts[0].template(1).unwrap(), "Be short.");
        assert_eq!(
            sketch.prompt_names().await.unwrap(),
            std::slice::from_ref(&name)
        );
        let digest = Digest::of(&text);
        assert_eq!(sketch.blob(&digest).await.unwrap(), Some(text));
        assert!(sketch.has_blob(&digest).await.unwrap());

        assert_eq!(beneath.prompt(&name).await.unwrap(), None);
        assert_eq!(beneath.blob(&digest).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_sketch_goes_on_from_what_is_beneath() {
        let beneath: Arc<dyn Store> = Arc::new(RedbStore::in_memory().unwrap());
        let name: Name = "refine".parse().unwrap();
        let stored = beneath.commit(vec![declare(&name, "one")]).await.unwrap();
        let sketch = Sketch::over(Arc::clone(&beneath));
        assert_eq!(
            sketch.prompt(&name).await.unwrap(),
            Some(Arc::clone(&stored.prompts[0]))
        );
        let drawn = sketch.commit(vec![declare(&name, "two")]).await.unwrap();
        assert_eq!(drawn.prompts[0].current, 2);
        assert_eq!(beneath.prompt(&name).await.unwrap().unwrap().current, 1);
    }
}
