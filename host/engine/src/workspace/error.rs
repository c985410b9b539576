//! Why a file of a workspace can't be published.
//!
//! What a step is told when it reads or lists is the contract's `WorkspaceError`.

use std::io;

/// Which sort of failure, since the mend differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub(crate) enum PublishErrorKind {
    /// No room, or no quota, is left.
    Full,
    /// This user may not write there, or the file system is mounted to be read only.
    Permission,
    /// Anything else: something stands in the way, or the system failed.
    Other,
}

/// Why a path can't be made to hold what it should.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` can't be published: {reason}")]
pub(crate) struct PublishError {
    /// The path below the workspace.
    pub(crate) path: String,
    /// Which sort of failure.
    pub(crate) kind: PublishErrorKind,
    /// What happened.
    pub(crate) reason: String,
}

impl PublishError {
    /// Something is in the way that only a person may remove.
    pub(super) fn refused(path: &str, reason: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            kind: PublishErrorKind::Other,
            reason: reason.into(),
        }
    }

    pub(super) fn from_io(path: &str, doing: &str, error: &io::Error) -> Self {
        let kind = match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => PublishErrorKind::Full,
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                PublishErrorKind::Permission
            }
            _ => PublishErrorKind::Other,
        };
        Self {
            path: path.to_owned(),
            kind,
            reason: format!("{doing}: {error}"),
        }
    }

    /// What to do about it, as the beginning of a sentence.
    #[must_use]
    pub(crate) fn hint(&self) -> String {
        let hint = match self.kind {
            PublishErrorKind::Full => "make room on the disk of the workspace",
            PublishErrorKind::Permission => {
                "let this user write to the file's folder, or run as one who may"
            }
            PublishErrorKind::Other => "move away what stands in its place",
        };
        hint.into()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::words::OpenError;

    #[test]
    fn each_failure_of_the_system_gets_its_own_mend() {
        let kind = |kind: io::ErrorKind| PublishError::from_io("a", "writing", &kind.into()).kind;
        assert_eq!(kind(io::ErrorKind::StorageFull), PublishErrorKind::Full);
        assert_eq!(kind(io::ErrorKind::QuotaExceeded), PublishErrorKind::Full);
        assert_eq!(
            kind(io::ErrorKind::PermissionDenied),
            PublishErrorKind::Permission
        );
        assert_eq!(
            kind(io::ErrorKind::ReadOnlyFilesystem),
            PublishErrorKind::Permission
        );
        assert_eq!(kind(io::ErrorKind::NotADirectory), PublishErrorKind::Other);

        let open = |kind: io::ErrorKind| OpenError::from_io(Path::new("/w"), &kind.into());
        assert!(matches!(
            open(io::ErrorKind::PermissionDenied),
            OpenError::Permission { .. }
        ));
        assert!(matches!(
            open(io::ErrorKind::TimedOut),
            OpenError::Other { .. }
        ));
    }
}
