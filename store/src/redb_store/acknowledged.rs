//! The number of the last transaction whose callers were told that it is durable: a small file beside the store.
//!
//! After a kill the database takes a last transaction whose pages don't fit their checksums for one that was never finished, and
//! undoes it. That is right for one that nobody was told of, and damage for any other; this file tells them apart. It is written
//! without a sync, since it has to outlive a process and not the machine, and goes when the store is closed in order: then
//! nothing is undone. Nothing here mends anything.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::{folder as store_folder, frame};

const KEY: &[u8] = b"acknowledged";

/// The file, and the number that stood in it when the store was opened.
#[derive(Debug)]
pub(super) struct Acknowledged {
    path: PathBuf,
    file: Mutex<Option<File>>,
    before: Option<u64>,
}

impl Acknowledged {
    /// Reads what a process left that had no time to close the store.
    pub(super) fn beside(folder: &Path) -> Self {
        let path = folder.join(store_folder::ACKNOWLEDGED);
        let before = stepwell_workers::read_file(&path, 1024).ok();
        Self {
            before: before.and_then(|value| read(&value)),
            path,
            file: Mutex::new(None),
        }
    }

    /// How many of the transactions that were acknowledged are gone, where the last one that is there has this number.
    pub(super) fn lost(&self, last: u64) -> u64 {
        self.before.unwrap_or(0).saturating_sub(last)
    }

    /// Whether a transaction of this number was acknowledged.
    pub(super) fn covers(&self, number: u64) -> bool {
        self.before.is_some_and(|before| before >= number)
    }

    /// Writes down that a transaction was acknowledged. Where that fails, only damage goes unnoticed.
    pub(super) fn say(&self, number: u64) {
        if let Err(error) = self.write(&frame::around(KEY, &number.to_be_bytes())) {
            tracing::debug!(%error, "what was acknowledged can't be written down");
        }
    }

    fn write(&self, value: &[u8]) -> io::Result<()> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let file = match file.as_mut() {
            Some(file) => file,
            None => {
                let mut options = OpenOptions::new();
                options.write(true).create(true).truncate(false);
                file.insert(store_folder::open_own(&self.path, &mut options)?)
            }
        };
        file.seek(SeekFrom::Start(0))?;
        file.write_all(value)
    }

    /// The store was closed in order.
    pub(super) fn closed(&self) {
        // One that stays names a number that is there.
        let _ = fs::remove_file(&self.path);
    }
}

fn read(value: &[u8]) -> Option<u64> {
    let payload = frame::within(KEY, value).ok()?;
    Some(u64::from_be_bytes(payload.try_into().ok()?))
}
