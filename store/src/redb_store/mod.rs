//! The store in one file, on redb, and a folder of large blobs beside it.
//!
//! Nothing here decides what is kept, or when. No type of redb leaves it but the storage that
//! [`RedbStore::open_with`] is given.

mod acknowledged;
mod answers;
mod backend;
mod backup;
mod blobs;
mod check;
mod codec;
mod disk;
mod draft;
mod failure;
mod folder;
mod frame;
mod hidden;
mod holder;
mod ids;
mod kept;
mod keys;
mod new_store;
mod open;
mod panics;
mod plan;
mod preparing;
mod reads;
mod removing;
mod salvage;
mod stored_prompts;
mod surveying;
mod sweeping;
mod table;
mod upkeep;
mod writer;

pub use answers::AnswerRoom;
pub use folder::FolderState;
pub use open::make_folder;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, OnceLock, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use jiff::civil::Date;
use serde::de::DeserializeOwned;
use stepwell_contract::{ComparisonId, Digest, ExecutionKey, ImprovementId, Name, RunId, StepPath};
use stepwell_workers::off_the_workers;
use tokio::sync::{RwLock, broadcast, oneshot};
use uuid::Uuid;

use self::answers::Waiting;
use self::blobs::{Blobs, Found};
use self::disk::Disk;
use self::failure::{Place, Trouble};
use self::hidden::Hidden;
use self::holder::Holder;
use self::ids::Ids;
use self::keys::Kind;
use self::table::Records;
use self::writer::{Job, Prompts, Request, Writer};
use crate::records::{
    BatchRecord, CallGroup, CallRecord, CallTotals, CellRecord, CheckpointRecord, ComparisonRecord,
    DocumentKey, DocumentRecord, EventRecord, ExecutionRecord, ImprovementRecord, MemoRecord,
    PromptRecord, RunOwner, RunRecord, RunState, RunTotals,
};
use crate::{
    BackedUp, Change, Committed, Freed, Gaps, Notice, Scope, StandsOn, Store, StoreError, Survey,
};

/// The store in one file, and a folder of large blobs beside it.
///
/// Commits are made durable by a thread of its own, many at a time. Reads run where they are called: they find
/// nearly everything in memory, and at worst wait for a read of the disk; large blobs are read and written off the runtime's
/// workers. A commit whose future is dropped may
/// still be made.
pub struct RedbStore {
    // Dropped first: it writes what waits.
    writer: Writer,
    disk: Arc<Disk>,
    prompts: Arc<Prompts>,
    blobs: Arc<Blobs>,
    ids: Ids,
    waiting: Waiting,
    notices: broadcast::Sender<Notice>,
    place: Place,
    /// Held shared from when the file of a large blob is looked at until its commit is made.
    sweeping: RwLock<()>,
    /// Found once: what is damaged was so when the store was opened.
    hidden: OnceLock<Hidden>,
    // Dropped last, when the file is free.
    holder: Option<Holder>,
}

impl fmt::Debug for RedbStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedbStore")
            .field("file", &self.place.file)
            .field("held", &self.holder.is_some())
            .finish_non_exhaustive()
    }
}

impl RedbStore {
    /// How many transactions this store has made durable since it was opened; commits that come together share one.
    #[must_use]
    pub fn transactions(&self) -> u64 {
        self.disk.transactions()
    }

    fn read<T>(&self, read: impl Fn(&Records) -> Result<T, Trouble>) -> Result<T, StoreError> {
        self.disk.read(read)
    }

    /// The records of a kind whose ids sort as they were given, newest first.
    fn newest<T: DeserializeOwned>(
        &self,
        kind: Kind,
        before: Option<Uuid>,
        limit: Option<usize>,
        gaps: &Gaps,
    ) -> Result<Vec<T>, StoreError> {
        let mut range = keys::range_of(&keys::all(kind));
        if let Some(before) = before {
            range.end = keys::of_id(kind, before);
        }
        self.read(|records| reads::newest(records, &range, gaps, limit.unwrap_or(usize::MAX)))
    }

    /// The runs whose records nobody finds under their keys.
    fn hidden(&self) -> Result<&Hidden, StoreError> {
        match self.hidden.get() {
            Some(hidden) => Ok(hidden),
            None => {
                let found = self.read(hidden::runs)?;
                Ok(self.hidden.get_or_init(|| found))
            }
        }
    }

    /// What is kept under one key; empty where there is nothing.
    fn total(&self, key: &[u8]) -> Result<CallTotals, StoreError> {
        let found = self.read(|records| kept::all(records, key))?;
        Ok(found.into_iter().next().unwrap_or_default().1)
    }
}

impl RedbStore {
    /// Commits the answers that are kept beside the store, unless they are there.
    async fn take_in_all(&self) -> Result<(), StoreError> {
        for (file, answer) in self.waiting.kept().await? {
            let mut is_there = false;
            for call in &answer.calls {
                let id = call.id.to_string();
                let stored = self.calls_by_id(&id, 1).await?.into_iter().next();
                is_there |= stored.is_some_and(|stored| is_beyond(&stored, call));
            }
            if !is_there {
                self.commit(answer.changes()).await?;
            }
            std::fs::remove_file(&file).map_err(|error| self.place.io(&file, &error))?;
        }
        Ok(())
    }
}

/// Whether a call that is stored has the end of its last attempt already, or was sent once more since.
fn is_beyond(stored: &CallRecord, kept: &CallRecord) -> bool {
    let ended = stored.attempts.last().is_some_and(|last| !last.is_open());
    stored.attempts.len() > kept.attempts.len()
        || (ended && stored.attempts.len() == kept.attempts.len())
}

#[async_trait]
impl Store for RedbStore {
    async fn commit(&self, changes: Vec<Change>) -> Result<Committed, StoreError> {
        let _unswept = self.sweeping.read().await;
        let (changes, blobs) = self.prepare(changes).await?;
        let (answer, answered) = oneshot::channel();
        let request = Request {
            changes,
            blobs,
            answer,
        };
        if self.writer.send(Job::Commit(request))
            && let Ok(result) = answered.await
        {
            return result;
        }
        Err(self.writer_has_ended())
    }

    async fn prompt(&self, name: &Name) -> Result<Option<Arc<PromptRecord>>, StoreError> {
        let prompts = self.prompts.read().unwrap_or_else(PoisonError::into_inner);
        prompts.get(name).cloned().transpose()
    }

    async fn prompt_names(&self) -> Result<Vec<Name>, StoreError> {
        let prompts = self.prompts.read().unwrap_or_else(PoisonError::into_inner);
        Ok(prompts.keys().cloned().collect())
    }

    async fn run(&self, id: RunId) -> Result<Option<RunRecord>, StoreError> {
        let key = keys::of_run(Kind::Run, id);
        let scratch = keys::of_run(Kind::ScratchRun, id);
        self.read(|records| match reads::get(records, &key)? {
            Some(run) => Ok(Some(run)),
            None => match reads::get(records, &scratch)? {
                Some(run) => Ok(Some(run)),
                None => reads::no_run(records, id),
            },
        })
    }

    async fn runs(
        &self,
        before: Option<RunId>,
        limit: Option<usize>,
        gaps: Gaps,
    ) -> Result<Vec<RunRecord>, StoreError> {
        let hidden = self.hidden()?;
        if hidden.is_empty() {
            return self.newest(Kind::Run, before.map(|run| run.0), limit, &gaps);
        }
        let most = limit.unwrap_or(usize::MAX);
        let runs: Vec<RunRecord> =
            self.read(|records| hidden::newest(records, before, most, &gaps))?;
        let goes_on = limit.is_some_and(|limit| runs.len() >= limit);
        let last = runs.last().map(|run| run.id).filter(|_| goes_on);
        let is_within = |run: &RunId| {
            before.is_none_or(|before| *run < before) && last.is_none_or(|last| *run > last)
        };
        for run in hidden.unmet.iter().filter(|run| is_within(run)) {
            reads::left_out(hidden::error(*run), None, &gaps)?;
        }
        Ok(runs)
    }

    async fn newest_run(&self) -> Result<Option<RunId>, StoreError> {
        let newest = self.read(|records| Ok(reads::newest_id(records, Kind::Run)?.map(RunId)))?;
        // No other one is taken for one that is hidden.
        Ok(newest.max(self.hidden()?.newest))
    }

    async fn runs_by_id(&self, part: &str) -> Result<Vec<RunId>, StoreError> {
        self.read(|records| reads::runs_by_id(records, part))
    }

    async fn comparison(&self, id: ComparisonId) -> Result<Option<ComparisonRecord>, StoreError> {
        let key = keys::comparison(id);
        self.read(|records| reads::get(records, &key))
    }

    async fn comparison_ids(&self) -> Result<Vec<ComparisonId>, StoreError> {
        let ids = self.read(|records| reads::ids(records, Kind::Comparison))?;
        Ok(ids.into_iter().rev().map(ComparisonId).collect())
    }

    async fn comparisons(
        &self,
        before: Option<ComparisonId>,
        limit: Option<usize>,
        gaps: Gaps,
    ) -> Result<Vec<ComparisonRecord>, StoreError> {
        self.newest(Kind::Comparison, before.map(|id| id.0), limit, &gaps)
    }

    async fn batch(
        &self,
        comparison: ComparisonId,
        id: Uuid,
    ) -> Result<Option<BatchRecord>, StoreError> {
        let key = keys::batch(comparison, id);
        self.read(|records| reads::get(records, &key))
    }

    async fn batches(&self, comparison: ComparisonId) -> Result<Vec<BatchRecord>, StoreError> {
        let prefix = keys::of_id(Kind::Batch, comparison.0);
        self.read(|records| reads::list(records, &prefix, &Gaps::LeaveOut))
    }

    async fn improvement(
        &self,
        id: ImprovementId,
    ) -> Result<Option<ImprovementRecord>, StoreError> {
        let key = keys::improvement(id);
        self.read(|records| reads::get(records, &key))
    }

    async fn improvements(
        &self,
        before: Option<ImprovementId>,
        limit: Option<usize>,
        gaps: Gaps,
    ) -> Result<Vec<ImprovementRecord>, StoreError> {
        self.newest(Kind::Improvement, before.map(|id| id.0), limit, &gaps)
    }

    async fn cells(&self, identities: &[Digest]) -> Result<Vec<Option<CellRecord>>, StoreError> {
        let keys: Vec<_> = identities.iter().map(keys::cell).collect();
        self.read(|records| keys.iter().map(|key| reads::get(records, key)).collect())
    }

    async fn all_cells(&self) -> Result<Vec<CellRecord>, StoreError> {
        let prefix = keys::all(Kind::Cell);
        self.read(|records| reads::list(records, &prefix, &Gaps::LeaveOut))
    }

    async fn execution(&self, key: &ExecutionKey) -> Result<Option<ExecutionRecord>, StoreError> {
        let key = keys::of_execution(Kind::Execution, key);
        self.read(|records| reads::get(records, &key))
    }

    async fn executions(&self, run: RunId, gaps: Gaps) -> Result<Vec<ExecutionRecord>, StoreError> {
        let prefix = keys::of_run(Kind::Execution, run);
        self.read(|records| reads::list(records, &prefix, &gaps))
    }

    async fn memos(&self, execution: &ExecutionKey) -> Result<Vec<MemoRecord>, StoreError> {
        let prefix = keys::of_execution(Kind::Memo, execution);
        self.read(|records| reads::list(records, &prefix, &Gaps::Refuse))
    }

    async fn checkpoint(
        &self,
        execution: &ExecutionKey,
    ) -> Result<Option<CheckpointRecord>, StoreError> {
        let key = keys::of_execution(Kind::Checkpoint, execution);
        self.read(|records| reads::get(records, &key))
    }

    async fn calls(&self, scope: Scope) -> Result<Vec<CallRecord>, StoreError> {
        let mut calls: Vec<CallRecord> =
            self.read(|records| reads::scoped(records, Kind::Call, &scope))?;
        calls.sort_by_key(|call| call.id);
        Ok(calls)
    }

    async fn newest_calls(
        &self,
        step: Option<&StepPath>,
        skip: usize,
        limit: usize,
        gaps: Gaps,
    ) -> Result<Vec<CallRecord>, StoreError> {
        self.read(|records| reads::newest_calls(records, step, skip, limit, &gaps))
    }

    async fn calls_by_id(&self, end: &str, limit: usize) -> Result<Vec<CallRecord>, StoreError> {
        self.read(|records| reads::calls_by_id(records, end, limit))
    }

    async fn answered(&self, question: &Digest) -> Result<Vec<CallRecord>, StoreError> {
        self.read(|records| reads::answered(records, question))
    }

    async fn totals(
        &self,
        step: Option<&StepPath>,
    ) -> Result<Vec<(CallGroup, CallTotals)>, StoreError> {
        let prefix = step.map_or_else(|| keys::all(Kind::GroupTotals), keys::groups_of_step);
        let groups = self.read(|records| kept::all(records, &prefix))?;
        let group = |(key, totals): (Vec<u8>, _)| Some((keys::read_group(&key)?, totals));
        Ok(groups.into_iter().filter_map(group).collect())
    }

    async fn totals_of_run(&self, run: RunId) -> Result<CallTotals, StoreError> {
        self.total(&keys::of_run(Kind::RunTotals, run))
    }

    async fn totals_of_runs(&self) -> Result<BTreeMap<RunId, RunTotals>, StoreError> {
        let (all, replayed) = self.read(|records| {
            let all = kept::all(records, &keys::all(Kind::RunTotals))?;
            Ok((all, kept::all(records, &keys::all(Kind::RunReplayed))?))
        })?;
        let mut runs: BTreeMap<RunId, RunTotals> = BTreeMap::new();
        for (key, totals) in all {
            runs.entry(RunId(keys::id_in(&key))).or_default().all = totals;
        }
        for (key, totals) in replayed {
            let run = runs.entry(RunId(keys::id_in(&key))).or_default();
            run.replayed = totals;
        }
        Ok(runs)
    }

    async fn groups_of_runs(
        &self,
        run: Option<RunId>,
    ) -> Result<Vec<(RunId, CallGroup, CallTotals)>, StoreError> {
        let kind = Kind::RunGroupTotals;
        let prefix = run.map_or_else(|| keys::all(kind), |run| keys::of_run(kind, run));
        let groups = self.read(|records| kept::all(records, &prefix))?;
        let group = |(key, totals): (Vec<u8>, _)| {
            let (run, group) = keys::read_group_of_run(&key)?;
            Some((run, group, totals))
        };
        Ok(groups.into_iter().filter_map(group).collect())
    }

    async fn run_owners(&self) -> Result<BTreeMap<RunId, RunOwner>, StoreError> {
        self.read(reads::run_owners)
    }

    async fn totals_of_day(&self, day: Date) -> Result<CallTotals, StoreError> {
        self.total(&keys::day(day))
    }

    async fn run_states(&self) -> Result<BTreeMap<RunState, u64>, StoreError> {
        let states = self.read(|records| kept::all(records, &keys::all(Kind::RunStates)))?;
        let state = |(key, count): (Vec<u8>, _)| Some((keys::read_run_state(&key)?, count));
        Ok(states.into_iter().filter_map(state).collect())
    }

    async fn document(&self, key: &DocumentKey) -> Result<Option<DocumentRecord>, StoreError> {
        let key = keys::document(key);
        self.read(|records| reads::get(records, &key))
    }

    async fn documents(&self, scope: Scope) -> Result<Vec<DocumentRecord>, StoreError> {
        let mut documents: Vec<DocumentRecord> =
            self.read(|records| reads::scoped(records, Kind::Document, &scope))?;
        documents.sort_by(|one, other| one.key.cmp(&other.key));
        Ok(documents)
    }

    async fn events(
        &self,
        run: RunId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<EventRecord>, StoreError> {
        self.read(|records| reads::events(records, run, after, limit))
    }

    async fn last_cursor(&self, run: RunId) -> Result<u64, StoreError> {
        self.read(|records| Ok(reads::last_cursor(records, run)?))
    }

    async fn blob(&self, digest: &Digest) -> Result<Option<Bytes>, StoreError> {
        match self.read(|records| self.blobs.find(records, digest))? {
            None => Ok(None),
            Some(Found::Bytes(bytes)) => Ok(Some(bytes)),
            Some(Found::File(file)) => {
                let digest = *digest;
                let read = move || blobs::read_file(&digest, &file).map(Some);
                off_the_workers(read).await
            }
        }
    }

    async fn blob_length(&self, digest: &Digest) -> Result<Option<u64>, StoreError> {
        self.read(|records| self.blobs.length(records, digest))
    }

    async fn has_blob(&self, digest: &Digest) -> Result<bool, StoreError> {
        self.read(|records| self.blobs.has(records, digest))
    }

    fn next_id(&self) -> Uuid {
        self.ids.next()
    }

    async fn make_room(&self, bytes: u64) -> Result<AnswerRoom, StoreError> {
        self.waiting.make_room(bytes).await
    }

    async fn take_in_answers(&self) -> Result<(), StoreError> {
        // Two at a time would commit the same ones.
        let _turn = self.waiting.turn().await;
        if !self.waiting.may_be_some() {
            return Ok(());
        }
        let taken = self.take_in_all().await;
        if taken.is_err() {
            self.waiting.are_left();
        }
        taken
    }

    async fn survey(&self) -> Result<Survey, StoreError> {
        self.surveyed().await
    }

    async fn stood_on(&self) -> Result<BTreeMap<RunId, StandsOn>, StoreError> {
        let stood_on = self.read(surveying::stood_on)?;
        self.read(surveying::all_stand_somewhere)?;
        Ok(stood_on)
    }

    async fn compact(&self) -> Result<Freed, StoreError> {
        // The files of large blobs are written before their commits, which are not yet known to need them.
        let _alone = self.sweeping.write().await;
        self.freed(upkeep::Size::Smallest).await
    }

    async fn sweep(&self) -> Result<Option<Freed>, StoreError> {
        // Who waited for a copy to end would have every commit wait behind it.
        let Ok(_alone) = self.sweeping.try_write() else {
            return Ok(None);
        };
        self.freed(upkeep::Size::AsItIs).await.map(Some)
    }

    async fn check_records(&self) -> Result<Vec<StoreError>, StoreError> {
        self.looked_over().await
    }

    fn bytes_on_disk(&self) -> u64 {
        self.taken_on_disk()
    }

    async fn back_up(&self, to: &Path) -> Result<BackedUp, StoreError> {
        self.copied(to).await
    }

    fn watch(&self) -> broadcast::Receiver<Notice> {
        self.notices.subscribe()
    }
}
