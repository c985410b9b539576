//! A store that is written into a folder of its own: a copy, or what was salvaged.
//!
//! Its file gets its name last, so that one that was broken off is no store. Nothing here reads another store.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use redb::Database;
use stepwell_contract::Digest;

use super::blobs::Blobs;
use super::failure::{Place, Trouble};
use super::folder::BLOBS;
use super::open;
use super::table::RECORDS;
use crate::StoreError;

/// What keeps a folder out of a repository.
const IGNORING: &str = ".gitignore";

/// A store on its way.
pub(super) struct NewStore {
    pub(super) place: Place,
    fresh: PathBuf,
    blobs: Blobs,
}

impl NewStore {
    /// Begins one in a folder that is empty or isn't there, or holds what one left that was broken off. `of` is the folder of
    /// the store that it comes from: within that one nobody would keep it.
    pub(super) fn begin(folder: &Path, of: &Path) -> Result<Self, StoreError> {
        let place = Place::in_folder(folder);
        if is_within(folder, of) {
            return Err(StoreError::BackupWithinStore {
                path: folder.to_owned(),
                store: of.to_owned(),
            });
        }
        let failed = |path: &Path, error: &io::Error| place.io(path, error);
        open::make_folder(folder).map_err(|error| failed(folder, &error))?;
        let fresh = place.file.with_extension("redb.new");
        if !make_way(folder, &fresh).map_err(|error| failed(folder, &error))? {
            let path = folder.to_owned();
            return Err(StoreError::BackupInTheWay { path });
        }
        // By it the next one knows what this one leaves, if it is broken off.
        File::create(&fresh).map_err(|error| failed(&fresh, &error))?;
        // What was asked and answered is nobody's to commit, wherever the store lies.
        let ignoring = folder.join(IGNORING);
        fs::write(&ignoring, "*\n").map_err(|error| failed(&ignoring, &error))?;
        Ok(Self {
            blobs: Blobs::new(place.clone(), Some(folder.join(BLOBS))),
            place,
            fresh,
        })
    }

    /// Takes the bytes of a large blob.
    pub(super) fn add_file(&self, digest: &Digest, bytes: &[u8]) -> Result<(), StoreError> {
        let Some(to) = self.blobs.file(digest) else {
            return Ok(());
        };
        let written = || -> io::Result<()> {
            if let Some(folder) = to.parent() {
                open::make_folder(folder)?;
            }
            fs::write(&to, bytes)?;
            File::open(&to)?.sync_all()
        };
        written().map_err(|error| self.place.io(&to, &error))
    }

    /// Writes the records that `each` hands over, and gives the store its name; gives the bytes of its file.
    pub(super) fn finish(
        &self,
        each: impl FnOnce(&mut dyn FnMut(&[u8], &[u8]) -> Result<(), Trouble>) -> Result<(), Trouble>,
    ) -> Result<u64, Trouble> {
        let mut database = Database::create(&self.fresh)?;
        let transaction = database.begin_write()?;
        {
            let mut table = transaction.open_table(RECORDS)?;
            each(&mut |key, value| {
                table.insert(key, value)?;
                Ok(())
            })?;
        }
        transaction.commit()?;
        while database.compact()? {}
        drop(database);
        let bytes = fs::metadata(&self.fresh).map_or(0, |made| made.len());
        let file = &self.place.file;
        fs::rename(&self.fresh, file).map_err(|error| self.place.io(file, &error))?;
        Ok(bytes)
    }
}

/// Whether a folder, which may not be there yet, is another one or lies below it.
fn is_within(folder: &Path, other: &Path) -> bool {
    let Ok(other) = other.canonicalize() else {
        return false;
    };
    let there = folder.ancestors().find_map(|there| {
        let there = if there.as_os_str().is_empty() {
            Path::new(".")
        } else {
            there
        };
        there.canonicalize().ok()
    });
    there.is_some_and(|there| there.starts_with(other))
}

/// Removes what one left that was broken off. False where there is anything else.
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
