//! Opening the database: at first, anew after an error of the disk, and to look at its pages.
//!
//! Nothing here reads or writes records, but to take back a commit that was reported as failed.

use std::io;
use std::sync::{Arc, PoisonError};

use redb::{Database, DatabaseError, StorageError};

use super::super::backend::Backend;
use super::super::draft::{Draft, number};
use super::super::failure::Trouble;
use super::super::keys::{self, Kind};
use super::super::table::{RECORDS, Records};
use super::{CACHE_BYTES, Disk, State, snapshot};
use crate::StoreError;

impl Disk {
    /// Holds every page against its checksum; says what doesn't fit.
    pub(in crate::redb_store) fn check_pages(&self) -> Result<Option<String>, StoreError> {
        self.guarded(|| {
            let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
            state.generation += 1;
            // Closes it, so that its lock is free.
            state.database = None;
            let checked = self.open_database(false).and_then(checked);
            self.reopen(&mut state);
            checked.map_err(|trouble| self.place.trouble(trouble))
        })
    }

    /// Makes the file as small as it can be. Nobody reads or writes meanwhile.
    pub(in crate::redb_store) fn compact(&self) -> Result<(), StoreError> {
        self.guarded(|| {
            let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
            if state.database.is_none() {
                self.reopen(&mut state);
            }
            let Some(database) = state.database.as_mut() else {
                return Ok(());
            };
            loop {
                match database.compact() {
                    Ok(true) => {}
                    Ok(false) => return Ok(()),
                    Err(error) => return Err(self.place.trouble(error.into())),
                }
            }
        })
    }

    /// Opens the database anew, unless somebody has done so since the caller looked.
    pub(super) fn recover(&self, seen: u64) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if state.generation != seen {
            return;
        }
        state.generation += 1;
        // Closes it, so that its lock is free.
        state.database = None;
        self.reopen(&mut state);
    }

    fn reopen(&self, state: &mut State) {
        match self.open_database(true) {
            Ok(database) => {
                state.database = Some(database);
                state.refused = None;
            }
            Err(trouble) => {
                let refused = self.place.trouble(trouble);
                if state.generation > 1 {
                    tracing::warn!(error = %refused, "the store can only be read for now");
                }
                state.refused = Some(refused);
                state.database = self.open_database(false).ok();
            }
        }
    }

    fn open_database(&self, writing: bool) -> Result<Database, Trouble> {
        let failed = |error: io::Error| Trouble::Database(redb::Error::Io(error));
        let storage = (self.storage)().map_err(failed)?;
        let storage = if writing {
            Backend::held_back(storage, Arc::clone(&self.damage))
        } else {
            Backend::over(storage)
        };
        let storage = storage.map_err(failed)?;
        let database = Database::builder()
            .set_cache_size(CACHE_BYTES)
            .create_with_backend(storage.clone())?;
        match snapshot(&database) {
            Err(Trouble::Database(redb::Error::TableDoesNotExist(_))) => {
                let transaction = database.begin_write()?;
                transaction.open_table(RECORDS)?;
                transaction.commit()?;
            }
            other => drop(other?),
        }
        self.settle(&database, writing)?;
        // It is sound as far as it was looked at: what opening it wrote may be written now.
        storage.let_through().map_err(failed)?;
        Ok(database)
    }

    /// Decides about a commit in doubt, and takes back one whose callers were told that it failed.
    fn settle(&self, database: &Database, writing: bool) -> Result<(), Trouble> {
        let mut doubt = self.doubt();
        let Some(doubt) = doubt.as_mut() else {
            return Ok(());
        };
        let landed = last_number(&snapshot(database)?)? == Some(doubt.sequence);
        let confirmed = *doubt.verdict.get_or_insert(landed && writing);
        if landed && !confirmed {
            let transaction = database.begin_write()?;
            {
                let mut draft = Draft::of(&transaction)?;
                for (key, value) in doubt.undo.iter().rev() {
                    match value {
                        Some(value) => draft.put(key, value)?,
                        None => draft.delete(key)?,
                    }
                }
            }
            transaction.commit()?;
        }
        Ok(())
    }
}

/// What is wrong with the pages of a database that nobody uses.
fn checked(mut database: Database) -> Result<Option<String>, Trouble> {
    match database.check_integrity() {
        Ok(true) => Ok(None),
        Ok(false) => Ok(Some("its own bookkeeping doesn't fit its pages".into())),
        Err(DatabaseError::Storage(StorageError::Corrupted(reason))) => Ok(Some(reason)),
        Err(error) => Err(error.into()),
    }
}

/// The number of the last transaction.
pub(super) fn last_number(records: &Records) -> Result<Option<u64>, Trouble> {
    let key = keys::all(Kind::Sequence);
    let stored = records.get(key.as_slice())?;
    Ok(stored.and_then(|value| number(&key, value.value())))
}
