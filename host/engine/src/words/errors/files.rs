//! Why a file that a run wrote can't be looked at or restored.

use stepwell_contract::{Digest, Remedy, RunId};
use stepwell_git::GitError;

use super::ErrorCode;
use crate::words::PublishError;

/// Why the application says no to something about a file of a run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// The run didn't write it.
    #[error("the run didn't write a file `{path}`")]
    NotWritten {
        /// The run.
        run: RunId,
        /// The path.
        path: String,
    },
    /// It keeps no such text of it, or several that begin so.
    #[error("of `{path}` no one text begins with `{given}`")]
    NoSuchText {
        /// The run.
        run: RunId,
        /// The path.
        path: String,
        /// What was given of its digest.
        given: String,
    },
    /// Somebody changed it since, and their text is nowhere else.
    #[error("`{path}` was changed since the run wrote it, and nothing keeps that text")]
    ChangedSince {
        /// The run.
        run: RunId,
        /// The path.
        path: String,
    },
    /// What the run wrote isn't in the workspace, and never was, such as where a gate waits for a yes.
    #[error("the run has put nothing into `{path}` so far: there is nothing to bring back")]
    Held {
        /// The run.
        run: RunId,
        /// The path.
        path: String,
    },
    /// A person said no to what the run wrote, so that it never was in the workspace.
    #[error(
        "a person said no to what the run wrote into `{path}`: it was never put there, and there is nothing to bring back"
    )]
    Dropped {
        /// The run.
        run: RunId,
        /// The path.
        path: String,
        /// What it wrote; none is that it removed the file.
        text: Option<Digest>,
    },
    /// The run put what it wrote onto a branch, and changed nothing in the workspace.
    #[error(
        "run {run} changed no file in the workspace: what it writes goes onto the branch `{branch}`"
    )]
    OnBranch {
        /// The run.
        run: RunId,
        /// The branch.
        branch: String,
        /// Whether there is one already.
        is_made: bool,
    },
    /// The run has no branch: what it wrote is in the workspace.
    #[error("run {run} has no branch: what it writes goes into the workspace")]
    NoBranch {
        /// The run.
        run: RunId,
    },
    /// Nothing of the run is on its branch.
    #[error(
        "run {run} has put nothing on the branch `{branch}` so far: there is nothing to make again"
    )]
    NothingOnBranch {
        /// The run.
        run: RunId,
        /// The branch.
        branch: String,
    },
    /// Its branch can't be made again.
    #[error("the branch `{branch}` can't be made again: {error}")]
    Branch {
        /// The run.
        run: RunId,
        /// The branch.
        branch: String,
        /// Why.
        #[source]
        error: GitError,
    },
    /// It can't be written.
    #[error(transparent)]
    Unwritable(#[from] PublishError),
}

impl FileError {
    pub(super) fn code(&self) -> ErrorCode {
        match self {
            Self::NotWritten { .. } | Self::NoSuchText { .. } => ErrorCode::NoSuchFile,
            Self::ChangedSince { .. } => ErrorCode::ChangedSince,
            Self::OnBranch { .. }
            | Self::Held { .. }
            | Self::Dropped { .. }
            | Self::NoBranch { .. }
            | Self::NothingOnBranch { .. } => ErrorCode::WrongState,
            Self::Unwritable(_) | Self::Branch { .. } => ErrorCode::File,
        }
    }

    pub(super) fn remedy(&self) -> Remedy {
        match self {
            Self::NotWritten { run, .. }
            | Self::NoSuchText { run, .. }
            | Self::Held { run, .. }
            | Self::Dropped {
                run, text: None, ..
            }
            | Self::NoBranch { run }
            | Self::NothingOnBranch { run, .. }
            // What was written is in the store all the same, and can be looked at.
            | Self::Branch { run, .. } => Remedy::ListFiles { run: *run },
            Self::Dropped {
                run,
                path,
                text: Some(text),
            } => Remedy::TakeDropped {
                run: *run,
                path: path.clone(),
                text: *text,
            },
            Self::ChangedSince { run, path } => Remedy::OverwriteFile {
                run: *run,
                path: path.clone(),
            },
            Self::OnBranch {
                run,
                is_made: false,
                ..
            } => Remedy::ListFiles { run: *run },
            Self::OnBranch { branch, .. } => Remedy::DeleteBranch {
                branch: branch.clone(),
            },
            Self::Unwritable(error) => Remedy::ClearTheWay {
                obstacle: error.obstacle,
                then: None,
            },
        }
    }
}
