//! Documents: read, corrected and deleted by a person, every text kept (rows D1 and W10).

use bytes::Bytes;
use jiff::Timestamp;
use stepwell_contract::Digest;
use stepwell_store::{
    Author, Change, DocumentKey, DocumentRecord, Revision, RunRecord, Scope, StoreError,
};

use super::{
    DocumentAddress, DocumentSummary, DocumentView, Engine, EngineError, Event, RevisionView,
    Selection,
};
use crate::runs::{blob_of, event_of, outdated, prepare_pinned};

impl Engine {
    /// Documents that aren't deleted, of one run or of all, of one step or of all.
    ///
    /// # Errors
    /// The store's.
    pub async fn documents(
        &self,
        selection: &Selection,
    ) -> Result<Vec<DocumentSummary>, EngineError> {
        let scope = Scope {
            run: selection.run,
            step: selection.step.clone(),
            execution: None,
        };
        let documents = self.house.store.documents(scope).await?;
        Ok(documents
            .iter()
            .filter(|document| !document.deleted)
            .filter_map(summary_of)
            .collect())
    }

    /// A document with its text; `revision` none is the one that counts.
    ///
    /// # Errors
    /// [`EngineError::NoSuchStep`], [`StoreError::NoSuchDocument`], [`EngineError::Invalid`] for a revision that isn't there, or the store's.
    pub async fn document(
        &self,
        address: &DocumentAddress,
        revision: Option<u32>,
    ) -> Result<DocumentView, EngineError> {
        let record = self.document_record(address).await?;
        let Some(summary) = summary_of(&record) else {
            return Err(no_document(address));
        };
        if record.deleted && revision.is_none() {
            return Err(no_document(address));
        }
        let number = revision.unwrap_or(summary.revision);
        let Some(shown) = record
            .revisions
            .iter()
            .find(|revision| revision.number == number)
        else {
            return Err(EngineError::invalid(
                format!(
                    "document `{}` of {} has no revision {number}",
                    address.name, address.step
                ),
                format!("it has the revisions 1 to {}", summary.revision),
            ));
        };
        let text =
            String::from_utf8_lossy(&blob_of(&self.house, &shown.digest).await?).into_owned();
        let revisions = record.revisions.iter().map(|revision| RevisionView {
            number: revision.number,
            author: revision.author,
            created_at: revision.created_at,
            bytes: revision.bytes,
        });
        Ok(DocumentView {
            revisions: revisions.collect(),
            shown_revision: number,
            text,
            summary,
        })
    }

    /// Writes a new text of a document; what depends on it is stale from then on, and `resume` runs it again. The
    /// text that it has already changes nothing.
    ///
    /// # Errors
    /// [`EngineError::NoSuchStep`], [`StoreError::NoSuchDocument`] where the step has not written it,
    /// [`EngineError::WrongState`] while the run
    /// is under way, or the store's.
    pub async fn put_document(
        &self,
        address: &DocumentAddress,
        text: String,
    ) -> Result<DocumentSummary, EngineError> {
        let record = self.document_record(address).await?;
        let run = self.idle_run(address.run).await?;
        let bytes = Bytes::from(text);
        let unchanged = |latest: &Revision| latest.digest == Digest::of(&bytes);
        if !record.deleted && record.revisions.last().is_some_and(unchanged) {
            return summary_of(&record).ok_or_else(|| no_document(address));
        }
        let revision = Revision {
            number: 0,
            digest: Digest::of(&bytes),
            bytes: bytes.len() as u64,
            author: Author::Person,
            created_at: Timestamp::now(),
            other: Default::default(),
        };
        let number = record
            .revisions
            .last()
            .map_or(1, |revision| revision.number + 1);
        let mut changes = vec![
            Change::Blob(bytes),
            Change::Document {
                key: record.key.clone(),
                revision,
            },
        ];
        changes.push(event_of(
            address.run,
            Some(&record.key.execution),
            &Event::DocumentChanged {
                step: address.step.clone(),
                name: address.name.clone(),
                revision: number,
            },
        ));
        self.mark_stale_and_commit(run, &address.step, changes)
            .await?;
        let record = self.document_record(address).await?;
        summary_of(&record).ok_or_else(|| no_document(address))
    }

    /// Deletes a document; its texts stay readable by their revisions.
    ///
    /// # Errors
    /// As [`Engine::put_document`].
    pub async fn remove_document(&self, address: &DocumentAddress) -> Result<(), EngineError> {
        let record = self.document_record(address).await?;
        let run = self.idle_run(address.run).await?;
        let changes = vec![Change::DeleteDocument(record.key)];
        self.mark_stale_and_commit(run, &address.step, changes)
            .await
    }

    /// What depends on a step's documents no longer fits.
    pub(super) async fn mark_stale_and_commit(
        &self,
        mut run: RunRecord,
        step: &stepwell_contract::StepPath,
        mut changes: Vec<Change>,
    ) -> Result<(), EngineError> {
        let prepared = prepare_pinned(&self.house, &run).await?;
        if let Some(index) = prepared
            .plan
            .steps
            .iter()
            .position(|planned| planned.path == *step)
        {
            let executions = self.house.store.executions(run.id).await?;
            let stale = outdated(&prepared, &executions, index);
            if !stale.is_empty() {
                changes.push(event_of(
                    run.id,
                    None,
                    &Event::Stale {
                        steps: stale.iter().cloned().collect(),
                    },
                ));
                run.stale.extend(stale);
                if run.state == stepwell_store::RunState::Success {
                    run.state = stepwell_store::RunState::Waiting;
                    run.waiting_for = Some("stale".into());
                    run.ended_at = None;
                }
            }
        }
        run.updated_at = Timestamp::now();
        changes.push(Change::Run(Box::new(run)));
        self.house.store.commit(changes).await?;
        Ok(())
    }

    async fn document_record(
        &self,
        address: &DocumentAddress,
    ) -> Result<DocumentRecord, EngineError> {
        let run = self.run_record(address.run).await?;
        let take = address
            .take
            .or_else(|| run.takes.get(&address.step).copied())
            .unwrap_or(1);
        let scope = Scope {
            run: Some(address.run),
            step: Some(address.step.clone()),
            execution: None,
        };
        let documents = self.house.store.documents(scope).await?;
        let fits = |document: &DocumentRecord| {
            let key = &document.key.execution;
            document.key.name == address.name && key.take == take && key.items() == address.items
        };
        if let Some(found) = documents.into_iter().rfind(fits) {
            return Ok(found);
        }
        // Where it isn't there because its step isn't, that is what is said.
        let prepared = prepare_pinned(&self.house, &run).await?;
        self.step_index(&prepared, &address.step)?;
        Err(no_document(address))
    }
}

fn no_document(address: &DocumentAddress) -> EngineError {
    let items: String = address
        .items
        .iter()
        .map(|item| format!("[{item}]"))
        .collect();
    StoreError::NoSuchDocument {
        name: address.name.clone(),
        step: format!("{}{items}", address.step),
    }
    .into()
}

pub(super) fn summary_of(document: &DocumentRecord) -> Option<DocumentSummary> {
    let latest = document.revisions.last()?;
    let DocumentKey { execution, name } = &document.key;
    Some(DocumentSummary {
        run: execution.run,
        step: execution.path.clone(),
        execution: execution.to_string(),
        items: execution.items(),
        take: execution.take,
        name: name.clone(),
        revision: latest.number,
        bytes: latest.bytes,
        author: latest.author,
        updated_at: latest.created_at,
    })
}
