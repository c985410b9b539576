//! The files of the workspace, as far as the definition grants them.

use crate::answer::{check_path, render_file};
use crate::host::call;

pub use crate::bindings::stepwell::plugin::workspace::{Entry, WorkspaceError, WorkspaceErrorKind};

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

/// The files that match a pattern, as texts for a prompt; those named in `first` come first. See [`texts`].
///
/// # Errors
/// It isn't granted, the pattern is no glob, or one of `first` is there and can't be read.
pub fn excerpt(pattern: &str, first: &[String], budget: usize) -> Result<String, WorkspaceError> {
    let found = entries(pattern)?;
    let mut paths: Vec<String> = Vec::new();
    let named = first.iter().filter_map(|path| check_path(path).ok());
    for path in named {
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    let needed = paths.len();
    for path in found.into_iter().map(|entry| entry.path) {
        if !paths[..needed].contains(&path) {
            paths.push(path);
        }
    }
    shown(&paths, needed, budget)
}

/// Files as texts for a prompt, within a budget of bytes.
///
/// Each stands there the way [`answer::files`](crate::answer::files) reads it. What isn't text, can't be read, or no longer
/// fits, is only named at the end; what doesn't exist is left out.
///
/// # Errors
/// It isn't granted.
pub fn texts(paths: &[String], budget: usize) -> Result<String, WorkspaceError> {
    shown(paths, 0, budget)
}

/// As [`texts`]; the first `needed` of them have to be read, or too large.
fn shown(paths: &[String], needed: usize, budget: usize) -> Result<String, WorkspaceError> {
    let mut text = String::new();
    let mut only_named = Vec::new();
    for (place, path) in paths.iter().enumerate() {
        let content = match read_text(path) {
            Ok(content) => content,
            Err(error) => match error.kind {
                WorkspaceErrorKind::NotFound => continue,
                WorkspaceErrorKind::TooLarge => None,
                // One file that nobody can read keeps no step from its work on others.
                WorkspaceErrorKind::Other(_) if place >= needed => None,
                _ => return Err(error),
            },
        };
        match content.map(|content| render_file(path, &content)) {
            Some(shown) if text.len() + shown.len() <= budget => {
                text.push_str(&shown);
                text.push('\n');
            }
            _ => only_named.push(path.as_str()),
        }
    }
    if !only_named.is_empty() {
        text.push_str("Further files, not shown: ");
        text.push_str(&only_named.join(", "));
        text.push('\n');
    }
    Ok(text)
}
