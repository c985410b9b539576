//! Answers that reach a run while it is under way, from another face than the one that drives it.
//!
//! The answers themselves stand in the run's record, where every open question looks for them. Here is only who must
//! be woken for them, and the moment from which on the run takes no more of them.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use stepwell_store::RunRecord;
use tokio::sync::watch;

/// What arrives for a run that is under way.
pub(crate) struct Mailbox {
    /// The run's record. Held across a commit, so that two changes at once don't write over each other, and while the
    /// mailbox is closed.
    pub(crate) record: tokio::sync::Mutex<RunRecord>,
    arrived: watch::Sender<u64>,
    closed: AtomicBool,
}

impl Mailbox {
    pub(crate) fn new(record: RunRecord) -> Self {
        Self {
            record: tokio::sync::Mutex::new(record),
            arrived: watch::Sender::new(0),
            closed: AtomicBool::new(false),
        }
    }

    /// Answers came, and are in the record.
    pub(crate) fn arrived(&self) {
        self.arrived.send_modify(|count| *count += 1);
    }

    /// Tells of every arrival from now on.
    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.arrived.subscribe()
    }

    /// The run comes to rest: whoever has an answer takes it up anew.
    pub(crate) fn close(&self) {
        self.closed.store(true, SeqCst);
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(SeqCst)
    }
}
