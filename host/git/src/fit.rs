//! Whether what git keeps its own words in are files: whoever opens a pipe waits for somebody to write into it.
//!
//! Nothing here reads what stands in them, but where one names another.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::error::GitError;

/// A longer file is none that names another one.
const LONGEST: u64 = 4096;

/// What is read of a repository before anything of a branch is.
const READ_FIRST: [&str; 9] = [
    "HEAD",
    "config",
    "config.worktree",
    "commondir",
    "gitdir",
    "packed-refs",
    "shallow",
    "info/attributes",
    "objects/info/alternates",
];

/// Looks at the repository that a folder lies in, before it is opened. Where there is none, that is told by who opens it.
///
/// # Errors
/// [`GitError::NoRegularFile`].
pub(crate) fn look(folder: &Path) -> Result<(), GitError> {
    let named = |folder: &Path| folder.join(".git");
    let Some(there) = folder.ancestors().map(named).find(|there| there.exists()) else {
        return Ok(());
    };
    let git = match there.is_dir() {
        true => there,
        // Another working tree, or a submodule: the file says where the repository is.
        false => {
            require(&there)?;
            match named_in(&there, "gitdir:") {
                Some(git) => git,
                None => return Ok(()),
            }
        }
    };
    look_at(&git)?;
    match named_in(&git.join("commondir"), "") {
        Some(common) => look_at(&common),
        None => Ok(()),
    }
}

fn look_at(git: &Path) -> Result<(), GitError> {
    READ_FIRST
        .iter()
        .try_for_each(|name| require(&git.join(name)))?;
    match named_in(&git.join("HEAD"), "ref:") {
        Some(branch) => require(&branch),
        None => Ok(()),
    }
}

/// An error for what is there and is neither a file nor a folder: those are never waited for.
pub(crate) fn require(path: &Path) -> Result<(), GitError> {
    match fs::metadata(path) {
        Ok(about) if !about.is_file() && !about.is_dir() => Err(GitError::NoRegularFile {
            path: path.to_owned(),
        }),
        _ => Ok(()),
    }
}

/// The path that stands in a file behind a word, from the file's own folder on.
fn named_in(file: &Path, word: &str) -> Option<PathBuf> {
    let text = read_bounded(file, LONGEST)?;
    let named = text.strip_prefix(word)?.trim();
    Some(file.parent()?.join(named)).filter(|_| !named.is_empty())
}

/// The beginning of a text file; none where there is none, or what is there is no such thing.
pub(crate) fn read_bounded(path: &Path, most: u64) -> Option<String> {
    let metadata = fs::symlink_metadata(path).ok()?;
    if !metadata.file_type().is_file() {
        return None;
    }
    let mut text = String::new();
    let file = fs::File::open(path).ok()?;
    file.take(most).read_to_string(&mut text).ok()?;
    Some(text)
}
