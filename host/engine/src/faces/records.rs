//! The records behind what is followed, for a face that tells other programs what ended: no texts are among them.

use stepwell_contract::{ExecutionKey, RunId};
use stepwell_store::{CallRecord, EventRecord, ExecutionRecord, RunRecord};
use uuid::Uuid;

use super::Operations;
use crate::words::{EngineError, Event, Logged};

impl Operations {
    pub(super) async fn logged(
        &self,
        run: RunId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Logged>, EngineError> {
        let events = self.house.store.events(run, after, limit).await?;
        Ok(events.into_iter().map(logged_of).collect())
    }

    pub(super) async fn run_record(&self, run: RunId) -> Result<Option<RunRecord>, EngineError> {
        Ok(self.house.store.run(run).await?)
    }

    pub(super) async fn execution_record(
        &self,
        key: &ExecutionKey,
    ) -> Result<Option<ExecutionRecord>, EngineError> {
        Ok(self.house.store.execution(key).await?)
    }

    pub(super) async fn call_record(&self, id: Uuid) -> Result<Option<CallRecord>, EngineError> {
        let mut calls = self.house.store.calls_by_id(&id.to_string(), 1).await?;
        Ok(calls.pop())
    }

    pub(super) async fn model_that_answered(
        &self,
        call: &CallRecord,
    ) -> Result<Option<String>, EngineError> {
        let response = self.house.response_of(call).await?;
        Ok(response.map(|response| response.model))
    }
}

fn logged_of(record: EventRecord) -> Logged {
    Logged {
        cursor: record.cursor,
        at: record.at,
        execution: record.execution,
        event: serde_json::from_value(record.body).unwrap_or(Event::Unknown),
    }
}
