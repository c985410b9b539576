//! A step's copy of the workspace: a directory on disk that is made for one attempt and thrown away with it (rule E26).
//!
//! The guest may do there what it likes, at any speed. What it writes is counted where it is written, in [`Room`]: each
//! write takes from what is left, and when nothing is left, it is looked at what is really there, since files may have
//! been written over or removed. So the directory is never larger than it may be, and a look is rare.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use stepwell_contract::{AttemptEnd, CopiedFile, Limit, Limits, amounts, most};
use tempfile::TempDir;

use crate::attempt::Ended;

mod found;

use found::{Found, TooMuch, removed};

/// What a file's name, a folder and a link cost, and the part of a block that a write begins or ends in.
const ENTRY: u64 = 1024;
const BLOCK: u64 = 4096;

/// The directory, removed when dropped.
pub(crate) struct Scratch {
    folder: TempDir,
    room: Arc<Mutex<Room>>,
}

impl Scratch {
    /// Makes the directory and writes the files into it.
    pub(crate) fn new(files: &[CopiedFile], limits: &Limits) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("stepwell-").tempdir()?;
        // The workspace itself is one of them. What a person has that deep may be there.
        let deep = files.iter().map(|file| file.path.split('/').count());
        let most_deep = deep.max().unwrap_or(0).max(most::DEPTH);
        let room = Room {
            folder: folder.path().to_owned(),
            limits: limits.clone(),
            bytes: 0,
            entries: 0,
            // Nothing was looked at so far.
            deepest: most_deep,
            most_deep,
            open: Vec::new(),
            listings: 0,
            end: None,
        };
        let scratch = Self {
            folder,
            room: Arc::new(Mutex::new(room)),
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

    /// What may still be written, for whoever writes.
    pub(crate) fn room(&self) -> Arc<Mutex<Room>> {
        Arc::clone(&self.room)
    }

    /// How the attempt ends, where it would have written or opened more than it may.
    pub(crate) fn take_end(&self) -> Option<AttemptEnd> {
        lock(&self.room).end.take()
    }
}

/// Whoever panicked meanwhile left counts that are still right, or too low by one write.
pub(crate) fn lock(room: &Mutex<Room>) -> MutexGuard<'_, Room> {
    room.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What may still be written to a copy, and be open in it at once.
pub(crate) struct Room {
    folder: PathBuf,
    limits: Limits,
    /// Bytes that may be written before it is looked at what is there.
    bytes: u64,
    /// Entries that may be made likewise.
    entries: u64,
    /// No folder has more above it and itself than this, since it was looked at what is there.
    deepest: usize,
    /// How many may be within each other.
    most_deep: usize,
    /// What was opened. It is closed when nobody holds it, a stream that outlives its file's handle included.
    open: Vec<Weak<fs::File>>,
    /// Listings under way, each of which is held in memory as a whole.
    pub(crate) listings: usize,
    end: Option<AttemptEnd>,
}

impl Room {
    /// So many bytes are about to be written.
    pub(crate) fn write(&mut self, bytes: u64) -> Result<(), Ended> {
        let bytes = bytes.saturating_add(BLOCK);
        if bytes > self.bytes {
            self.look(bytes)?;
        }
        self.bytes = self.bytes.saturating_sub(bytes);
        Ok(())
    }

    /// A file, a folder or a link is about to be made.
    pub(crate) fn make(&mut self) -> Result<(), Ended> {
        if self.entries == 0 {
            self.look(0)?;
        }
        self.entries = self.entries.saturating_sub(1);
        Ok(())
    }

    /// A folder was made: beneath the deepest one, for all that is known.
    pub(crate) fn made_folder(&mut self) -> Result<(), Ended> {
        self.deeper(1)
    }

    /// A folder was moved, with all that is in it: beneath the deepest one, for all that is known.
    pub(crate) fn moved_folder(&mut self) -> Result<(), Ended> {
        self.deeper(self.deepest)
    }

    /// Only a look tells how deep folders are within each other: each may be made or moved from an open one, by a short path.
    fn deeper(&mut self, by: usize) -> Result<(), Ended> {
        self.deepest = self.deepest.saturating_add(by);
        match self.deepest > self.most_deep {
            true => self.look(0),
            false => Ok(()),
        }
    }

    /// Something is about to be opened.
    pub(crate) fn open(&mut self) -> Result<(), Ended> {
        let most = self.limits.open_files as usize;
        if self.open.len() + self.listings >= most {
            self.open.retain(|file| file.strong_count() > 0);
        }
        match self.open.len() + self.listings < most {
            true => Ok(()),
            false => self.stop(AttemptEnd::limit(
                Limit::OpenFiles,
                format!("{} open files and folders", most + 1),
                most.to_string(),
            )),
        }
    }

    /// It was opened.
    pub(crate) fn opened(&mut self, file: &Arc<fs::File>) {
        self.open.push(Arc::downgrade(file));
    }

    fn stop(&mut self, end: AttemptEnd) -> Result<(), Ended> {
        self.end.get_or_insert(end);
        Err(Ended)
    }

    /// Looks at what is there, for `wanted` bytes more.
    fn look(&mut self, wanted: u64) -> Result<(), Ended> {
        // Beside the files that `limits.files` counts there are folders and what the guest's language writes for
        // itself, such as compiled code.
        let most_entries = u64::from(self.limits.files)
            .saturating_mul(4)
            .saturating_add(64);
        let most_bytes = self.limits.file_bytes.saturating_add(most_entries * ENTRY);
        let found = match Found::below(&self.folder, most_entries, self.most_deep) {
            Ok(found) => found,
            Err(TooMuch::Nested(used)) => {
                let allowed = self.most_deep;
                return self.stop(AttemptEnd::TooNested { used, allowed });
            }
            Err(TooMuch::Entries(used)) => {
                let allowed = format!(
                    "{} files, and three times as many of its own",
                    self.limits.files
                );
                return self.stop(AttemptEnd::limit(Limit::Files, used, allowed));
            }
        };
        let bytes = found.bytes.saturating_add(self.bytes_of_removed());
        let left = most_bytes.saturating_sub(bytes);
        if wanted > left {
            let used = amounts::size(bytes.saturating_add(wanted));
            let used = format!("{used} in its copy of the workspace");
            let allowed = amounts::size(self.limits.file_bytes);
            return self.stop(AttemptEnd::limit(Limit::FileBytes, used, allowed));
        }
        self.bytes = left;
        self.entries = (most_entries - found.entries).max(1);
        self.deepest = found.deepest;
        Ok(())
    }

    /// What files occupy that were removed and are still open: no listing shows them.
    fn bytes_of_removed(&mut self) -> u64 {
        self.open.retain(|file| file.strong_count() > 0);
        let open = self.open.iter().filter_map(Weak::upgrade);
        let removed: std::collections::BTreeMap<_, _> =
            open.filter_map(|file| removed(&file)).collect();
        removed.values().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(files: u32, file_bytes: u64) -> Scratch {
        let limits = Limits {
            files,
            file_bytes,
            open_files: 3,
            ..Limits::default()
        };
        Scratch::new(&[], &limits).unwrap()
    }

    /// The limit that a write of so many bytes would go beyond.
    fn write(scratch: &Scratch, bytes: u64) -> Option<Limit> {
        let written = lock(&scratch.room).write(bytes);
        met(scratch, written)
    }

    fn met(scratch: &Scratch, done: Result<(), Ended>) -> Option<Limit> {
        match (done, scratch.take_end()) {
            (Ok(()), None) => None,
            (Err(Ended), Some(AttemptEnd::Limit { limit, .. })) => Some(limit),
            (_, end) => panic!("{end:?}"),
        }
    }

    #[test]
    fn the_copy_is_there_and_gone_with_the_attempt() {
        let file = CopiedFile {
            path: "a/b.txt".into(),
            content: b"text".to_vec(),
        };
        let scratch = Scratch::new(&[file], &Limits::default()).unwrap();
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
    fn what_is_there_and_what_is_about_to_be_written_count_together() {
        let scratch = scratch(10, 1 << 20);
        assert_eq!(write(&scratch, 900 << 10), None);
        fs::write(scratch.temporary().join("large"), vec![1; 900 << 10]).unwrap();
        assert_eq!(write(&scratch, 900 << 10), Some(Limit::FileBytes));
        // What was written over or removed doesn't count for ever.
        fs::remove_file(scratch.temporary().join("large")).unwrap();
        for _ in 0..10 {
            assert_eq!(write(&scratch, 900 << 10), None);
        }
    }

    #[test]
    fn many_small_writes_count_the_blocks_that_they_may_fill() {
        let scratch = scratch(100, 1 << 20);
        let large = scratch.workspace().join("large");
        fs::write(&large, vec![1; 1 << 20]).unwrap();
        let mut ended = (0..200).map(|number| {
            let end = write(&scratch, 1);
            fs::write(scratch.temporary().join(number.to_string()), "x").unwrap();
            end
        });
        assert!(ended.any(|end| end == Some(Limit::FileBytes)));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_was_removed_counts_while_anybody_has_it_open() {
        let scratch = scratch(10, 1 << 20);
        let path = scratch.workspace().join("gone");
        fs::write(&path, vec![1; 1 << 20]).unwrap();
        let file = Arc::new(fs::File::open(&path).unwrap());
        lock(&scratch.room).opened(&file);
        let stream = Arc::clone(&file);
        drop(file);
        fs::remove_file(&path).unwrap();
        assert_eq!(write(&scratch, 1 << 18), Some(Limit::FileBytes));
        drop(stream);
        assert_eq!(write(&scratch, 1 << 18), None);
    }

    #[test]
    fn entries_are_counted_and_so_is_their_depth() {
        let make = |scratch: &Scratch| {
            let made = lock(&scratch.room).make();
            met(scratch, made)
        };
        let flat = scratch(10, 1 << 20);
        for number in 0..120 {
            fs::create_dir(flat.workspace().join(number.to_string())).unwrap();
        }
        assert_eq!(make(&flat), Some(Limit::Files));
        let deep = scratch(1000, 1 << 20);
        assert_eq!(make(&deep), None);
        let path = deep.workspace().join("d/".repeat(200));
        fs::create_dir_all(path).unwrap();
        assert!(lock(&deep.room).write(64 << 20).is_err());
        let end = deep.take_end();
        assert!(matches!(end, Some(AttemptEnd::TooNested { .. })), "{end:?}");
    }

    #[test]
    fn what_is_open_is_counted_until_it_is_closed() {
        let scratch = scratch(10, 1 << 20);
        let open = || {
            let open = lock(&scratch.room).open();
            met(&scratch, open)
        };
        let file = || {
            let file = Arc::new(fs::File::open(scratch.workspace()).unwrap());
            lock(&scratch.room).opened(&file);
            file
        };
        let (one, _two) = (file(), file());
        lock(&scratch.room).listings += 1;
        assert_eq!(open(), Some(Limit::OpenFiles));
        drop(one);
        assert_eq!(open(), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_counts_as_itself() {
        let scratch = scratch(1, 1 << 20);
        std::os::unix::fs::symlink("/usr", scratch.workspace().join("link")).unwrap();
        assert_eq!(write(&scratch, 1), None);
    }
}
