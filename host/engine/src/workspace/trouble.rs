//! Why one attempt at a path of the workspace failed.

use std::io;

use cap_std::fs::Metadata;

use super::resolving::Unresolved;

/// Why one attempt failed.
pub(super) enum Trouble {
    /// Something is in the way.
    Refused(String),
    /// The system failed, while doing this.
    Failed(&'static str, io::Error),
    /// What was there a moment ago is gone.
    Moved(&'static str),
}

/// Something that is no file stands where one should be.
pub(super) fn in_its_place(there: &Metadata) -> Trouble {
    let what = if there.is_dir() {
        "a folder stands in its place"
    } else if there.is_symlink() {
        "a symbolic link stands in its place, which is never replaced"
    } else {
        "what stands in its place is no regular file"
    };
    Trouble::Refused(what.into())
}

/// Why a path can't be followed.
pub(super) fn not_outside(unresolved: Unresolved) -> Trouble {
    match unresolved {
        Unresolved::Failed(error) => failed("following its path", error),
        Unresolved::Outside { .. } | Unresolved::Loop { .. } => Trouble::Refused(format!(
            "its path leads outside the workspace or nowhere: {unresolved}"
        )),
    }
}

pub(super) fn failed(doing: &'static str, error: io::Error) -> Trouble {
    if error.kind() == io::ErrorKind::NotFound {
        Trouble::Moved(doing)
    } else {
        Trouble::Failed(doing, error)
    }
}
