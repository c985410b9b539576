//! An event of a run.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use stepwell_contract::{ExecutionKey, RunId};

/// One line of a run's log: append-only, read by its cursor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventRecord {
    /// The run.
    pub run: RunId,
    /// Its place in the run's log, from 1, without gaps. The store gives it; what the writer puts here is ignored.
    #[serde(default)]
    pub cursor: u64,
    /// When it happened.
    pub at: Timestamp,
    /// The execution that it is about.
    #[serde(default)]
    pub execution: Option<ExecutionKey>,
    /// What happened: an object with a `kind`.
    pub body: serde_json::Value,
}
