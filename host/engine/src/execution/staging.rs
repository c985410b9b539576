//! What an execution has written so far and nobody else sees yet (rule E8).

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use stepwell_contract::Digest;
use stepwell_store::Change;

/// What a record costs beside its texts.
pub(super) const RECORD: u64 = 256;

/// Staged files and prompt changes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Staging {
    /// What each path will hold; none is removed.
    pub(crate) files: BTreeMap<String, Option<Bytes>>,
    /// Prompt changes, in the order in which they were made.
    pub(crate) prompts: Vec<StagedPrompt>,
    /// What they were charged with: see `limits.prompts`.
    pub(crate) prompt_bytes: u64,
}

/// A prompt change that takes effect when the execution succeeds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(crate) enum StagedPrompt {
    /// A new version.
    Add {
        name: String,
        content: String,
        note: String,
    },
    /// A kept version becomes current.
    Use { name: String, number: u32 },
}

impl StagedPrompt {
    /// The bytes that it is charged with.
    pub(super) fn weigh(&self) -> u64 {
        let texts = match self {
            Self::Add {
                name,
                content,
                note,
            } => name.len() + content.len() + note.len(),
            Self::Use { name, .. } => name.len(),
        };
        RECORD + texts as u64
    }
}

/// A staging as a checkpoint keeps it: bytes as digests of blobs.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct KeptStaging {
    #[serde(default)]
    pub(crate) files: BTreeMap<String, Option<Digest>>,
    #[serde(default)]
    pub(crate) prompts: Vec<StagedPrompt>,
}

impl Staging {
    /// How many files it writes, and their bytes.
    pub(crate) fn size(&self) -> (u32, u64) {
        let written = self.files.values().flatten();
        let (count, bytes) = written.fold((0_u32, 0_u64), |(count, bytes), file| {
            (count + 1, bytes + file.len() as u64)
        });
        (count, bytes)
    }

    /// The form that a checkpoint keeps, and the blobs that it names and the last one didn't.
    pub(crate) fn keep(&self, last: Option<&Value>) -> (KeptStaging, Vec<Change>) {
        let last = last.and_then(|last| KeptStaging::deserialize(last).ok());
        let last = last.unwrap_or_default().files;
        let is_new =
            |path: &str, file: &Bytes| last.get(path).copied().flatten() != Some(Digest::of(file));
        let files = self
            .files
            .iter()
            .map(|(path, file)| (path.clone(), file.as_ref().map(Digest::of)))
            .collect();
        let blobs = self
            .files
            .iter()
            .filter_map(|(path, file)| Some((path, file.as_ref()?)))
            .filter(|(path, file)| is_new(path, file))
            .map(|(_, file)| Change::Blob(file.clone()))
            .collect();
        (
            KeptStaging {
                files,
                prompts: self.prompts.clone(),
            },
            blobs,
        )
    }
}

/// The bytes of some blobs.
pub(super) fn weigh(changes: &[Change]) -> u64 {
    let bytes = changes.iter().map(|change| match change {
        Change::Blob(bytes) => bytes.len() as u64,
        _ => 0,
    });
    bytes.sum()
}
