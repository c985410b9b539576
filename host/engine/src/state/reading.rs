//! What is read from the store, and written to it, in the same way from everywhere.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::Value;
use stepwell_contract::{Digest, ExecutionKey, Undertaking};
use stepwell_definition::Plan;
use stepwell_store::{Change, DocumentKey, EventRecord, Gaps, RunRecord, Scope, StoreError};

use super::house::House;
use super::unit::DocumentPlace;
use super::unreadable::from_json;
use crate::words::Event;

impl House {
    /// The change that writes an event into the log of a run, or of a comparison.
    pub(crate) fn event(
        &self,
        what: impl Into<Undertaking>,
        execution: Option<&ExecutionKey>,
        event: &Event,
    ) -> Change {
        Change::Event(Box::new(EventRecord {
            run: what.into().log(),
            cursor: 0,
            at: self.now(),
            execution: execution.cloned(),
            body: serde_json::to_value(event).unwrap_or(Value::Null),
        }))
    }

    /// Changes the record of a run that is under way, by whoever has locked it already.
    pub(crate) async fn change(
        &self,
        mut record: tokio::sync::MutexGuard<'_, RunRecord>,
        with: Vec<Change>,
        change: impl FnOnce(&mut RunRecord),
    ) -> Result<(), StoreError> {
        let mut changed = record.clone();
        change(&mut changed);
        changed.updated_at = self.now();
        let mut changes = vec![Change::Run(Box::new(changed.clone()))];
        changes.extend(with);
        self.store.commit(changes).await?;
        *record = changed;
        Ok(())
    }

    /// Bytes that a record names.
    pub(crate) async fn blob(&self, digest: &Digest) -> Result<Bytes, StoreError> {
        let found = self.store.blob(digest).await?;
        found.ok_or_else(|| StoreError::Unreadable {
            what: format!("blob {digest}"),
            reason: "it is named by a record, but isn't there".into(),
        })
    }

    /// The same where a record may name none.
    pub(crate) async fn blob_if_any(
        &self,
        digest: Option<Digest>,
    ) -> Result<Option<Bytes>, StoreError> {
        match digest {
            Some(digest) => Ok(Some(self.blob(&digest).await?)),
            None => Ok(None),
        }
    }

    /// The text that a record names.
    pub(crate) async fn text(&self, digest: &Digest) -> Result<String, StoreError> {
        Ok(String::from_utf8_lossy(&self.blob(digest).await?).into_owned())
    }

    /// The JSON that a record names.
    pub(crate) async fn json<T: DeserializeOwned>(
        &self,
        digest: &Digest,
        what: impl FnOnce() -> String,
    ) -> Result<T, StoreError> {
        from_json(&self.blob(digest).await?, what)
    }
}

/// The documents of a run that count: where each stands, and its text.
pub(crate) async fn current_documents(
    house: &House,
    plan: &Plan,
    record: &RunRecord,
) -> Result<BTreeMap<DocumentPlace, Digest>, StoreError> {
    let all = house
        .store
        .documents(Scope::of_run(record.id, Gaps::Refuse))
        .await?;
    let counting = all
        .into_iter()
        .filter(|document| !document.deleted && record.counts(&document.key.execution));
    let places = counting.filter_map(|document| {
        let DocumentKey { execution, name } = document.key;
        let place = (plan.index_of(&execution.path)?, execution.at, name);
        Some((place, document.revisions.last()?.digest))
    });
    Ok(places.collect())
}
