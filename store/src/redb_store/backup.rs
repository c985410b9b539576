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

/// Copies everything into a folder that is empty or isn't there; gives the bytes that it took.
///
/// The file of the copy gets its name last, so that a copy that was broken off is no store.
pub(super) fn copy(records: &Records, blobs: &Blobs, to: &Path) -> Result<u64, Trouble> {
    let place = Place::in_folder(to);
    let failed = |path: &Path, error: &io::Error| Trouble::from(place.io(path, error));
    open::make_folder(to).map_err(|error| failed(to, &error))?;
    let mut found = fs::read_dir(to).map_err(|error| failed(to, &error))?;
    if found.next().is_some() {
        return Err(StoreError::BackupInTheWay {
            path: to.to_owned(),
        }
        .into());
    }
    let mut bytes = 0;
    let copied = Blobs::new(place.clone(), Some(to.join("blobs")));
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
    let fresh = place.file.with_extension("redb.new");
    copy_records(records, &fresh)?;
    bytes += fs::metadata(&fresh).map_or(0, |made| made.len());
    fs::rename(&fresh, &place.file).map_err(|error| failed(&place.file, &error))?;
    Ok(bytes)
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
