//! Why a file of a workspace can't be published.
//!
//! What a step is told when it reads or lists is the contract's `WorkspaceError`.

use std::io;

use stepwell_contract::Obstacle;

use crate::words::PublishError;

impl PublishError {
    /// Something is in the way that only a person may remove.
    pub(super) fn refused(path: &str, reason: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            obstacle: Obstacle::InTheWay,
            reason: reason.into(),
        }
    }

    pub(super) fn from_io(path: &str, doing: &str, error: &io::Error) -> Self {
        let obstacle = match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Obstacle::Full,
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Obstacle::Permission
            }
            _ => Obstacle::InTheWay,
        };
        Self {
            path: path.to_owned(),
            obstacle,
            reason: format!("{doing}: {error}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::words::OpenError;

    #[test]
    fn each_failure_of_the_system_gets_its_own_mend() {
        let kind =
            |kind: io::ErrorKind| PublishError::from_io("a", "writing", &kind.into()).obstacle;
        assert_eq!(kind(io::ErrorKind::StorageFull), Obstacle::Full);
        assert_eq!(kind(io::ErrorKind::QuotaExceeded), Obstacle::Full);
        assert_eq!(kind(io::ErrorKind::PermissionDenied), Obstacle::Permission);
        assert_eq!(
            kind(io::ErrorKind::ReadOnlyFilesystem),
            Obstacle::Permission
        );
        assert_eq!(kind(io::ErrorKind::NotADirectory), Obstacle::InTheWay);

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
