//! Events: what a face follows while a run is under way, and reads again afterwards.

use stepwell_contract::RunId;
use stepwell_store::{EventRecord, Notice};
use tokio::sync::broadcast;

use super::Engine;
use crate::words::{EngineError, Event, EventView, Live};

impl Engine {
    /// The events of a run after a cursor (0 is from the first), at most `limit`.
    ///
    /// # Errors
    /// The store's.
    pub async fn events(
        &self,
        run: RunId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<EventView>, EngineError> {
        Ok(self
            .house
            .store
            .events(run, after, limit)
            .await?
            .into_iter()
            .map(view_of)
            .collect())
    }

    /// Tells of every new event from now on, by its cursor; a watcher that falls behind reads [`Engine::events`].
    #[must_use]
    pub fn watch(&self) -> broadcast::Receiver<Notice> {
        self.house.store.watch()
    }

    /// What is only worth seeing while it happens: tokens, waits, lines of the log before they are durable.
    #[must_use]
    pub fn live(&self) -> broadcast::Receiver<Live> {
        self.house.live.subscribe()
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
