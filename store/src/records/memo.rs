//! A memo: what an execution got from outside, by which it can be started afresh and get the same.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use stepwell_contract::{Digest, ExecutionKey};

use super::OtherFields;

/// What names a memo within its execution (rule E2). It doesn't depend on the order of the questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MemoKey {
    /// The hash of the question.
    pub question: Digest,
    /// Which of the equal questions of the execution, from 0.
    pub occurrence: u32,
}

/// One answer from outside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MemoRecord {
    /// The execution that asked.
    pub execution: ExecutionKey,
    /// The question.
    #[serde(flatten)]
    pub key: MemoKey,
    /// What sort of question, for a person: `complete`, `read`, `ask`.
    pub kind: String,
    /// The answer, as the host function gave it. Bytes stand in it as digests of blobs (rule E4).
    pub answer: serde_json::Value,
    /// The attempt that asked: what an attempt asked before a crash and not again after it is a divergence (rule E18).
    #[serde(default)]
    pub attempt: u32,
    /// An error from outside holds for this attempt only and is forgotten by the next (rule E10).
    #[serde(default)]
    pub only_attempt: Option<u32>,
    /// When it was received.
    pub received_at: Timestamp,
    /// What a later build wrote.
    #[serde(flatten)]
    pub other: OtherFields,
}
