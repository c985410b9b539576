//! A step's copy of the workspace: a directory on disk that is made for one attempt and thrown away with it (rule E26).
//!
//! The guest may do there what it likes, at any speed, and no host function is asked. So its size is looked at while
//! the guest runs, and an attempt whose copy has outgrown its limits is ended at the next look.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use stepwell_contract::{AttemptEnd, CopiedFile, Limit, Limits, amounts};
use tempfile::TempDir;

/// The least time between two looks. What a guest can write until the next one is the most by which it overshoots.
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);
/// How much longer than a look itself took the next one waits, so that looking stays a small part of the work.
const REST: u32 = 20;
/// Entries on disk that aren't a file's bytes (names, folders) cost room, too.
const ENTRY: u64 = 1024;

/// The directory, removed when dropped.
pub(crate) struct Scratch {
    folder: TempDir,
    next_look: Instant,
}

impl Scratch {
    /// Makes the directory and writes the files into it.
    pub(crate) fn new(files: &[CopiedFile]) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("stepwell-").tempdir()?;
        let scratch = Self {
            folder,
            next_look: Instant::now() + BETWEEN_LOOKS,
        };
        fs::create_dir(scratch.temporary())?;
        let workspace = scratch.workspace();
        fs::create_dir(&workspace)?;
        for file in files {
            let path = workspace.join(&file.path);
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::write(path, &file.content)?;
        }
        Ok(scratch)
    }

    /// What the guest sees as `/workspace`.
    pub(crate) fn workspace(&self) -> PathBuf {
        self.folder.path().join("workspace")
    }

    /// What the guest sees as `/tmp`.
    pub(crate) fn temporary(&self) -> PathBuf {
        self.folder.path().join("tmp")
    }

    /// How the attempt ends if the copy has outgrown its limits; looks only now and then.
    pub(crate) fn outgrown(&mut self, limits: &Limits) -> Option<AttemptEnd> {
        let now = Instant::now();
        if now < self.next_look {
            return None;
        }
        let mut size = Size::default();
        size.add(self.folder.path(), limits);
        let took = now.elapsed();
        self.next_look = now + took + BETWEEN_LOOKS.max(took.saturating_mul(REST));
        size.beyond(limits)
    }
}

/// What a directory holds.
#[derive(Default)]
struct Size {
    entries: u64,
    bytes: u64,
}

impl Size {
    /// Adds up what is in a folder. It follows no link: what a link leads to is counted where it lies, if at all.
    fn add(&mut self, folder: &Path, limits: &Limits) {
        // What can't be listed was removed meanwhile, or is the host's trouble and not the guest's.
        let Ok(entries) = fs::read_dir(folder) else {
            return;
        };
        for entry in entries.filter_map(Result::ok) {
            let Ok(metadata) = entry.metadata() else {
                continue;
            };
            self.entries += 1;
            self.bytes += occupied(&metadata);
            // Nothing is gained from the exact size of what is too large.
            if self.beyond(limits).is_some() {
                return;
            }
            if metadata.is_dir() {
                self.add(&entry.path(), limits);
            }
        }
    }

    fn beyond(&self, limits: &Limits) -> Option<AttemptEnd> {
        // Beside the files that `limits.files` counts there are folders and what the guest's language writes for
        // itself, such as compiled code.
        let entries = u64::from(limits.files).saturating_mul(4).saturating_add(64);
        if self.entries > entries {
            return Some(AttemptEnd::limit(
                Limit::Files,
                format!("more than {entries} files and folders in its copy of the workspace"),
                format!("{} files, and three times as many of its own", limits.files),
            ));
        }
        let allowed = limits.file_bytes.saturating_add(entries * ENTRY);
        (self.bytes > allowed).then(|| {
            let used = format!("{} in its copy of the workspace", amounts::size(self.bytes));
            AttemptEnd::limit(Limit::FileBytes, used, amounts::size(limits.file_bytes))
        })
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

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(files: u32, file_bytes: u64) -> Limits {
        Limits {
            files,
            file_bytes,
            ..Limits::default()
        }
    }

    fn look(scratch: &mut Scratch, limits: &Limits) -> Option<Limit> {
        scratch.next_look = Instant::now();
        match scratch.outgrown(limits)? {
            AttemptEnd::Limit { limit, .. } => Some(limit),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_copy_is_there_and_gone_with_the_attempt() {
        let file = CopiedFile {
            path: "a/b.txt".into(),
            content: b"text".to_vec(),
        };
        let scratch = Scratch::new(&[file]).unwrap();
        let folder = scratch.folder.path().to_owned();
        assert_eq!(
            fs::read(scratch.workspace().join("a/b.txt")).unwrap(),
            b"text"
        );
        assert!(scratch.temporary().is_dir());
        drop(scratch);
        assert!(!folder.exists());
    }

    #[test]
    fn what_outgrows_its_limits_is_named() {
        let mut scratch = Scratch::new(&[]).unwrap();
        assert_eq!(look(&mut scratch, &limits(10, 1000)), None);
        fs::write(scratch.temporary().join("large"), vec![1; 1 << 20]).unwrap();
        assert_eq!(
            look(&mut scratch, &limits(10, 1000)),
            Some(Limit::FileBytes)
        );
        assert_eq!(look(&mut scratch, &limits(10, 1 << 20)), None);
        for number in 0..120 {
            fs::create_dir(scratch.workspace().join(number.to_string())).unwrap();
        }
        assert_eq!(look(&mut scratch, &limits(10, 1 << 20)), Some(Limit::Files));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_counts_as_itself() {
        let mut scratch = Scratch::new(&[]).unwrap();
        std::os::unix::fs::symlink("/usr", scratch.workspace().join("link")).unwrap();
        assert_eq!(look(&mut scratch, &limits(1, 0)), None);
    }
}
