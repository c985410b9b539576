//! The files of the workspace, as far as the definition grants them.

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
