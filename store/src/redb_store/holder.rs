//! Which process has the store open: a small file beside it, for the message of a second one.
//!
//! It locks nothing: the database locks its own file, and a `holder` left behind is harmless.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use stepwell_workers::{LARGEST_CONFIGURATION, read_text};

use super::folder::{self, HOLDER};
use crate::StoreError;

/// Says that this process has the store open, until it is dropped.
#[derive(Debug)]
pub(super) struct Holder(PathBuf);

fn file(folder: &Path) -> PathBuf {
    folder.join(HOLDER)
}

impl Holder {
    /// Writes the file. Where that fails, only a message is poorer.
    pub(super) fn write(folder: &Path) -> Self {
        let command: Vec<_> = std::env::args_os()
            .map(|argument| argument.to_string_lossy().into_owned())
            .collect();
        let text = format!("{}\n{}\n", std::process::id(), command.join(" "));
        if let Err(error) = put(&file(folder), &text) {
            tracing::debug!(%error, "the store's holder can't be written");
        }
        Self(folder.to_owned())
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        if read(&self.0).is_some_and(|(pid, _)| pid == std::process::id()) {
            // A file that stays is harmless, and there is nobody left to tell.
            let _ = fs::remove_file(file(&self.0));
        }
    }
}

/// Writes a new file and gives it the name: whatever has that name is replaced, and never written into.
fn put(path: &Path, text: &str) -> io::Result<()> {
    let new = path.with_extension("new");
    // What one left that was killed.
    let _ = fs::remove_file(&new);
    let mut options = OpenOptions::new();
    let mut file = folder::open_own(&new, options.write(true).create_new(true))?;
    file.write_all(text.as_bytes())?;
    fs::rename(new, path)
}

fn read(folder: &Path) -> Option<(u32, String)> {
    let text = read_text(&file(folder), LARGEST_CONFIGURATION).ok()?;
    let (pid, command) = text.split_once('\n')?;
    Some((pid.parse().ok()?, command.trim_end().to_owned()))
}

/// The error for a store that another process has open.
pub(super) fn held(folder: &Path) -> StoreError {
    let (pid, command) = match read(folder) {
        Some((pid, command)) => match running(pid, command) {
            Some(command) => (pid, (!command.is_empty()).then_some(command)),
            None => (0, None),
        },
        None => (0, None),
    };
    StoreError::Held {
        path: folder.to_owned(),
        pid,
        command,
    }
}

/// The command line of a process: from the system where it tells, else as it was written. None where the process
/// has ended, and another one must hold the store.
fn running(pid: u32, written: String) -> Option<String> {
    if !Path::new("/proc/self/cmdline").exists() {
        return Some(written);
    }
    let bytes = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let words: Vec<_> = bytes
        .split(|byte| *byte == 0)
        .map(String::from_utf8_lossy)
        .collect();
    Some(words.join(" ").trim_end().to_owned())
}
