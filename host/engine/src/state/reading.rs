//! What is read from the store, and written to it, in the same way from everywhere.

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::Value;
use stepwell_contract::{Digest, ExecutionKey, Halt, Undertaking};
use stepwell_definition::Plan;
use stepwell_store::{Change, DocumentRecord, EventRecord, RunRecord, Scope, StoreError};

use super::house::House;
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
}

pub(crate) async fn blob_of(house: &House, digest: &Digest) -> Result<Bytes, StoreError> {
    house
        .store
        .blob(digest)
        .await?
        .ok_or_else(|| StoreError::Unreadable {
            what: format!("blob {digest}"),
            reason: "it is named by a record, but isn't there".into(),
        })
}

/// What the store has as JSON. What can't be read is an error that says `what` it is, and never as good as nothing: whoever
/// went on without it would send and write something else than before.
pub(crate) fn from_json<T: DeserializeOwned>(
    json: &[u8],
    what: impl FnOnce() -> String,
) -> Result<T, StoreError> {
    serde_json::from_slice(json).map_err(|error| unreadable(what(), &error))
}

/// The error of a record that can't be read.
pub(crate) fn unreadable(what: String, error: &serde_json::Error) -> StoreError {
    let reason = error.to_string();
    StoreError::Unreadable { what, reason }
}

/// Without its store no run goes on (rule E28).
pub(crate) fn store_halt(error: StoreError) -> Halt {
    let reason = error.to_string();
    Halt::Store { reason }
}

/// The documents of a run that count, by step and execution.
pub(crate) async fn current_documents(
    house: &House,
    plan: &Plan,
    record: &RunRecord,
) -> Result<Vec<(usize, DocumentRecord)>, StoreError> {
    let all = house
        .store
        .documents(Scope {
            run: Some(record.id),
            ..Scope::default()
        })
        .await?;
    let counts =
        |document: &DocumentRecord| !document.deleted && record.counts(&document.key.execution);
    let place = |document: &DocumentRecord| {
        plan.steps
            .iter()
            .position(|step| step.path == document.key.execution.path)
    };
    Ok(all
        .into_iter()
        .filter(counts)
        .filter_map(|document| Some((place(&document)?, document)))
        .collect())
}
