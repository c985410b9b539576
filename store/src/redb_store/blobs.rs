//! Blobs: small ones in the table, large ones as files beside it, both under their digest.
//!
//! A file is durable under its name before the commit that names it, and counts only once that commit is made.
//! Nothing here decides which blobs are needed; none is ever removed.

use std::collections::BTreeSet;
use std::fs::{self, File, FileType, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use stepwell_contract::Digest;

use super::failure::{Place, Trouble};
use super::folder::open_own;
use super::keys::{self, Kind};
use super::table::Table;
use super::{codec, frame};
use crate::StoreError;
use crate::records::OtherFields;

/// The most bytes of a blob that stands in the table.
pub(super) const LARGE: usize = 64 * 1024;

/// Where the large blobs are.
#[derive(Debug)]
pub(super) struct Blobs {
    place: Place,
    /// None where every blob stands in the table.
    folder: Option<PathBuf>,
}

/// A blob on its way into the store.
#[derive(Debug)]
pub(super) struct NewBlob {
    pub(super) digest: Digest,
    /// Whether its bytes are in a file already.
    pub(super) in_file: bool,
}

/// What is kept of a blob whose bytes are in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LargeBlob {
    /// Its length in bytes.
    pub(super) bytes: u64,
    /// What a later build wrote.
    #[serde(flatten)]
    pub(super) other: OtherFields,
}

impl LargeBlob {
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self {
            bytes: bytes.len() as u64,
            other: OtherFields::new(),
        }
    }
}

/// Where a blob is.
pub(super) enum Found {
    /// In the table.
    Bytes(Bytes),
    /// In a file.
    File(PathBuf),
}

/// Whether so many bytes are kept in a file.
pub(super) fn is_large(bytes: &[u8]) -> bool {
    bytes.len() > LARGE
}

impl Blobs {
    pub(super) fn new(place: Place, folder: Option<PathBuf>) -> Self {
        Self { place, folder }
    }

    pub(super) fn file(&self, digest: &Digest) -> Option<PathBuf> {
        let hex = digest.hex();
        Some(self.folder.as_ref()?.join(&hex[..2]).join(hex))
    }

    /// Every file of a blob beside the store, and what is left of one that was being written, with its bytes. What has another
    /// name is somebody else's.
    pub(super) fn files(&self) -> Vec<(PathBuf, u64)> {
        let mut files = Vec::new();
        let folders = self.folder.iter().flat_map(|folder| listed(folder));
        for (folder, digits) in folders.filter_map(|(path, kind)| {
            let digits = name_of(&path).filter(|name| name.len() == 2 && is_hex(name));
            kind.is_dir()
                .then_some(digits)?
                .map(|digits| (path, digits))
        }) {
            let found = listed(&folder).into_iter();
            files.extend(found.filter_map(|(file, kind)| {
                let is_own = kind.is_file() && is_of_blob(&name_of(&file)?, &digits);
                let found = fs::symlink_metadata(&file).ok().filter(|_| is_own)?;
                Some((file, found.len()))
            }));
        }
        files
    }

    /// The files beside the store that none of these blobs has: of blobs that were freed, and of commits that were never made.
    pub(super) fn files_of_none<'d>(
        &self,
        blobs: impl Iterator<Item = &'d Digest>,
    ) -> Vec<(PathBuf, u64)> {
        let known: BTreeSet<_> = blobs.filter_map(|digest| self.file(digest)).collect();
        let mut files = self.files();
        files.retain(|(file, _)| !known.contains(file));
        files
    }

    /// Writes the file of a large blob, unless it is there. A damaged one is mended by it.
    pub(super) fn prepare(&self, bytes: &[u8]) -> Result<NewBlob, StoreError> {
        let digest = Digest::of(bytes);
        let file = self.file(&digest).filter(|_| is_large(bytes));
        if let Some(file) = &file {
            let there = stepwell_workers::read_file(file, bytes.len() as u64)
                .is_ok_and(|found| found == bytes);
            // Another commit may have just renamed it and not yet made the name durable.
            let result = if there {
                sync_name(file)
            } else {
                write_durably(file, bytes)
            };
            result.map_err(|error| self.place.io(file, &error))?;
        }
        Ok(NewBlob {
            digest,
            in_file: file.is_some(),
        })
    }

    /// Whether a blob is there. A damaged one is not, so that whoever has its bytes puts them there again; of a large one the
    /// length of its file tells.
    pub(super) fn has(&self, records: &impl Table, digest: &Digest) -> Result<bool, Trouble> {
        let key = keys::blob(Kind::Blob, digest);
        if let Some(value) = records.get(key.as_slice())? {
            return Ok(frame::within(&key, value.value()).is_ok());
        }
        let key = keys::blob(Kind::LargeBlob, digest);
        let Some(value) = records.get(key.as_slice())? else {
            return Ok(false);
        };
        let large = codec::decode::<LargeBlob>(&key, value.value()).ok();
        let found = self
            .file(digest)
            .and_then(|file| fs::symlink_metadata(file).ok());
        Ok(large
            .zip(found)
            .is_some_and(|(large, found)| found.len() == large.bytes))
    }

    /// How many bytes a blob has.
    pub(super) fn length(
        &self,
        records: &impl Table,
        digest: &Digest,
    ) -> Result<Option<u64>, Trouble> {
        let key = keys::blob(Kind::Blob, digest);
        if let Some(value) = records.get(key.as_slice())? {
            return Ok(Some(frame::within(&key, value.value())?.len() as u64));
        }
        let key = keys::blob(Kind::LargeBlob, digest);
        let Some(value) = records.get(key.as_slice())? else {
            return Ok(None);
        };
        Ok(Some(codec::decode::<LargeBlob>(&key, value.value())?.bytes))
    }

    /// A small blob's bytes, or the file that a large one is in.
    pub(super) fn find(
        &self,
        records: &impl Table,
        digest: &Digest,
    ) -> Result<Option<Found>, Trouble> {
        let key = keys::blob(Kind::Blob, digest);
        if let Some(value) = records.get(key.as_slice())? {
            let bytes = frame::within(&key, value.value())?;
            return Ok(Some(Found::Bytes(Bytes::copy_from_slice(bytes))));
        }
        let key = keys::blob(Kind::LargeBlob, digest);
        let Some(value) = records.get(key.as_slice())? else {
            return Ok(None);
        };
        codec::decode::<LargeBlob>(&key, value.value())?;
        match self.file(digest) {
            Some(file) => Ok(Some(Found::File(file))),
            None => Err(codec::unreadable(&key, "its file is not at hand".into()).into()),
        }
    }

    /// A blob's bytes, read in the caller's own time.
    pub(super) fn read(
        &self,
        records: &impl Table,
        digest: &Digest,
    ) -> Result<Option<Bytes>, Trouble> {
        Ok(match self.find(records, digest)? {
            None => None,
            Some(Found::Bytes(bytes)) => Some(bytes),
            Some(Found::File(file)) => Some(read_file(digest, &file)?),
        })
    }
}

/// The bytes of a large blob. A file that no longer fits its name is an error: a run must not go on with other bytes.
pub(super) fn read_file(digest: &Digest, file: &Path) -> Result<Bytes, StoreError> {
    let unreadable = |reason: String| {
        let key = keys::blob(Kind::LargeBlob, digest);
        codec::unreadable(&key, format!("{}: {reason}", file.display()))
    };
    let bytes = stepwell_workers::read_file(file, u64::MAX - 1)
        .map_err(|error| unreadable(error.to_string()))?;
    if Digest::of(&bytes) != *digest {
        return Err(unreadable("its content has changed".into()));
    }
    Ok(bytes.into())
}

/// What is in a folder, and what it is; nothing where it can't be listed.
fn listed(folder: &Path) -> Vec<(PathBuf, FileType)> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let of = |entry: io::Result<fs::DirEntry>| {
        let entry = entry.ok()?;
        Some((entry.path(), entry.file_type().ok()?))
    };
    entries.filter_map(of).collect()
}

fn name_of(path: &Path) -> Option<String> {
    Some(path.file_name()?.to_str()?.to_owned())
}

fn is_hex(text: &str) -> bool {
    text.bytes()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Whether a file below the folder of these digits is a blob, or one that was being written: its digest, or that and `.PID-COUNT.tmp`.
fn is_of_blob(name: &str, digits: &str) -> bool {
    let (digest, unfinished) = match name.split_once('.') {
        None => (name, None),
        Some((digest, ending)) => (digest, Some(ending)),
    };
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_ours = unfinished.is_none_or(|ending| {
        let numbers = ending
            .strip_suffix(".tmp")
            .and_then(|ending| ending.split_once('-'));
        numbers.is_some_and(|(process, count)| is_number(process) && is_number(count))
    });
    is_ours && digest.len() == 64 && is_hex(digest) && digest.starts_with(digits)
}

/// Writes a file so that it is there entirely or not at all, whatever happens meanwhile.
fn write_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let Some(folder) = path.parent() else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    fs::create_dir_all(folder)?;
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let temporary = path.with_extension(format!("{}-{count}.tmp", std::process::id()));
    let mut options = OpenOptions::new();
    let written = open_own(&temporary, options.write(true).create_new(true))
        .and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        // What is left of it takes space that is wanted elsewhere.
        let _ = fs::remove_file(&temporary);
    }
    written?;
    sync_name(path)
}

/// Makes a file's name durable, and that of its folder, which may be new.
pub(super) fn sync_name(path: &Path) -> io::Result<()> {
    path.ancestors().skip(1).take(2).try_for_each(sync_folder)
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Elsewhere a folder can't be opened as a file, and renaming is durable by itself.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
