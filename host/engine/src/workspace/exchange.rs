//! Two names of a folder change places, or something gets a name that nothing has: each by one system call.
//!
//! It looks at no text. Where the system or the file system knows no such call, it says so, and the caller does with a rename.

use std::io;

use cap_std::fs::Dir;

/// What the system says to a call that it doesn't know, or that the file system doesn't.
pub(super) fn is_unknown(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported
    )
}

/// What `one` and `other` name changes places.
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
pub(super) fn exchange(folder: &Dir, one: &str, other: &str) -> io::Result<()> {
    let how = rustix::fs::RenameFlags::EXCHANGE;
    Ok(rustix::fs::renameat_with(folder, one, folder, other, how)?)
}

/// Gives what has the name `old` another one, which nothing may have.
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
pub(super) fn rename_new(folder: &Dir, old: &str, new: &str) -> io::Result<()> {
    let how = rustix::fs::RenameFlags::NOREPLACE;
    Ok(rustix::fs::renameat_with(folder, old, folder, new, how)?)
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
pub(super) fn exchange(_: &Dir, _: &str, _: &str) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
pub(super) fn rename_new(_: &Dir, _: &str, _: &str) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
