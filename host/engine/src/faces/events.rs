//! Events: what a face follows while a run is under way, and reads again afterwards.

use stepwell_contract::Undertaking;
use stepwell_store::EventRecord;

use super::Operations;
use crate::words::{EngineError, Event, EventView};

impl Operations {
    pub(super) async fn events(
        &self,
        of: Undertaking,
        after: u64,
        limit: usize,
    ) -> Result<Vec<EventView>, EngineError> {
        Ok(self
            .house
            .store
            .events(of.log(), after, limit)
            .await?
            .into_iter()
            .map(view_of)
            .collect())
    }
}

fn view_of(record: EventRecord) -> EventView {
    EventView {
        cursor: record.cursor,
        at: record.at,
        execution: record.execution.map(|key| key.to_string()),
        event: serde_json::from_value(record.body).unwrap_or(Event::Unknown),
    }
}
