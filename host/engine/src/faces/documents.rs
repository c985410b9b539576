//! Documents: read, corrected and deleted by a person, every text kept.

use bytes::Bytes;
use stepwell_contract::{Position, WaitingFor};
use stepwell_definition::{Plan, Reference};
use stepwell_store::{
    Author, Change, DocumentKey, DocumentRecord, Gaps, Revision, RunRecord, RunState, Scope,
    StoreError,
};

use super::Operations;
use super::calls::scope_of;
use crate::driving::{mark_stale, outdated, prepare_pinned};
use crate::words::{
    DocumentAddress, DocumentSummary, DocumentView, EngineError, Event, RevisionError,
    RevisionView, Selection,
};

impl Operations {
    pub(super) async fn documents(
        &self,
        selection: &Selection,
    ) -> Result<Vec<DocumentSummary>, EngineError> {
        let documents = self.house.store.documents(scope_of(selection)).await?;
        Ok(documents
            .iter()
            .filter(|document| !document.deleted)
            .filter(|document| selection.has_round_of(&document.key.execution))
            .filter_map(summary_of)
            .collect())
    }

    pub(super) async fn document(
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
            return Err(RevisionError::NoSuchRevision {
                step: address.step.clone(),
                document: address.name.clone(),
                revision: number,
                last: summary.revision,
            }
            .into());
        };
        let text = self.house.text(&shown.digest).await?;
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

    pub(super) async fn put_document(
        &self,
        address: &DocumentAddress,
        text: String,
    ) -> Result<DocumentSummary, EngineError> {
        let record = self.document_record(address).await?;
        let run = self.house.idle_run(address.run).await?;
        let bytes = Bytes::from(text);
        let revision = Revision::of(&bytes, Author::Person, self.house.now());
        let unchanged = |latest: &Revision| latest.digest == revision.digest;
        if !record.deleted && record.revisions.last().is_some_and(unchanged) {
            return summary_of(&record).ok_or_else(|| no_document(address));
        }
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
        changes.push(self.house.event(
            address.run,
            Some(&record.key.execution),
            &Event::DocumentChanged {
                step: address.step.clone(),
                name: address.name.clone(),
                revision: number,
            },
        ));
        self.mark_stale_and_commit(run, &record.key, changes)
            .await?;
        let record = self.document_record(address).await?;
        summary_of(&record).ok_or_else(|| no_document(address))
    }

    pub(super) async fn remove_document(
        &self,
        address: &DocumentAddress,
    ) -> Result<(), EngineError> {
        let record = self.document_record(address).await?;
        let run = self.house.idle_run(address.run).await?;
        let changes = vec![Change::DeleteDocument(record.key.clone())];
        self.mark_stale_and_commit(run, &record.key, changes).await
    }

    /// What depends on an execution's documents no longer fits.
    pub(super) async fn mark_stale_and_commit(
        &self,
        mut run: RunRecord,
        changed: &DocumentKey,
        mut changes: Vec<Change>,
    ) -> Result<(), EngineError> {
        let prepared = prepare_pinned(&self.house, &run).await?;
        if let Some(index) = prepared.plan.index_of(&changed.execution.path) {
            let executions = self.house.store.executions(run.id, Gaps::Refuse).await?;
            let at = &changed.execution.at;
            let stale = outdated(&prepared.plan, &run, &executions, index, at);
            let open =
                !stale.is_empty() || says_another_round(&prepared.plan, index, &changed.name);
            changes.extend(mark_stale(&self.house, &mut run, stale));
            if open && run.state == RunState::Success {
                run.state = RunState::Waiting;
                run.waiting_for = Some(WaitingFor::Stale);
                run.ended_at = None;
            }
        }
        run.updated_at = self.house.now();
        changes.push(Change::Run(Box::new(run)));
        self.house.store.commit(changes).await?;
        Ok(())
    }

    async fn document_record(
        &self,
        address: &DocumentAddress,
    ) -> Result<DocumentRecord, EngineError> {
        let run = self.house.run_record(address.run).await?;
        let scope = Scope {
            run: Some(address.run),
            step: Some(address.step.clone()),
            ..Scope::default()
        };
        let documents = self.house.store.documents(scope).await?;
        let fits = |document: &DocumentRecord| {
            let key = &document.key.execution;
            let round_fits = |(at, round): (&Position, &Option<u32>)| {
                round.is_none_or(|round| at.round == round)
            };
            document.key.name == address.name
                && address
                    .take
                    .map_or_else(|| run.counts(key), |take| key.take == take)
                && key.items() == address.items
                && key.at.iter().zip(&address.rounds).all(round_fits)
        };
        let of_items = documents
            .iter()
            .filter(|document| !document.deleted && document.key.name == address.name)
            .filter(|document| {
                address.items.is_empty() && !document.key.execution.items().is_empty()
            })
            .map(|document| document.key.execution.to_string())
            .max();
        let found = documents.into_iter().filter(fits);
        if let Some(last) = found.max_by_key(|document| document.key.execution.rounds()) {
            return Ok(last);
        }
        // Where it isn't there because its step isn't, that is what is said.
        let prepared = prepare_pinned(&self.house, &run).await?;
        prepared.require_step(&address.step)?;
        if let Some(last) = of_items {
            return Err(RevisionError::OfItems {
                step: address.step.clone(),
                document: address.name.clone(),
                example: last,
            }
            .into());
        }
        Err(no_document(address))
    }
}

/// Whether a step is repeated while this document says so.
fn says_another_round(plan: &Plan, step: usize, name: &str) -> bool {
    plan.repeats_around(step).into_iter().any(|repeated| {
        let repeat = plan.steps[repeated].repeat.as_ref();
        matches!(
            repeat.map(|repeat| &repeat.document),
            Some(Reference::Document { step: named, document, source, .. })
                if document.as_str() == name && [*named, *source].contains(&step)
        )
    })
}

fn no_document(address: &DocumentAddress) -> EngineError {
    StoreError::NoSuchDocument {
        name: address.name.clone(),
        step: address.place().to_string(),
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
        rounds: execution.rounds(),
        take: execution.take,
        name: name.clone(),
        revision: latest.number,
        bytes: latest.bytes,
        author: latest.author,
        updated_at: latest.created_at,
    })
}
