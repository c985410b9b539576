//! A document and its revisions.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::{Digest, ExecutionKey};

use super::OtherFields;

/// What names a document: the execution that it belongs to, and its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct DocumentKey {
    /// The execution.
    pub execution: ExecutionKey,
    /// The name.
    pub name: String,
}

/// Plain text that a step wrote, or a person gave, with every text that it ever had.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DocumentRecord {
    /// What names it.
    pub key: DocumentKey,
    /// Its revisions, oldest first; the last one counts.
    pub revisions: Vec<Revision>,
    /// Whether a person deleted it; its revisions stay readable.
    #[serde(default)]
    pub deleted: bool,
    /// What a later build wrote.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// One text of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Revision {
    /// 1 when it was first stored, one more with each update.
    pub number: u32,
    /// The text, a blob.
    pub digest: Digest,
    /// Its size in bytes of UTF-8.
    pub bytes: u64,
    /// Who wrote it.
    pub author: Author,
    /// When.
    pub created_at: Timestamp,
    /// What a later build wrote.
    #[serde(flatten)]
    pub other: OtherFields,
}

impl Revision {
    /// This text, of nobody's document yet: the store gives the number.
    #[must_use]
    pub fn of(text: &[u8], author: Author, at: Timestamp) -> Self {
        Self {
            number: 0,
            digest: Digest::of(text),
            bytes: text.len() as u64,
            author,
            created_at: at,
            other: OtherFields::default(),
        }
    }
}

/// Who wrote a document's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Author {
    /// The step.
    Step,
    /// A person.
    Person,
}
