//! The files of the workspace, as far as the definition grants them.

use crate::host::call;

mod excerpt;
mod parts;
mod replacing;

pub use excerpt::{Excerpt, Others, Wanted, excerpt, texts};
pub(crate) use replacing::{HIDDEN, without_mark};
pub use replacing::{There, there};

pub use crate::bindings::stepwell::plugin::workspace::{
    Entry, Findings, FoundFile, FoundLine, Query, WorkspaceError, WorkspaceErrorKind,
};

/// The files that match a glob such as `src/**/*.py`, sorted.
///
/// # Errors
/// It isn't granted, or is no glob.
pub fn entries(pattern: &str) -> Result<Vec<Entry>, WorkspaceError> {
    call(|host| host.file_entries(pattern))
}

/// The bytes of a file.
///
/// # Errors
/// It isn't granted, or there is none.
pub fn read(path: &str) -> Result<Vec<u8>, WorkspaceError> {
    call(|host| host.read_file(path))
}

/// The text of a file; none if it isn't UTF-8.
///
/// # Errors
/// It isn't granted, or there is none.
pub fn read_text(path: &str) -> Result<Option<String>, WorkspaceError> {
    Ok(String::from_utf8(read(path)?).ok())
}

/// The bytes of many files at once, in the order given, which the host doesn't keep: only their digests are remembered. For
/// looking through a whole workspace. A file that isn't any more what it was at the first look at it is the error `changed`; the
/// contract says how many there may be.
///
/// # Errors
/// It isn't granted, or these are too many.
pub fn skim(paths: &[String]) -> Result<Vec<Result<Vec<u8>, WorkspaceError>>, WorkspaceError> {
    call(|host| host.skim_files(paths))
}

/// The paths that this run has written or removed, sorted, without what the step itself writes.
///
/// # Errors
/// It isn't granted.
pub fn changed() -> Result<Vec<String>, WorkspaceError> {
    call(|host| host.changed_files())
}

/// The bytes of a file as it was before this run wrote or removed it.
///
/// # Errors
/// It isn't granted, or there was none.
pub fn read_before(path: &str) -> Result<Vec<u8>, WorkspaceError> {
    call(|host| host.read_file_before(path))
}

/// The bytes of a file as it stands where this run publishes, in the workspace or on the run's branch: what the run has written and a
/// gate keeps out of there isn't in it.
///
/// # Errors
/// It isn't granted, or there is none.
pub fn read_published(path: &str) -> Result<Vec<u8>, WorkspaceError> {
    call(|host| host.read_file_published(path))
}

/// The paths that match a glob and that .gitignore hides from the step, sorted.
///
/// # Errors
/// It isn't granted, or is no glob.
pub fn ignored(pattern: &str) -> Result<Vec<String>, WorkspaceError> {
    call(|host| host.ignored_files(pattern))
}

/// Whether .gitignore hides a path from the step, also where nothing stands there yet: what is written there nobody is shown.
///
/// # Errors
/// It isn't granted, or the path is closed to every step or none of the workspace.
pub fn is_ignored(path: &str) -> Result<bool, WorkspaceError> {
    call(|host| host.is_ignored(path))
}

/// The path under which what is written to a path is kept: that of the file that a symbolic link there leads to, or its own.
///
/// # Errors
/// It isn't granted, or the path is closed to every step or none of the workspace.
pub fn kept_under(path: &str) -> Result<String, WorkspaceError> {
    let leads = call(|host| host.leads_to(path))?;
    Ok(leads.unwrap_or_else(|| path.to_owned()))
}

/// A glob that matches this path alone.
#[must_use]
pub fn literal(path: &str) -> String {
    let mut glob = String::new();
    for letter in path.chars() {
        match letter {
            '*' | '?' | '[' | ']' | '{' | '}' | '!' => glob.extend(['[', letter, ']']),
            _ => glob.push(letter),
        }
    }
    glob
}

/// The lines of files that match: see [`Query`].
///
/// # Errors
/// It isn't granted, or the query is none that can be searched by.
pub fn search(query: &Query) -> Result<Findings, WorkspaceError> {
    call(|host| host.search_files(query))
}

impl Query {
    /// A search of all files by a regular expression, for up to 100 lines without those around them.
    #[must_use]
    pub fn new(pattern: impl Into<String>) -> Self {
        Self {
            pattern: pattern.into(),
            literal: false,
            ignore_case: false,
            paths: "**".to_owned(),
            most: 100,
            context: 0,
            options: Vec::new(),
        }
    }

    /// A search for a text as it stands.
    #[must_use]
    pub fn literal(text: impl Into<String>) -> Self {
        Self {
            literal: true,
            ..Self::new(text)
        }
    }

    /// Of the files that a glob names.
    #[must_use]
    pub fn within(mut self, paths: impl Into<String>) -> Self {
        self.paths = paths.into();
        self
    }

    /// Of large and small letters alike.
    #[must_use]
    pub fn ignoring_case(mut self) -> Self {
        self.ignore_case = true;
        self
    }

    /// For so many lines that match.
    #[must_use]
    pub fn most(mut self, lines: u32) -> Self {
        self.most = lines;
        self
    }

    /// With so many lines before and after each.
    #[must_use]
    pub fn context(mut self, lines: u32) -> Self {
        self.context = lines;
        self
    }
}

/// Writes a file; others see it when the execution succeeds.
///
/// # Errors
/// It isn't granted, or the path leads outside.
pub fn write(path: &str, content: impl AsRef<[u8]>) -> Result<(), WorkspaceError> {
    call(|host| host.write_file(path, content.as_ref()))
}

/// Removes a file; others see it when the execution succeeds.
///
/// # Errors
/// It isn't granted, or there is none.
pub fn remove(path: &str) -> Result<(), WorkspaceError> {
    call(|host| host.remove_file(path))
}
