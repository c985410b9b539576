//! Why the store said no.

use std::path::PathBuf;

use stepwell_contract::Name;

/// Why an operation of the store failed.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another process has the store open.
    #[error("the store {} is in use by process {pid}{}", path.display(), command.as_ref().map(|c| format!(" (`{c}`)")).unwrap_or_default())]
    Held {
        /// The store's folder.
        path: PathBuf,
        /// The process that holds it; 0 is not known.
        pid: u32,
        /// Its command line, where it could be read.
        command: Option<String>,
    },
    /// The disk, or the person's quota, is full.
    #[error("no space is left for the store {}", path.display())]
    Full {
        /// The store's folder.
        path: PathBuf,
    },
    /// The folder or a file can't be written or read.
    #[error("the store {} can't be used: {reason}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system says.
        reason: String,
    },
    /// The file is no store, or is damaged.
    #[error("the store {} is damaged: {reason}", path.display())]
    Damaged {
        /// The store's file.
        path: PathBuf,
        /// What the database says.
        reason: String,
    },
    /// One record can't be decoded; the others can.
    #[error("the record of {what} can't be read: {reason}")]
    Unreadable {
        /// Which record, for a person: `prompt requirement`.
        what: String,
        /// What the decoder says.
        reason: String,
    },
    /// There is no such prompt.
    #[error("there is no prompt `{name}`")]
    NoSuchPrompt {
        /// The prompt.
        name: Name,
    },
    /// There is no such version of the prompt.
    #[error("prompt `{name}` has no version v{number}; it has {}", kept.iter().map(|n| format!("v{n}")).collect::<Vec<_>>().join(", "))]
    NoSuchVersion {
        /// The prompt.
        name: Name,
        /// The version.
        number: u32,
        /// The versions that are kept.
        kept: Vec<u32>,
    },
    /// The current version can't be deleted.
    #[error("v{number} of prompt `{name}` is the current version and can't be deleted")]
    VersionIsCurrent {
        /// The prompt.
        name: Name,
        /// The version.
        number: u32,
    },
    /// There is no such document.
    #[error("there is no document `{name}` of {step}")]
    NoSuchDocument {
        /// The document.
        name: String,
        /// The step, as the execution key shows it.
        step: String,
    },
}

impl StoreError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Held { .. } => Some("wait until it ends, or stop it; one process at a time has the store open".into()),
            Self::Full { .. } => Some("free some space and give the same command again: nothing that was stored is lost".into()),
            Self::Io { .. } => Some("check that you may write there, or name another folder with `--store DIR`".into()),
            Self::Damaged { .. } => Some("put a backup in its place, or name another folder with `--store DIR`; the damaged file is left as it is".into()),
            Self::Unreadable { .. } => Some("`stepwell doctor` lists every record that can't be read".into()),
            Self::NoSuchPrompt { .. } => Some("`stepwell prompt list` shows the prompts; one appears when a run, or `prompt add`, first uses it".into()),
            Self::NoSuchVersion { name, .. } => Some(format!("`stepwell prompt list {name}` shows its versions")),
            Self::VersionIsCurrent { name, .. } => Some(format!("make another version current first: `stepwell prompt use {name} N`")),
            Self::NoSuchDocument { .. } => Some("`stepwell docs list` shows the documents".into()),
        }
    }
}
