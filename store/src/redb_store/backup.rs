//! A copy of a store, as it is at one moment, while it is written on.
//!
//! Records are copied as they lie there: also those that this build doesn't know, and those that can't be read. Nothing here
//! waits for the thread that writes.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use redb::Database;

use super::blobs::{Blobs, LargeBlob};
use super::failure::{Place, Trouble};
use super::keys::{self, Kind, Named};
use super::table::{RECORDS, Records, Table as _};
use super::{codec, open};
use crate::StoreError;

/// The folder of large blobs.
const BLOBS: &str = "blobs";
/// What keeps a folder out of a repository.
const IGNORING: &str = ".gitignore";

/// Copies everything into a folder that is empty or isn't there, or holds what a copy left that was broken off; gives the bytes
/// that it took.
///
/// The file of the copy gets its name last, so that a copy that was broken off is no store.
pub(super) fn copy(records: &Records, blobs: &Blobs, to: &Path) -> Result<u64, Trouble> {
    let place = Place::in_folder(to);
    let failed = |path: &Path, error: &io::Error| Trouble::from(place.io(path, error));
    open::make_folder(to).map_err(|error| failed(to, &error))?;
    let fresh = place.file.with_extension("redb.new");
    if !make_way(to, &fresh).map_err(|error| failed(to, &error))? {
        return Err(StoreError::BackupInTheWay {
            path: to.to_owned(),
        }
        .into());
    }
    // By it the next copy knows what this one leaves, if it is broken off.
    File::create(&fresh).map_err(|error| failed(&fresh, &error))?;
    // What was asked and answered is nobody's to commit, wherever the copy lies.
    let ignoring = to.join(IGNORING);
    fs::write(&ignoring, "*\n").map_err(|error| failed(&ignoring, &error))?;
    let mut bytes = 0;
    let copied = Blobs::new(place.clone(), Some(to.join(BLOBS)));
    for record in records.below(&keys::all(Kind::LargeBlob))? {
        let (key, value) = record?;
        let Some(Named::LargeBlob(digest)) = keys::read(key.value()) else {
            continue;
        };
        let files = blobs.file(&digest).zip(copied.file(&digest));
        let Some((from, to)) = files.filter(|(from, _)| from.exists()) else {
            // It can't be read here either.
            continue;
        };
        copy_file(&from, &to).map_err(|error| failed(&to, &error))?;
        bytes += codec::decode::<LargeBlob>(key.value(), value.value()).map_or(0, |it| it.bytes);
    }
    copy_records(records, &fresh)?;
    bytes += fs::metadata(&fresh).map_or(0, |made| made.len());
    fs::rename(&fresh, &place.file).map_err(|error| failed(&place.file, &error))?;
    Ok(bytes)
}

/// Removes what a copy left that was broken off. False where there is anything else.
fn make_way(folder: &Path, fresh: &Path) -> io::Result<bool> {
    let found = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    if found.is_empty() {
        return Ok(true);
    }
    let is_left =
        |path: &Path| path == fresh || path == folder.join(BLOBS) || path == folder.join(IGNORING);
    if !fresh.is_file() || !found.iter().all(|entry| is_left(&entry.path())) {
        return Ok(false);
    }
    for entry in found.iter().filter(|entry| entry.path() != fresh) {
        match entry.file_type()?.is_dir() {
            true => fs::remove_dir_all(entry.path())?,
            false => fs::remove_file(entry.path())?,
        }
    }
    // Last: by it the rest is known.
    fs::remove_file(fresh)?;
    Ok(true)
}

fn copy_records(records: &Records, file: &PathBuf) -> Result<(), Trouble> {
    let mut database = Database::create(file)?;
    let transaction = database.begin_write()?;
    {
        let mut table = transaction.open_table(RECORDS)?;
        for record in records.range::<&[u8]>(..)? {
            let (key, value) = record?;
            table.insert(key.value(), value.value())?;
        }
    }
    transaction.commit()?;
    while database.compact()? {}
    Ok(())
}

fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    if let Some(folder) = to.parent() {
        open::make_folder(folder)?;
    }
    fs::copy(from, to)?;
    File::open(to)?.sync_all()
}
