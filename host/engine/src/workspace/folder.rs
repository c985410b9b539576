//! The folder itself: opened once, looked at by path and by glob.

use std::collections::BTreeSet;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions};
use globset::{GlobBuilder, GlobMatcher};
use stepwell_contract::{WorkspaceEntry, WorkspaceError, WorkspaceErrorKind};

use super::ignored::Ignored;
use super::paths::{is_closed, normalise};

/// How many files one listing may have.
const MOST_ENTRIES: usize = 100_000;

/// Why a directory can't be a workspace.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// There is none.
    #[error("the workspace {} doesn't exist", path.display())]
    NotFound {
        /// The directory.
        path: PathBuf,
    },
    /// It is something else.
    #[error("the workspace {} is not a directory", path.display())]
    NotADirectory {
        /// The path.
        path: PathBuf,
    },
    /// It can't be opened.
    #[error("the workspace {} can't be opened: {reason}", path.display())]
    Unreadable {
        /// The directory.
        path: PathBuf,
        /// What the operating system says.
        reason: String,
    },
}

impl OpenError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::NotFound { path } => format!("make it (`mkdir {}`), or name another with `--workspace DIR`", path.display()),
            Self::NotADirectory { .. } => "name a directory with `--workspace DIR`".into(),
            Self::Unreadable { .. } => "check who may read it, or name another with `--workspace DIR`".into(),
        }
    }
}

/// The directory that the steps of a run work on.
pub(crate) struct WorkspaceFolder {
    root: PathBuf,
    pub(super) dir: Dir,
    closed: BTreeSet<String>,
}

impl WorkspaceFolder {
    /// Opens a workspace. `closed` are files or folders that no step may touch; those outside don't matter.
    pub(crate) fn open(root: &Path, closed: &[PathBuf]) -> Result<Self, OpenError> {
        let path = root.to_owned();
        let metadata = std::fs::metadata(root).map_err(|error| match error.kind() {
            ErrorKind::NotFound => OpenError::NotFound { path: path.clone() },
            _ => OpenError::Unreadable { path: path.clone(), reason: error.to_string() },
        })?;
        if !metadata.is_dir() {
            return Err(OpenError::NotADirectory { path });
        }
        let unreadable = |error: std::io::Error| OpenError::Unreadable { path: path.clone(), reason: error.to_string() };
        let dir = Dir::open_ambient_dir(root, ambient_authority()).map_err(unreadable)?;
        let canonical = root.canonicalize().map_err(unreadable)?;
        let below = |closed: &PathBuf| {
            let absolute = closed.canonicalize().ok()?;
            Some(absolute.strip_prefix(&canonical).ok()?.to_str()?.to_lowercase())
        };
        let closed = closed.iter().filter_map(below).filter(|path| !path.is_empty()).collect();
        Ok(Self { root: canonical, dir, closed })
    }

    /// Checks a path that a step gave, and brings it into one form.
    pub(crate) fn normalise(&self, given: &str) -> Result<String, WorkspaceError> {
        normalise(given, &self.closed)
    }

    /// The bytes of a file; none where there is none. Links that stay inside are followed.
    pub(crate) fn read(&self, path: &str, most: u64) -> Result<Option<Vec<u8>>, WorkspaceError> {
        let other = |reason: String| WorkspaceError::new(WorkspaceErrorKind::Other("io".into()), reason);
        let metadata = match self.dir.metadata(path) {
            Ok(metadata) => metadata,
            Err(error) => return self.unreadable(path, &error),
        };
        // Opening a pipe or a device could wait for ever.
        if !metadata.is_file() {
            return Err(other(format!("`{path}` is not a file")));
        }
        // A link inside the workspace must not lead to what is closed.
        let target = self.dir.canonicalize(path).ok().and_then(|target| target.to_str().map(str::to_owned));
        if target.is_some_and(|target| is_closed(&target, &self.closed)) {
            let message = format!("`{path}` is a link to what is closed to every step");
            return Err(WorkspaceError::new(WorkspaceErrorKind::Denied, message));
        }
        let mut options = OpenOptions::new();
        options.read(true);
        let file = match self.dir.open_with(path, &options) {
            Ok(file) => file,
            Err(error) => return self.unreadable(path, &error),
        };
        let mut bytes = Vec::new();
        let limit = most.saturating_add(1);
        file.take(limit).read_to_end(&mut bytes).map_err(|error| other(format!("`{path}` can't be read: {error}")))?;
        if bytes.len() as u64 > most {
            let message = format!("`{path}` is larger than {most} bytes, which `limits.transfer` allows");
            return Err(WorkspaceError::new(WorkspaceErrorKind::TooLarge, message));
        }
        Ok(Some(bytes))
    }

    fn unreadable<T>(&self, path: &str, error: &std::io::Error) -> Result<Option<T>, WorkspaceError> {
        match error.kind() {
            // A part of the path is a file, so that nothing can stand below it.
            ErrorKind::NotFound | ErrorKind::NotADirectory => Ok(None),
            // cap-std says so where a link, or `..`, would lead outside.
            ErrorKind::PermissionDenied if self.leads_outside(path) => Err(WorkspaceError::new(
                WorkspaceErrorKind::InvalidPath,
                format!("`{path}` leads outside the workspace through a symbolic link"),
            )),
            _ => Err(WorkspaceError::new(
                WorkspaceErrorKind::Other("io".into()),
                format!("`{path}` can't be read: {error}"),
            )),
        }
    }

    fn leads_outside(&self, path: &str) -> bool {
        let parts: Vec<&str> = path.split('/').collect();
        (1..=parts.len()).any(|length| {
            let part = parts[..length].join("/");
            self.dir.symlink_metadata(&part).is_ok_and(|metadata| metadata.is_symlink())
        })
    }

    /// Whether .gitignore names a path.
    pub(crate) fn is_ignored(&self, path: &str) -> bool {
        Ignored::on_the_way_to(&self.root, path).names(&self.root, path)
    }

    /// The files that match a glob, sorted; ignored ones only where `written` has them.
    pub(crate) fn entries(
        &self,
        pattern: &str,
        written: &BTreeSet<String>,
    ) -> Result<Vec<WorkspaceEntry>, WorkspaceError> {
        let glob = glob_of(pattern)?;
        let mut found = std::collections::BTreeMap::new();
        let mut walk = ignore::WalkBuilder::new(&self.root);
        walk.hidden(false).parents(false).git_global(false).ignore(false).require_git(false).follow_links(false);
        let (root, closed) = (self.root.clone(), self.closed.clone());
        walk.filter_entry(move |entry| {
            let below = entry.path().strip_prefix(&root).ok().and_then(Path::to_str);
            below.is_some_and(|path| !is_closed(path, &closed))
        });
        // What can't be read is left out: a listing is of what a step can look at.
        for entry in walk.build().flatten() {
            let Some(path) = entry.path().strip_prefix(&self.root).ok().and_then(Path::to_str) else { continue };
            let is_file = entry.file_type().is_some_and(|kind| kind.is_file());
            if is_file && glob.is_match(path) {
                let size = entry.metadata().map_or(0, |metadata| metadata.len());
                found.insert(path.to_owned(), size);
            }
            if found.len() > MOST_ENTRIES {
                let message = format!("`{pattern}` matches more than {MOST_ENTRIES} files; ask for fewer");
                return Err(WorkspaceError::new(WorkspaceErrorKind::TooLarge, message));
            }
        }
        for path in written.iter().filter(|path| glob.is_match(path.as_str())) {
            if let Ok(metadata) = self.dir.symlink_metadata(path)
                && metadata.is_file()
            {
                found.insert(path.clone(), metadata.len());
            }
        }
        let entry = |(path, size)| WorkspaceEntry { path, bytes: u32::try_from(size).unwrap_or(u32::MAX) };
        Ok(found.into_iter().map(entry).collect())
    }

    /// Whether a glob matches a path: staged files are laid over a listing by it.
    pub(crate) fn matches(pattern: &str, path: &str) -> Result<bool, WorkspaceError> {
        Ok(glob_of(pattern)?.is_match(path))
    }
}

fn glob_of(pattern: &str) -> Result<GlobMatcher, WorkspaceError> {
    let glob = GlobBuilder::new(pattern).literal_separator(true).build().map_err(|error| {
        WorkspaceError::new(
            WorkspaceErrorKind::InvalidPath,
            format!("`{pattern}` is not a glob: {}; `src/**/*.py` is one", error.kind()),
        )
    })?;
    Ok(glob.compile_matcher())
}
