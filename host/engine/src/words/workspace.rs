//! Why a workspace can't be opened, and why a file of it can't be published.

use std::io;
use std::path::{Path, PathBuf};

use stepwell_contract::{FolderProblem, Obstacle, Remedy};

/// Why a workspace can't be opened.
#[derive(Debug, thiserror::Error)]
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
    /// It is closed to every step, or lies in what is.
    #[error("`{}` can't be a workspace: {rule}, and closed to every step", path.display())]
    Closed {
        /// The workspace.
        path: PathBuf,
        /// What closes it.
        rule: String,
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

    /// What helps.
    #[must_use]
    pub fn remedy(&self) -> Remedy {
        let problem = match self {
            Self::NotFound { .. } => FolderProblem::Missing,
            Self::NotADirectory { .. } => FolderProblem::NotAFolder,
            Self::Permission { .. } => FolderProblem::Permission,
            Self::Closed { .. } => FolderProblem::Closed,
            Self::Other { .. } => FolderProblem::System,
        };
        Remedy::ChooseWorkspace { problem }
    }
}

/// Why a path can't be made to hold what it should.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` can't be published: {reason}")]
pub struct PublishError {
    /// The path below the workspace.
    pub path: String,
    /// What stands in the way.
    pub obstacle: Obstacle,
    /// What happened.
    pub reason: String,
}
