//! What is really there: in a directory, and in files that no name leads to any more.

use std::fs;
use std::io;
use std::path::Path;

/// What is more than there may be.
pub(super) enum TooMuch {
    /// Files and folders, so many.
    Entries(String),
    /// Folders within each other.
    Nested(String),
}

/// What a directory holds.
#[derive(Default)]
pub(super) struct Found {
    pub(super) entries: u64,
    pub(super) bytes: u64,
    /// How many folders are within each other.
    pub(super) deepest: usize,
}

impl Found {
    /// Adds up what is below a folder, or says why that is too much. It follows no link: what a link leads to is counted
    /// where it lies, if at all.
    pub(super) fn below(
        folder: &Path,
        most_entries: u64,
        most_deep: usize,
    ) -> Result<Self, TooMuch> {
        let mut found = Self::default();
        let mut folders = vec![(folder.to_owned(), 0)];
        while let Some((folder, depth)) = folders.pop() {
            // What can't be listed can't be counted, and what the guest made so isn't done in good faith: names of such a
            // length that no path leads there.
            let listed = |error: io::Error| {
                TooMuch::Nested(format!("a folder that can't be listed ({error})"))
            };
            for entry in fs::read_dir(&folder).map_err(listed)? {
                let entry = entry.map_err(listed)?;
                let metadata = entry.metadata().map_err(listed)?;
                found.entries += 1;
                found.bytes += occupied(&metadata);
                if found.entries > most_entries {
                    return Err(TooMuch::Entries(format!(
                        "more than {most_entries} files and folders in its copy of the workspace"
                    )));
                }
                if metadata.is_dir() {
                    if depth >= most_deep {
                        let nested = format!("{} folders within each other", depth + 1);
                        return Err(TooMuch::Nested(nested));
                    }
                    found.deepest = found.deepest.max(depth + 1);
                    folders.push((entry.path(), depth + 1));
                }
            }
        }
        Ok(found)
    }
}

/// The room that a file takes. One with holes takes less than its length.
#[cfg(unix)]
fn occupied(metadata: &fs::Metadata) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    metadata.blocks().saturating_mul(512)
}

#[cfg(not(unix))]
fn occupied(metadata: &fs::Metadata) -> u64 {
    metadata.len()
}

/// Which file it is that no name leads to, and the room that it takes.
#[cfg(unix)]
pub(super) fn removed(file: &fs::File) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    let metadata = file.metadata().ok()?;
    (metadata.nlink() == 0).then(|| (metadata.ino(), occupied(&metadata)))
}

/// An open file can't be removed there.
#[cfg(not(unix))]
pub(super) fn removed(_: &fs::File) -> Option<(u64, u64)> {
    None
}
