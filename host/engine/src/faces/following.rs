//! Following a run: its events in their order, and between them what is only worth seeing while it happens.

use stepwell_contract::Undertaking;
use stepwell_store::Notice;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::Operations;
use crate::words::{EngineError, EventView, Happening, Live};

/// How many events are read at once.
const PAGE: usize = 500;

/// Follows one run or comparison. Nothing of the events is missed or seen twice, however slow the reader is: one who falls behind is
/// given them from the store. What is live is passed over then.
pub struct Follow {
    operations: Operations,
    what: Undertaking,
    cursor: u64,
    notices: Receiver<Notice>,
    live: Receiver<Live>,
    read: std::vec::IntoIter<EventView>,
    /// Whether the store may have events after the cursor.
    behind: bool,
}

impl Operations {
    pub(super) fn follow(&self, what: Undertaking, after: u64) -> Follow {
        Follow {
            operations: self.clone(),
            what,
            cursor: after,
            notices: self.house.store.watch(),
            live: self.house.live.subscribe(),
            read: Vec::new().into_iter(),
            behind: true,
        }
    }
}

impl Follow {
    /// The next thing that happens; none when nothing can happen any more. It may be dropped while it waits.
    ///
    /// # Errors
    /// The store's.
    pub async fn next(&mut self) -> Result<Option<Happening>, EngineError> {
        loop {
            if let Some(event) = self.read.next() {
                self.cursor = event.cursor;
                return Ok(Some(Happening::Event(event)));
            }
            if self.behind {
                let events = self.operations.events(self.what, self.cursor, PAGE).await?;
                self.behind = events.len() == PAGE;
                self.read = events.into_iter();
                continue;
            }
            tokio::select! {
                notice = self.notices.recv() => match notice {
                    Ok(Notice::Events { run, cursor }) => {
                        self.behind = run == self.what.log() && cursor > self.cursor;
                    }
                    Ok(Notice::Prompt(_)) => {}
                    Err(RecvError::Lagged(_)) => self.behind = true,
                    Err(RecvError::Closed) => return Ok(None),
                },
                live = self.live.recv() => match live {
                    Ok(live) if live.run().is_none_or(|run| run == self.what.log()) => {
                        return Ok(Some(Happening::Live(live)));
                    }
                    Ok(_) | Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return Ok(None),
                },
            }
        }
    }

    /// Everything that is in the store by now and was not given yet.
    ///
    /// # Errors
    /// The store's.
    pub async fn rest(&mut self) -> Result<Vec<EventView>, EngineError> {
        // The cursor is that of the last one given: what is read already is read again.
        self.read = Vec::new().into_iter();
        let rest = self.operations.events(self.what, self.cursor, usize::MAX);
        let rest = rest.await?;
        self.cursor = rest.last().map_or(self.cursor, |last| last.cursor);
        self.behind = false;
        Ok(rest)
    }
}
