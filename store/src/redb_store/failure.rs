//! What went wrong below, in the store's own words.
//!
//! Nothing here recovers from anything.

use std::io;
use std::path::{Path, PathBuf};

use crate::StoreError;

/// A rule that a change breaks, or a record that can't be read: either concerns one caller. Or the database below.
#[derive(Debug)]
pub(super) enum Trouble {
    Store(StoreError),
    Database(redb::Error),
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

macro_rules! from_database {
    ($($error:ident),+) => {$(
        impl From<redb::$error> for Trouble {
            fn from(error: redb::$error) -> Self {
                Self::Database(error.into())
            }
        }
    )+};
}
from_database!(
    StorageError,
    TableError,
    DatabaseError,
    TransactionError,
    CommitError,
    CompactionError
);

/// Where the store is, for messages.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) folder: PathBuf,
    pub(super) file: PathBuf,
}

impl Place {
    pub(super) fn in_folder(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            file: folder.join(super::folder::DATABASE),
        }
    }

    pub(super) fn in_memory() -> Self {
        let name = PathBuf::from("(in memory)");
        Self {
            folder: name.clone(),
            file: name,
        }
    }

    pub(super) fn io(&self, path: &Path, error: &io::Error) -> StoreError {
        use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
        if matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge) {
            return StoreError::Full {
                path: self.folder.clone(),
                lacking: None,
            };
        }
        StoreError::Io {
            path: path.to_owned(),
            reason: error.to_string(),
        }
    }

    pub(super) fn damaged(&self, reason: String) -> StoreError {
        StoreError::Damaged {
            path: self.file.clone(),
            reason,
        }
    }

    /// So many acknowledged transactions are gone.
    pub(super) fn lost(&self, transactions: u64) -> StoreError {
        self.damaged(format!(
            "the last {transactions} of the changes that it had acknowledged are gone; it was damaged, or an older file was \
             put in its place"
        ))
    }

    pub(super) fn trouble(&self, trouble: Trouble) -> StoreError {
        let error = match trouble {
            Trouble::Store(error) => return error,
            Trouble::Database(error) => error,
        };
        match error {
            redb::Error::DatabaseAlreadyOpen => super::holder::held(&self.folder),
            // What redb says of a file that doesn't begin as one of its own.
            redb::Error::Io(error) if error.kind() == io::ErrorKind::InvalidData => {
                self.damaged(error.to_string())
            }
            // A file that ends in the middle of a page.
            redb::Error::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                self.damaged("the file is shorter than it says".into())
            }
            redb::Error::Io(error) => self.io(&self.file, &error),
            error @ redb::Error::PreviousIo => StoreError::Io {
                path: self.file.clone(),
                reason: error.to_string(),
            },
            error => self.damaged(error.to_string()),
        }
    }
}
