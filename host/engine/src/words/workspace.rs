//! Why a workspace can't be opened.

use std::io;
use std::path::{Path, PathBuf};

/// Why a workspace can't be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// There is nothing at its path.
    #[error("the workspace `{}` does not exist", path.display())]
    NotFound {
        /// The workspace.
        path: PathBuf,
    },
    /// There is something else at its path.
    #[error("the workspace `{}` is not a directory", path.display())]
    NotADirectory {
        /// The workspace.
        path: PathBuf,
    },
    /// This user may not enter or list it.
    #[error("the workspace `{}` can't be read by this user", path.display())]
    Permission {
        /// The workspace.
        path: PathBuf,
    },
    /// Anything else.
    #[error("the workspace `{}` can't be opened: {reason}", path.display())]
    Other {
        /// The workspace.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
}

impl OpenError {
    pub(crate) fn from_io(path: &Path, error: &io::Error) -> Self {
        let path = path.to_owned();
        match error.kind() {
            io::ErrorKind::NotFound => Self::NotFound { path },
            io::ErrorKind::NotADirectory => Self::NotADirectory { path },
            io::ErrorKind::PermissionDenied => Self::Permission { path },
            _ => Self::Other {
                path,
                reason: error.to_string(),
            },
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        let hint = match self {
            Self::NotFound { .. } => {
                "create it, or name another: `workspace` in the definition, or `--workspace`"
            }
            Self::NotADirectory { .. } => {
                "name a directory: `workspace` in the definition, or `--workspace`"
            }
            Self::Permission { .. } => {
                "run as a user who may read and enter it, or change its permissions"
            }
            Self::Other { .. } => {
                "see that its file system is there and whole, or name another: `--workspace`"
            }
        };
        hint.into()
    }
}
