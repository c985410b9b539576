//! What an execution has written so far and nobody else sees yet (rule E8).

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use stepwell_contract::Digest;
use stepwell_store::Change;

/// Staged files and prompt changes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Staging {
    /// What each path will hold; none is removed.
    pub(crate) files: BTreeMap<String, Option<Bytes>>,
    /// Prompt changes, in the order in which they were made.
    pub(crate) prompts: Vec<StagedPrompt>,
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

    /// The form that a checkpoint keeps, and the blobs that it names.
    pub(crate) fn keep(&self) -> (KeptStaging, Vec<Change>) {
        let files = self
            .files
            .iter()
            .map(|(path, file)| (path.clone(), file.as_ref().map(Digest::of)))
            .collect();
        let blobs = self
            .files
            .values()
            .flatten()
            .cloned()
            .map(Change::Blob)
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
