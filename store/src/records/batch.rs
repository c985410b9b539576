//! Batches of a provider: many requests that were sent as one.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::{BatchState, ComparisonId, Money};
use uuid::Uuid;

use super::OtherFields;

/// A batch of a comparison's calls. It is written before anything of it is sent, again as soon as its provider says what it calls
/// it, and when its answers were fetched.
///
/// Which calls it holds is said by their attempts ([`InBatch`]), which were written before it: an attempt whose batch isn't there
/// was never sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BatchRecord {
    /// Its id: a UUID, version 7. The provider is told it with each request.
    pub id: Uuid,
    /// The comparison that sent it.
    pub comparison: ComparisonId,
    /// The provider's name in the configuration.
    pub provider: String,
    /// How many requests it holds.
    pub requests: u32,
    /// Where it is.
    pub state: BatchState,
    /// The file with its requests, by the provider's id, where the provider takes them as one.
    #[serde(default)]
    pub file: Option<String>,
    /// What the provider calls it; none while nobody knows whether it has come there.
    #[serde(default)]
    pub at_provider: Option<String>,
    /// When it was written down.
    pub created_at: Timestamp,
    /// When the provider had taken it.
    #[serde(default)]
    pub sent_at: Option<Timestamp>,
    /// When its answers had been fetched, or it was given up.
    #[serde(default)]
    pub ended_at: Option<Timestamp>,
    /// What a later build wrote.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// Where an attempt stands that is sent in a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InBatch {
    /// The batch.
    pub batch: Uuid,
    /// Which of its requests it is, from 0.
    pub request: u32,
    /// What the same would have cost more, sent by itself; none where that isn't known, or it has no end.
    #[serde(default)]
    pub saved: Option<Money>,
}
