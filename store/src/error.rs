//! Why the store said no.

use std::fmt;
use std::path::PathBuf;

use stepwell_contract::amounts::size;
use stepwell_contract::{Name, Remedy};

/// Why an operation of the store failed.
#[derive(Debug, Clone, thiserror::Error)]
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
    #[error("no space is left for the store {}{}", path.display(), lacking.map(|lacking| lacking.to_string()).unwrap_or_default())]
    Full {
        /// The store's folder.
        path: PathBuf,
        /// What was to be kept free for an answer, where it was that which found none.
        lacking: Option<Lacking>,
    },
    /// The folder or a file can't be written or read.
    #[error("the store {} can't be used: {reason}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system says.
        reason: String,
    },
    /// Something in the store's folder isn't the store's own.
    #[error("{} is {found}, and the files and folders of a store are its own", path.display())]
    Stray {
        /// Where it is.
        path: PathBuf,
        /// What it is.
        found: Stray,
    },
    /// The file is no store, or is damaged.
    #[error("the store {} is damaged: {reason}", path.display())]
    Damaged {
        /// The store's file.
        path: PathBuf,
        /// What the database says.
        reason: String,
    },
    /// Something is where a backup is to go.
    #[error("a backup goes into a folder of its own, and there is something in {}", path.display())]
    BackupInTheWay {
        /// The folder.
        path: PathBuf,
    },
    /// A backup was to go where the store's own files are.
    #[error("a backup in {} would go with the store {}, in whose folder it lies", path.display(), store.display())]
    BackupWithinStore {
        /// The folder.
        path: PathBuf,
        /// The store's folder.
        store: PathBuf,
    },
    /// One record can't be decoded; the others can.
    #[error("the record of {what} can't be read: {reason}")]
    Unreadable {
        /// Which record, for a person: `prompt requirement`.
        what: String,
        /// What the decoder says.
        reason: String,
    },
    /// The template of one version can't be read; the others can.
    #[error("v{number} of prompt `{name}` can't be read: {reason}")]
    UnreadableVersion {
        /// The prompt.
        name: Name,
        /// The version.
        number: u32,
        /// What is wrong with its template.
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

/// What is found where a store has a file or a folder of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stray {
    /// A symbolic link.
    Link,
    /// The store's folder itself is a link, and what it leads to holds other things and no store.
    LinkToOthers,
    /// A folder.
    Folder,
    /// A file.
    File,
    /// A pipe, a device, a socket.
    Special,
}

impl fmt::Display for Stray {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Link => "a link",
            Self::LinkToOthers => "a link to a folder that holds other things",
            Self::Folder => "a folder",
            Self::File => "a file",
            Self::Special => "a pipe, a device or a socket",
        })
    }
}

/// Room that isn't there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lacking {
    /// Bytes that an answer may need.
    pub needed: u64,
    /// Bytes that are free; none where that isn't what lacks, but a quota or a limit of files, or isn't known.
    pub free: Option<u64>,
}

impl fmt::Display for Lacking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let needed = size(self.needed);
        write!(f, ": an answer may need {needed}, and ")?;
        match self.free {
            Some(free) => write!(f, "{} are free", size(free)),
            None => f.write_str("a quota or a limit of the system doesn't allow that"),
        }
    }
}

impl StoreError {
    /// What helps.
    #[must_use]
    pub fn remedy(&self) -> Remedy {
        match self {
            Self::Held { .. } => Remedy::WaitForHolder,
            Self::Full { .. } => Remedy::FreeSpace,
            Self::Io { .. } => Remedy::ChooseStore,
            Self::Stray { path, .. } => Remedy::RemoveStray {
                path: path.display().to_string(),
            },
            Self::BackupInTheWay { .. } => Remedy::NameEmptyFolder,
            Self::BackupWithinStore { .. } => Remedy::NameFolderOutside,
            Self::Damaged { .. } => Remedy::RestoreBackup,
            Self::Unreadable { .. } => Remedy::ListUnreadable,
            Self::UnreadableVersion { name, number, .. } => Remedy::LeaveVersion {
                name: name.clone(),
                number: *number,
            },
            Self::NoSuchPrompt { .. } => Remedy::ListPrompts,
            Self::NoSuchVersion { name, .. } => Remedy::ListVersions { name: name.clone() },
            Self::VersionIsCurrent { name, .. } => Remedy::UseAnotherVersion { name: name.clone() },
            Self::NoSuchDocument { .. } => Remedy::ListDocuments,
        }
    }
}
