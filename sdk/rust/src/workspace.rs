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
/// It isn't granted, or the pattern is no glob.
pub fn excerpt(pattern: &str, first: &[String], budget: usize) -> Result<String, WorkspaceError> {
    let found = entries(pattern)?;
    let named = first.iter().filter_map(|path| check_path(path).ok());
    let mut paths: Vec<String> = Vec::new();
    for path in named.chain(found.into_iter().map(|entry| entry.path)) {
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    texts(&paths, budget)
}

/// Files as texts for a prompt, within a budget of bytes.
///
/// Each stands there the way [`answer::files`](crate::answer::files) reads it. What isn't text, or no longer fits, is
/// only named at the end; what doesn't exist is left out.
///
/// # Errors
/// It isn't granted.
pub fn texts(paths: &[String], budget: usize) -> Result<String, WorkspaceError> {
    let mut text = String::new();
    let mut only_named = Vec::new();
    for path in paths {
        let content = match read_text(path) {
            Ok(content) => content,
            Err(error) if error.kind == WorkspaceErrorKind::NotFound => continue,
            Err(error) if error.kind == WorkspaceErrorKind::TooLarge => None,
            Err(error) => return Err(error),
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
