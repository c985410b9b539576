//! The directory of a run's workspace: look at files, list them by glob, publish them atomically.
//!
//! It knows nothing of runs: staging, memos, the overlay of what is committed and not yet published, and the
//! comparison with what an execution first saw stand above it. It never follows a path out of its directory, never
//! opens what is closed to every step (rule E6), and never waits on a pipe or a device.
//!
//! A path is checked twice: by its text ([`WorkspaceFolder::normalise`]), and again once every symbolic link on the
//! way is resolved, since a link `docs -> .git` would otherwise open what its text doesn't name. A link at the end of a path
//! is read and written through, as a linked folder on its way is, and never replaced ([`WorkspaceFolder::behind_link`]).

mod apart;
mod aside;
mod closed;
mod diff;
mod error;
mod exchange;
mod folders;
mod ignored;
mod lending;
mod links;
mod listing;
mod path;
mod resolving;
mod searching;
mod shown;
mod skimming;
mod temporary;
mod trouble;
mod writing;

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use stepwell_contract::{WorkspaceError, WorkspaceErrorKind};

use crate::words::OpenError;
pub(crate) use apart::{Look, Looked, Workspace};
pub(crate) use aside::{Aside, Mode, Taken};
pub(crate) use diff::unified_diff_with;
pub use diff::{named_diff, unified_diff};

use closed::Closed;
use ignored::IgnoreRules;
pub(crate) use ignored::RulesBefore;
pub(crate) use lending::{Lending, NotLent};
pub(crate) use links::Leads;
use path::shown;
use resolving::{Resolved, Unresolved};
pub(crate) use searching::{Known, Search, Searched};
pub(crate) use shown::Shown;
pub(crate) use skimming::{Skimmed, too_large as too_large_beside};

/// The code of the error that something else than a file is at a path.
pub(crate) const NOT_A_FILE: &str = "not-a-file";

/// A workspace's directory, held open.
#[derive(Debug)]
pub(crate) struct WorkspaceFolder {
    /// Every access below the root goes through this handle, which no path can leave.
    directory: Dir,
    closed: Closed,
    /// The rules of the repository that the workspace is a part of, from above the root.
    inherited: IgnoreRules,
    /// Whether the system may be asked to exchange two names. Only tests of what is done elsewhere say no.
    exchanges: bool,
}

impl WorkspaceFolder {
    /// Opens the directory at `root`.
    ///
    /// No step may touch what `closed` names (files, or folders with all that is in them; absolute, or relative to the
    /// root; what lies elsewhere is closed anyway), nor `.stepwell`, `.git`, `stepwell.toml` and `stepwell.lock` at any
    /// depth (rule E6).
    ///
    /// # Errors
    /// [`OpenError`] says what is in the way.
    pub(crate) fn open(root: &Path, closed: &[PathBuf]) -> Result<Self, OpenError> {
        let failed = |error: io::Error| OpenError::from_io(root, &error);
        let directory = Dir::open_ambient_dir(root, ambient_authority()).map_err(failed)?;
        // A directory that can be entered but not listed would fail at the first listing, in the middle of a run.
        directory.entries().map_err(failed)?;
        let canonical = std::fs::canonicalize(root).map_err(failed)?;
        if let Some(rule) = Closed::rule_for_root(&canonical, closed) {
            let path = root.to_owned();
            return Err(OpenError::Closed { path, rule });
        }
        let closed = Closed::new(&directory, &[root, &canonical], closed);
        let inherited = IgnoreRules::above(&directory, &canonical);
        Ok(Self {
            directory,
            closed,
            inherited,
            exchanges: true,
        })
    }

    /// Checks a path that a step gave and brings it into the one form under which its file is known.
    ///
    /// # Errors
    /// [`WorkspaceErrorKind::InvalidPath`] for what isn't a path below the workspace, and
    /// [`WorkspaceErrorKind::Denied`] for what is closed. The message names the path and the rule.
    pub(crate) fn normalise(&self, given: &str) -> Result<String, WorkspaceError> {
        let path = path::normalise(given)?;
        match self.closed.rule_for(Path::new(&path)) {
            Some(rule) => Err(closed_error(given, &rule)),
            None => Ok(path),
        }
    }

    /// The bytes of a regular file; none where there is none.
    ///
    /// Symbolic links are followed as long as they stay inside.
    ///
    /// # Errors
    /// As [`normalise`](Self::normalise), for the path and for where it leads; [`WorkspaceErrorKind::TooLarge`] for a
    /// file of more than `max_bytes`; `Other` with the code `not-a-file` for a folder, a pipe or a device, and with
    /// `unreadable` where the system says no.
    pub(crate) fn read(
        &self,
        path: &str,
        max_bytes: u64,
    ) -> Result<Option<Vec<u8>>, WorkspaceError> {
        self.read_normal(&self.normalise(path)?, max_bytes)
    }

    /// As [`read`](Self::read), of a path in the form under which its file is known.
    fn read_normal(&self, path: &str, max_bytes: u64) -> Result<Option<Vec<u8>>, WorkspaceError> {
        self.read_at(path, self.place(path)?, max_bytes)
    }

    /// As [`read`](Self::read), where it is known where the path leads.
    fn read_at(
        &self,
        path: &str,
        place: Resolved,
        max_bytes: u64,
    ) -> Result<Option<Vec<u8>>, WorkspaceError> {
        let real = match place {
            Resolved::Found {
                path: real,
                metadata,
            } if metadata.is_file() => real,
            Resolved::Found { metadata, .. } => {
                return Err(not_a_file(
                    path,
                    if metadata.is_dir() {
                        "a folder"
                    } else {
                        "no regular file"
                    },
                ));
            }
            Resolved::Missing { .. } => return Ok(None),
        };
        let unreadable = |error: io::Error| unreadable(path, &error);
        let file = match self.directory.open(&real) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unreadable(error)),
        };
        let metadata = file.metadata().map_err(unreadable)?;
        if !metadata.is_file() {
            return Err(not_a_file(path, "no regular file"));
        }
        let too_large = |size: u64| {
            let message = format!(
                "`{}` has {size} bytes; `limits.transfer` allows {max_bytes}",
                shown(path)
            );
            WorkspaceError::new(WorkspaceErrorKind::TooLarge, message)
        };
        if metadata.len() > max_bytes {
            return Err(too_large(metadata.len()));
        }
        let mut content = Vec::new();
        // A file may grow between the look at its size and its end.
        file.take(max_bytes.saturating_add(1))
            .read_to_end(&mut content)
            .map_err(unreadable)?;
        let size = content.len() as u64;
        if size > max_bytes {
            Err(too_large(size))
        } else {
            Ok(Some(content))
        }
    }

    /// Whether a folder stands at a path.
    pub(crate) fn has_folder(&self, path: &str) -> bool {
        let place = self.normalise(path).and_then(|path| self.place(&path));
        matches!(place, Ok(Resolved::Found { metadata, .. }) if metadata.is_dir())
    }

    /// Where a normalised path leads once its links are followed, checked against what is closed.
    fn place(&self, path: &str) -> Result<Resolved, WorkspaceError> {
        let place = resolving::resolve(&self.directory, Path::new(path)).map_err(|unresolved| {
            match unresolved {
                Unresolved::Failed(error) => unreadable(path, &error),
                Unresolved::Outside { .. } | Unresolved::Loop { .. } => WorkspaceError::new(
                    WorkspaceErrorKind::InvalidPath,
                    format!(
                        "the path `{}` leads outside the workspace or nowhere: {unresolved}",
                        shown(path)
                    ),
                ),
            }
        })?;
        match self.closed.rule_for(place.path()) {
            Some(rule) => Err(closed_error(path, &rule)),
            None => Ok(place),
        }
    }
}

fn closed_error(path: &str, rule: &str) -> WorkspaceError {
    let message = format!(
        "the path `{}` is closed to every step, whatever its grant: {rule}",
        shown(path)
    );
    WorkspaceError::new(WorkspaceErrorKind::Denied, message)
}

fn not_a_file(path: &str, what: &str) -> WorkspaceError {
    let message = format!(
        "`{}` is {what}: only regular files can be read",
        shown(path)
    );
    WorkspaceError::new(WorkspaceErrorKind::Other(NOT_A_FILE.into()), message)
}

fn unreadable(path: &str, error: &io::Error) -> WorkspaceError {
    let message = format!("`{}` can't be read: {error}", shown(path));
    WorkspaceError::new(WorkspaceErrorKind::Other("unreadable".into()), message)
}

#[cfg(test)]
mod tests;
