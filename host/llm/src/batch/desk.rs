//! Where calls are handed over that are sent in batches, and what one is given back.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use stepwell_contract::{Digest, Expense};

use super::answer::BatchAnswer;
use crate::Ledger;

/// Where an attempt stands that is sent in a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PlaceInBatch {
    /// The batch, by its id here.
    pub batch: u128,
    /// Which of its requests it is, from 0.
    pub request: u32,
}

/// Gathers calls into batches.
pub trait BatchDesk: fmt::Debug + Send + Sync {
    /// A place for a request of so many bytes to a model of a provider, by the provider's name in the settings and the model's name
    /// there. A batch is about one model.
    fn place(&self, provider: &str, model: &str, bytes: usize) -> Box<dyn BatchPlace>;
}

/// A place in a batch that is gathered. Dropped, it stays empty.
pub trait BatchPlace: Send {
    /// Which it is, for what is written down before the request is handed over.
    fn place(&self) -> PlaceInBatch;

    /// Hands the request over, whose intent is durable. Whoever made the call is told its answer by making it again
    /// ([`Call::came`](crate::Call::came)).
    fn hand_over(self: Box<Self>, body: Bytes);
}

/// What came of an attempt that was sent in a batch.
#[derive(Debug, Clone)]
pub struct CameInBatch {
    /// Where it stood.
    pub place: PlaceInBatch,
    /// What was sent, which may be asked otherwise by now.
    pub sent: Digest,
    /// What came.
    pub answer: BatchAnswer,
    /// When its intent was written: it counts in the budget of that day.
    pub started_at: Timestamp,
    /// What budgets hold for it.
    pub reserved: Expense,
    /// Which these are. It may be another one's to pay than who asks for it now.
    pub held_in: Vec<Arc<Ledger>>,
    /// How many attempts of the same call came before it.
    pub before: u32,
}
