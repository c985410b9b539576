//! The database, opened, and opened again after an error of the disk.
//!
//! After an error of input or output redb refuses everything until the database is opened anew. Where it can't be
//! opened for writing (a full disk), it is opened over an overlay, so that reads go on; each commit then tries to
//! open it for writing first.
//!
//! A commit can fail after all of it has reached the disk, when the last sync fails. Its callers are told that it
//! failed, so it is taken back as soon as the disk works again. A process that ends before that can't do so: then
//! the commit is there when the store is opened again. Nothing here knows what the records are.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use redb::{Database, ReadOnlyTable, ReadableDatabase, ReadableTable, StorageBackend, Table};
use redb::{TableDefinition, TableError, WriteTransaction};

use super::backend::Backend;
use super::failure::{Place, Trouble};
use super::keys::{self, Kind};
use crate::StoreError;

/// Every record. One table, since every table that a commit touches costs it further pages.
const RECORDS: TableDefinition<'static, &[u8], &[u8]> = TableDefinition::new("records");

/// redb's own default is a gibibyte; a store is read once and then mostly appended to.
const CACHE_BYTES: usize = 64 * 1024 * 1024;

/// The records as a snapshot shows them.
pub(super) type Records = ReadOnlyTable<&'static [u8], &'static [u8]>;

/// Opens the storage below, each time that the database is opened.
pub(super) type OpenStorage = dyn Fn() -> io::Result<Box<dyn StorageBackend>> + Send + Sync;

/// The database.
pub(super) struct Disk {
    place: Place,
    storage: Box<OpenStorage>,
    state: RwLock<State>,
    doubt: Mutex<Option<Doubt>>,
    transactions: AtomicU64,
}

struct State {
    /// None where it can't be opened even for reading.
    database: Option<Database>,
    /// Why it can't be written; none where it can.
    refused: Option<StoreError>,
    /// Counts how often it was opened.
    generation: u64,
}

/// A commit that failed, and may have reached the disk all the same.
struct Doubt {
    sequence: Vec<u8>,
    undo: Undo,
    /// Whether its callers are told that it is there.
    verdict: Option<bool>,
}

/// What was there before each write, in the order of the writes.
type Undo = Vec<(Vec<u8>, Option<Vec<u8>>)>;

impl Disk {
    pub(super) fn open(place: Place, storage: Box<OpenStorage>) -> Result<Self, StoreError> {
        let disk = Self {
            place,
            storage,
            state: RwLock::new(State {
                database: None,
                refused: None,
                generation: 0,
            }),
            doubt: Mutex::new(None),
            transactions: AtomicU64::new(0),
        };
        disk.recover(0);
        let state = disk.state.read().unwrap_or_else(PoisonError::into_inner);
        match &state.refused {
            // What is stored can be looked at, and space be made, on a full disk.
            Some(StoreError::Full { .. }) if state.database.is_some() => {}
            Some(error) => return Err(error.clone()),
            None => {}
        }
        drop(state);
        Ok(disk)
    }

    /// How many transactions were committed.
    pub(super) fn transactions(&self) -> u64 {
        self.transactions.load(Ordering::Relaxed)
    }

    /// Reads from a snapshot.
    pub(super) fn read<T>(
        &self,
        read: impl Fn(&Records) -> Result<T, Trouble>,
    ) -> Result<T, StoreError> {
        let mut retried = false;
        loop {
            let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
            let generation = state.generation;
            let result = match &state.database {
                Some(database) => snapshot(database).and_then(|records| read(&records)),
                None => Err(Trouble::Store(state.refused.clone().unwrap_or_else(|| {
                    self.place
                        .io(&self.place.file, &io::ErrorKind::Other.into())
                }))),
            };
            drop(state);
            match result {
                Ok(value) => return Ok(value),
                // The writer, or another reader, met an error: the database must be opened anew to read on.
                Err(Trouble::Database(redb::Error::Io(_) | redb::Error::PreviousIo))
                    if !retried =>
                {
                    retried = true;
                    self.recover(generation);
                }
                Err(trouble) => return Err(self.place.trouble(trouble)),
            }
        }
    }

    /// Fills a transaction and makes it durable. Only one thread may call this.
    pub(super) fn write<T>(
        &self,
        fill: impl FnOnce(&mut Draft<'_>) -> Result<T, Trouble>,
    ) -> Result<T, StoreError> {
        self.make_writable()?;
        *self.doubt() = None;
        let mut filled = None;
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let generation = state.generation;
        let result = match &state.database {
            Some(database) => self.commit(database, fill, &mut filled),
            None => Ok(()),
        };
        drop(state);
        let error = match (result, filled.take()) {
            (Ok(()), Some(value)) => return Ok(value),
            (Ok(()), None) => io::Error::from(io::ErrorKind::Other),
            (Err(trouble), value) => {
                self.recover(generation);
                let landed = self.doubt().as_ref().and_then(|doubt| doubt.verdict);
                return match (landed, value) {
                    (Some(true), Some(value)) => Ok(value),
                    _ => Err(self.place.trouble(trouble)),
                };
            }
        };
        Err(self.place.io(&self.place.file, &error))
    }

    fn commit<T>(
        &self,
        database: &Database,
        fill: impl FnOnce(&mut Draft<'_>) -> Result<T, Trouble>,
        filled: &mut Option<T>,
    ) -> Result<(), Trouble> {
        let transaction = database.begin_write()?;
        let mut draft = Draft::of(&transaction)?;
        let value = fill(&mut draft)?;
        if draft.undo.is_empty() {
            *filled = Some(value);
            return Ok(());
        }
        let sequence = draft.count()?;
        let undo = std::mem::take(&mut draft.undo);
        drop(draft);
        *filled = Some(value);
        *self.doubt() = Some(Doubt {
            sequence,
            undo,
            verdict: None,
        });
        transaction.commit()?;
        *self.doubt() = None;
        self.transactions.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn make_writable(&self) -> Result<(), StoreError> {
        let refused = || {
            let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
            (state.generation, state.refused.clone())
        };
        if let (generation, Some(_)) = refused() {
            self.recover(generation);
        }
        refused().1.map_or(Ok(()), Err)
    }

    /// Opens the database anew, unless somebody has done so since the caller looked.
    fn recover(&self, seen: u64) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if state.generation != seen {
            return;
        }
        state.generation += 1;
        // Closes it, so that its lock is free.
        state.database = None;
        match self.open_database(true) {
            Ok(database) => {
                state.database = Some(database);
                state.refused = None;
            }
            Err(trouble) => {
                let refused = self.place.trouble(trouble);
                if seen > 0 {
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
            Backend::through(storage)
        } else {
            Backend::over(storage).map_err(failed)?
        };
        let database = Database::builder()
            .set_cache_size(CACHE_BYTES)
            .create_with_backend(storage)?;
        match snapshot(&database) {
            Err(Trouble::Database(redb::Error::TableDoesNotExist(_))) => {
                let transaction = database.begin_write()?;
                transaction.open_table(RECORDS)?;
                transaction.commit()?;
            }
            other => drop(other?),
        }
        self.settle(&database, writing)?;
        Ok(database)
    }

    /// Decides about a commit in doubt, and takes back one whose callers were told that it failed.
    fn settle(&self, database: &Database, writing: bool) -> Result<(), Trouble> {
        let mut doubt = self.doubt();
        let Some(doubt) = doubt.as_mut() else {
            return Ok(());
        };
        let stored = snapshot(database)?.get(keys::all(Kind::Sequence).as_slice())?;
        let landed = stored.is_some_and(|value| value.value() == doubt.sequence);
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

    fn doubt(&self) -> MutexGuard<'_, Option<Doubt>> {
        self.doubt.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Disk {
    /// The last chance to take back a commit that was reported as failed.
    fn drop(&mut self) {
        if self.doubt().is_some() {
            // Whether that works makes no difference to anybody here.
            let _ = self.make_writable();
        }
    }
}

fn snapshot(database: &Database) -> Result<Records, Trouble> {
    let transaction = database.begin_read()?;
    transaction
        .open_table(RECORDS)
        .map_err(|error: TableError| error.into())
}

/// The records within a transaction, with what it has written so far.
pub(super) struct Draft<'t> {
    table: Table<'t, &'static [u8], &'static [u8]>,
    undo: Undo,
}

impl<'t> Draft<'t> {
    fn of(transaction: &'t WriteTransaction) -> Result<Self, Trouble> {
        Ok(Self {
            table: transaction.open_table(RECORDS)?,
            undo: Undo::new(),
        })
    }

    pub(super) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Trouble> {
        Ok(self.table.get(key)?.map(|value| value.value().to_vec()))
    }

    pub(super) fn has(&self, key: &[u8]) -> Result<bool, Trouble> {
        Ok(self.table.get(key)?.is_some())
    }

    /// The last key that goes on with these bytes.
    pub(super) fn last_key(&self, prefix: &[u8]) -> Result<Option<Vec<u8>>, Trouble> {
        let range = keys::range_of(prefix);
        let mut records = self
            .table
            .range::<&[u8]>(range.start.as_slice()..range.end.as_slice())?;
        match records.next_back() {
            Some(record) => Ok(Some(record?.0.value().to_vec())),
            None => Ok(None),
        }
    }

    pub(super) fn put(&mut self, key: &[u8], value: &[u8]) -> Result<(), Trouble> {
        let before = self.table.insert(key, value)?;
        let before = before.map(|value| value.value().to_vec());
        self.undo.push((key.to_owned(), before));
        Ok(())
    }

    pub(super) fn delete(&mut self, key: &[u8]) -> Result<(), Trouble> {
        let before = self.table.remove(key)?;
        if let Some(before) = before.map(|value| value.value().to_vec()) {
            self.undo.push((key.to_owned(), Some(before)));
        }
        Ok(())
    }

    /// Numbers the transaction, so that it can be recognised after a commit in doubt.
    fn count(&mut self) -> Result<Vec<u8>, Trouble> {
        let key = keys::all(Kind::Sequence);
        let last = self.get(&key)?.and_then(|value| value.try_into().ok());
        let next = last.map_or(1, |last| u64::from_be_bytes(last).wrapping_add(1));
        self.put(&key, &next.to_be_bytes())?;
        Ok(next.to_be_bytes().to_vec())
    }
}
