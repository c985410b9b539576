//! The changes of one commit, worked out against an open transaction before any of them is written.
//!
//! So a commit that breaks a rule leaves no trace in the transaction that it shares with others. Nothing here makes
//! anything durable.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use serde::de::DeserializeOwned;
use stepwell_contract::{Digest, ExecutionKey, Name, RunId};

use super::blobs::{Blobs, LargeBlob, NewBlob};
use super::codec;
use super::draft::Draft;
use super::failure::Trouble;
use super::frame;
use super::kept::Tally;
use super::keys::{self, Kind};
use super::removing::{self, Leaving};
use super::writer::Prompts;
use super::{reads, stored_prompts};
use crate::records::{
    CellRecord, DocumentKey, DocumentRecord, EventRecord, KEPT_FINDINGS, OtherFields, PromptRecord,
    Revision,
};
use crate::{Change, Committed, Notice, PromptChange, StoreError, prompts};

/// A commit that can be written, and what it gives.
#[derive(Debug, Default)]
pub(super) struct Plan {
    writes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    pub(super) committed: Committed,
    pub(super) prompts: BTreeMap<Name, Arc<PromptRecord>>,
    cursors: BTreeMap<RunId, u64>,
    kept: Tally,
    /// Whether a record that can't be read was replaced: nobody knows what was kept of it.
    behind: bool,
}

impl Plan {
    /// Works out the changes. `new` has one entry for each change that may bring bytes.
    pub(super) fn of(
        draft: &Draft<'_>,
        (blobs, prompts): (&Blobs, &Prompts),
        changes: &[Change],
        new: &[Option<NewBlob>],
    ) -> Result<Self, Trouble> {
        let mut planner = Planner {
            draft,
            blobs,
            prompts,
            plan: Self::default(),
        };
        for (change, blob) in changes.iter().zip(new) {
            planner.change(change, blob.as_ref())?;
        }
        planner.keep()?;
        Ok(planner.plan)
    }

    /// Writes what was worked out.
    pub(super) fn write(&mut self, draft: &mut Draft<'_>) -> Result<(), Trouble> {
        draft.behind |= self.behind;
        for (key, value) in std::mem::take(&mut self.writes) {
            match value {
                Some(value) => draft.put(&key, &value)?,
                None => draft.delete(&key)?,
            }
        }
        Ok(())
    }

    /// What watchers are told.
    pub(super) fn notices(&self) -> impl Iterator<Item = Notice> {
        let events = self
            .cursors
            .iter()
            .map(|(&run, &cursor)| Notice::Events { run, cursor });
        events.chain(self.prompts.keys().cloned().map(Notice::Prompt))
    }
}

struct Planner<'p, 't> {
    draft: &'p Draft<'t>,
    blobs: &'p Blobs,
    prompts: &'p Prompts,
    plan: Plan,
}

impl Planner<'_, '_> {
    fn change(&mut self, change: &Change, blob: Option<&NewBlob>) -> Result<(), Trouble> {
        match change {
            Change::Blob(bytes) => self.blob(bytes, blob),
            Change::Run(run) => {
                if run.scratch.is_some() {
                    return self.put(keys::of_run(Kind::ScratchRun, run.id), run);
                }
                let key = keys::of_run(Kind::Run, run.id);
                let old = self.replaced(&key)?;
                self.plan.kept.run(old.as_ref(), run);
                self.put(key, run)
            }
            Change::Comparison(comparison) => self.put(keys::comparison(comparison.id), comparison),
            Change::Batch(batch) => self.put(keys::batch(batch.comparison, batch.id), batch),
            Change::Improvement(improvement) => {
                self.put(keys::improvement(improvement.id), improvement)
            }
            Change::RemoveImprovement(id) => {
                self.plan.writes.insert(keys::improvement(*id), None);
                Ok(())
            }
            Change::Cell(cell) => self.put(keys::cell(&cell.identity), cell),
            Change::Findings { cell, findings } => self.cell(cell, |kept| {
                kept.findings.extend(findings.clone());
                if kept.findings.len() > KEPT_FINDINGS {
                    kept.findings.clone_from(findings);
                }
            }),
            Change::Rating { cell, rating } => {
                self.cell(cell, |kept| kept.rating.clone_from(rating))
            }
            Change::Execution(execution) => {
                let key = keys::of_execution(Kind::Execution, &execution.key);
                self.put(key, execution)
            }
            Change::Memo(memo) => self.put(keys::memo(&memo.execution, memo.key), &**memo),
            Change::ForgetMemos { execution, keys } => {
                for memo in keys {
                    self.plan.writes.insert(keys::memo(execution, *memo), None);
                }
                Ok(())
            }
            Change::Call(call) => {
                self.index(&call.execution)?;
                let key = keys::call(&call.execution, call.id);
                let old = self.replaced(&key)?;
                self.plan.kept.call(old.as_ref(), call)?;
                self.put(key, call)
            }
            Change::Checkpoint(checkpoint) => {
                let key = keys::of_execution(Kind::Checkpoint, &checkpoint.execution);
                self.put(key, checkpoint)
            }
            Change::Document { key, revision } => self.document(key, revision),
            Change::DeleteDocument(key) => self.delete_document(key),
            Change::Event(event) => self.event(event),
            Change::Prompt(change) => self.prompt(change, blob),
            Change::RemoveRun(run) => self.remove(Leaving::of(self.draft, *run)?),
            Change::RemoveComparison(comparison) => {
                self.remove(Leaving::of_comparison(self.draft, *comparison)?)
            }
        }
    }

    /// The record that is about to be replaced; none where there is none.
    fn replaced<T: DeserializeOwned>(&mut self, key: &[u8]) -> Result<Option<T>, Trouble> {
        match self.stored(key) {
            Err(Trouble::Store(_)) => {
                self.plan.behind = true;
                Ok(None)
            }
            stored => stored,
        }
    }

    /// Brings what is kept along. Where it can't be read itself, it is made anew by the next transaction.
    fn keep(&mut self) -> Result<(), Trouble> {
        match std::mem::take(&mut self.plan.kept).entries(|key| self.get(key)) {
            Ok(entries) => self.plan.writes.extend(entries),
            Err(Trouble::Store(_)) => self.plan.behind = true,
            Err(trouble) => return Err(trouble),
        }
        Ok(())
    }

    /// A value as the changes before this one leave it.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Trouble> {
        match self.plan.writes.get(key) {
            Some(pending) => Ok(pending.clone()),
            None => self.draft.get(key),
        }
    }

    /// A record as the changes before this one leave it.
    fn stored<T: DeserializeOwned>(&self, key: &[u8]) -> Result<Option<T>, Trouble> {
        let value = self.get(key)?.map(|value| codec::decode(key, &value));
        Ok(value.transpose()?)
    }

    fn put(&mut self, key: Vec<u8>, record: &impl serde::Serialize) -> Result<(), Trouble> {
        let value = codec::encode(&key, record)?;
        self.plan.writes.insert(key, Some(value));
        Ok(())
    }

    /// Writes a value that follows from its key, unless it is there. A damaged one is mended by it.
    fn put_new(&mut self, key: Vec<u8>, payload: &[u8]) -> Result<(), Trouble> {
        let value = frame::around(&key, payload);
        if self.get(&key)?.as_ref() != Some(&value) {
            self.plan.writes.insert(key, Some(value));
        }
        Ok(())
    }

    fn blob(&mut self, bytes: &[u8], blob: Option<&NewBlob>) -> Result<(), Trouble> {
        let Some(blob) = blob else { return Ok(()) };
        if blob.in_file {
            let key = keys::blob(Kind::LargeBlob, &blob.digest);
            match self.stored::<LargeBlob>(&key) {
                Ok(Some(_)) => Ok(()),
                Ok(None) | Err(Trouble::Store(_)) => self.put(key, &LargeBlob::of(bytes)),
                Err(trouble) => Err(trouble),
            }
        } else {
            self.put_new(keys::blob(Kind::Blob, &blob.digest), bytes)
        }
    }

    /// Lets records of the step be found without knowing the run.
    fn index(&mut self, execution: &ExecutionKey) -> Result<(), Trouble> {
        self.put_new(keys::step_run(&execution.path, execution.run), &[])
    }

    fn cell(
        &mut self,
        identity: &Digest,
        change: impl FnOnce(&mut CellRecord),
    ) -> Result<(), Trouble> {
        let key = keys::cell(identity);
        let Some(mut record) = self.stored(&key)? else {
            return Ok(());
        };
        change(&mut record);
        self.put(key, &record)
    }

    fn document(&mut self, key: &DocumentKey, revision: &Revision) -> Result<(), Trouble> {
        let bytes = keys::document(key);
        let mut record = self.stored(&bytes)?.unwrap_or_else(|| DocumentRecord {
            key: key.clone(),
            revisions: Vec::new(),
            deleted: false,
            other: OtherFields::new(),
        });
        let number = record.revisions.last().map_or(1, |last| last.number + 1);
        record.revisions.push(Revision {
            number,
            ..revision.clone()
        });
        record.deleted = false;
        self.plan.committed.revisions.push(number);
        self.index(&key.execution)?;
        self.put(bytes, &record)
    }

    fn delete_document(&mut self, key: &DocumentKey) -> Result<(), Trouble> {
        let bytes = keys::document(key);
        let Some(mut record) = self.stored::<DocumentRecord>(&bytes)? else {
            return Err(StoreError::NoSuchDocument {
                name: key.name.clone(),
                step: key.execution.to_string(),
            }
            .into());
        };
        record.deleted = true;
        self.put(bytes, &record)
    }

    fn event(&mut self, event: &EventRecord) -> Result<(), Trouble> {
        let last = match self.plan.cursors.get(&event.run) {
            Some(last) => *last,
            None => reads::last_cursor(&self.draft.table, event.run)?,
        };
        let cursor = last + 1;
        self.plan.cursors.insert(event.run, cursor);
        self.plan.committed.cursors.push(cursor);
        let record = EventRecord {
            cursor,
            ..event.clone()
        };
        self.put(keys::event(event.run, cursor), &record)
    }

    /// Of what isn't there, nothing is removed.
    fn remove(&mut self, leaving: Option<Leaving>) -> Result<(), Trouble> {
        let Some(leaving) = leaving else {
            return Ok(());
        };
        self.plan.behind |= leaving.unreadable;
        let kept = &mut self.plan.kept;
        let totals = kept.leaves(leaving.run.as_ref(), &leaving.calls)?;
        let remaining = removing::remaining(totals, |key| self.get(key))?;
        let gone = leaving.keys.into_iter().map(|key| (key, None));
        self.plan.writes.extend(remaining.into_iter().chain(gone));
        Ok(())
    }

    /// Nothing, where no record of this prompt stands under another key.
    fn misplaced(&self, name: &Name) -> Result<Option<PromptRecord>, Trouble> {
        let prompts = self.prompts.read().unwrap_or_else(PoisonError::into_inner);
        match prompts.get(name) {
            Some(Err(error)) => Err(error.clone().into()),
            _ => Ok(None),
        }
    }

    /// The prompt as readers see it.
    fn known(&self, name: &Name) -> Option<Arc<PromptRecord>> {
        let prompts = self.prompts.read().unwrap_or_else(PoisonError::into_inner);
        prompts.get(name)?.clone().ok()
    }

    fn prompt(&mut self, change: &PromptChange, blob: Option<&NewBlob>) -> Result<(), Trouble> {
        let name = change.name();
        let key = keys::prompt(name);
        let before = match self.plan.prompts.get(name) {
            Some(record) => Some(record.as_ref().clone()),
            None => match self.get(&key)? {
                Some(value) => {
                    let text = |digest: &Digest| self.blobs.read(&self.draft.table, digest);
                    Some(stored_prompts::decode(&key, &value, text)?)
                }
                None => self.misplaced(name)?,
            },
        };
        let outcome = prompts::apply(before.as_ref(), change)?;
        if let Some(content) = &outcome.added {
            // So a run that pinned the version can read its text when the version is gone.
            self.blob(content.as_bytes(), blob)?;
        }
        let record = Arc::new(outcome.record);
        let dropped = outcome.dropped.map(|number| (name.clone(), number));
        self.plan.committed.dropped.extend(dropped);
        self.plan.committed.prompts.push(Arc::clone(&record));
        // What isn't known of it may have been mended by other means.
        if self.plan.prompts.contains_key(name) || self.known(name).as_ref() != Some(&record) {
            self.plan.prompts.insert(name.clone(), Arc::clone(&record));
        }
        if before.as_ref() != Some(record.as_ref()) {
            let value = stored_prompts::encode(&key, record.as_ref())?;
            self.plan.writes.insert(key, Some(value));
        }
        Ok(())
    }
}
