//! The database, opened, and opened again after an error of the disk.
//!
//! After an error of input or output redb refuses everything until the database is opened anew. Where it can't be
//! opened for writing (a full disk), it is opened over an overlay, so that reads go on; each commit then tries to
//! open it for writing first.
//!
//! A commit can fail after all of it has reached the disk, when the last sync fails. Its callers are told that it
//! failed, so it is taken back as soon as the disk works again. A process that ends before that can't do so: then
//! the commit is there when the store is opened again.
//!
//! A damaged file makes redb panic. From then on nothing is read or written any more, so that the file stays as it is.
//! Nothing here knows what the records are.

mod opening;

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockReadGuard};

use redb::{Database, ReadableDatabase, StorageBackend, TableError, WriteTransaction};

use self::opening::last_number;
use super::acknowledged::Acknowledged;
use super::draft::{Draft, Undo};
use super::failure::{Place, Trouble};
use super::panics::caught;
use super::table::{RECORDS, Records};
use crate::StoreError;

/// redb's own default is a gibibyte. What is read again and again is small, and the system caches the file itself.
const CACHE_BYTES: usize = 16 * 1024 * 1024;

/// Opens the storage below, each time that the database is opened.
pub(super) type OpenStorage = dyn Fn() -> io::Result<Box<dyn StorageBackend>> + Send + Sync;

/// The database.
pub(super) struct Disk {
    place: Place,
    storage: Box<OpenStorage>,
    /// None where the storage is no file.
    acknowledged: Option<Acknowledged>,
    lost: u64,
    state: RwLock<State>,
    doubt: Mutex<Option<Doubt>>,
    /// What the database panicked of; the storage below refuses writes once it is set.
    damage: Arc<OnceLock<String>>,
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
    sequence: u64,
    undo: Undo,
    /// Whether its callers are told that it is there.
    verdict: Option<bool>,
}

impl Disk {
    pub(super) fn open(
        place: Place,
        storage: Box<OpenStorage>,
        acknowledged: Option<Acknowledged>,
    ) -> Result<Self, StoreError> {
        let mut disk = Self {
            place,
            storage,
            acknowledged,
            lost: 0,
            state: RwLock::new(State {
                database: None,
                refused: None,
                generation: 0,
            }),
            doubt: Mutex::new(None),
            damage: Arc::default(),
            transactions: AtomicU64::new(0),
        };
        disk.guarded(|| {
            disk.recover(0);
            Ok(())
        })?;
        let state = disk.state();
        match &state.refused {
            // What is stored can be looked at, and space be made, on a full disk.
            Some(StoreError::Full { .. }) if state.database.is_some() => {}
            Some(error) => return Err(error.clone()),
            None => {}
        }
        drop(state);
        let last = disk.read(last_number)?;
        if let Some(acknowledged) = &disk.acknowledged {
            disk.lost = acknowledged.lost(last.unwrap_or(0));
        }
        if disk.lost > 0 {
            tracing::warn!(error = %disk.place.lost(disk.lost), "the store was changed from outside");
        }
        Ok(disk)
    }

    /// How many acknowledged transactions were gone when it was opened.
    pub(super) fn lost(&self) -> u64 {
        self.lost
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
        self.guarded(|| self.read_again(read))
    }

    /// Fills a transaction and makes it durable. Only one thread may call this.
    pub(super) fn write<T>(
        &self,
        fill: impl FnOnce(&mut Draft<'_>) -> Result<T, Trouble>,
    ) -> Result<T, StoreError> {
        self.guarded(|| self.write_once(fill))
    }

    /// Asks the database, unless it has panicked. Where it panics now, the file is damaged.
    fn guarded<T>(&self, ask: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
        let panicked = match self.damage.get() {
            Some(earlier) => earlier,
            None => match caught(ask) {
                Ok(answered) => return answered,
                Err(panicked) => self.damage.get_or_init(|| panicked),
            },
        };
        Err(self
            .place
            .damaged(format!("a page of it makes no sense: {panicked}")))
    }

    /// Reads, and where the disk failed, once more from the database opened anew.
    fn read_again<T>(
        &self,
        read: impl Fn(&Records) -> Result<T, Trouble>,
    ) -> Result<T, StoreError> {
        let mut retried = false;
        loop {
            let state = self.state();
            let generation = state.generation;
            let result = match self.opened(&state) {
                Ok(database) => snapshot(database).and_then(|records| read(&records)),
                Err(error) => Err(error.into()),
            };
            // The writer, or a reader, met an error: nobody reads on until the database is opened anew.
            let disk_failed = state.database.is_none()
                || matches!(
                    result,
                    Err(Trouble::Database(
                        redb::Error::Io(_) | redb::Error::PreviousIo
                    ))
                );
            drop(state);
            let trouble = match result {
                Ok(value) => return Ok(value),
                Err(trouble) => trouble,
            };
            if disk_failed {
                self.recover(generation);
            }
            if !disk_failed || retried {
                return Err(self.place.trouble(trouble));
            }
            retried = true;
        }
    }

    fn write_once<T>(
        &self,
        fill: impl FnOnce(&mut Draft<'_>) -> Result<T, Trouble>,
    ) -> Result<T, StoreError> {
        // Held until the transaction has ended: a database that is still written can't be opened anew.
        let (state, transaction) = self.begin()?;
        let generation = state.generation;
        *self.doubt() = None;
        let result = self.commit(transaction, fill);
        drop(state);
        let (trouble, value) = match result {
            Ok(value) => return Ok(value),
            Err(failed) => failed,
        };
        self.recover(generation);
        let landed = self.doubt().as_ref().and_then(|doubt| doubt.verdict);
        match value {
            Some(value) if landed == Some(true) => Ok(value),
            _ => Err(self.place.trouble(trouble)),
        }
    }

    fn begin(&self) -> Result<(RwLockReadGuard<'_, State>, WriteTransaction), StoreError> {
        let mut retried = false;
        loop {
            self.make_writable()?;
            let state = self.state();
            let generation = state.generation;
            match self.opened(&state)?.begin_write() {
                Ok(transaction) => return Ok((state, transaction)),
                Err(error) if retried => return Err(self.place.trouble(error.into())),
                // A reader met an error, and left the database failed.
                Err(_) => drop(state),
            }
            retried = true;
            self.recover(generation);
        }
    }

    /// An error comes with the value where the commit itself failed, which may have reached the disk.
    fn commit<T>(
        &self,
        transaction: WriteTransaction,
        fill: impl FnOnce(&mut Draft<'_>) -> Result<T, Trouble>,
    ) -> Result<T, (Trouble, Option<T>)> {
        let before = |trouble| (trouble, None);
        let mut draft = Draft::of(&transaction).map_err(before)?;
        let value = fill(&mut draft).map_err(before)?;
        if draft.undo.is_empty() {
            return Ok(value);
        }
        let sequence = draft.count().map_err(before)?;
        let undo = std::mem::take(&mut draft.undo);
        drop(draft);
        *self.doubt() = Some(Doubt {
            sequence,
            undo,
            verdict: None,
        });
        if let Err(error) = transaction.commit() {
            return Err((error.into(), Some(value)));
        }
        *self.doubt() = None;
        self.transactions.fetch_add(1, Ordering::Relaxed);
        if let Some(acknowledged) = &self.acknowledged {
            acknowledged.say(sequence);
        }
        Ok(value)
    }

    fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn opened<'s>(&self, state: &'s State) -> Result<&'s Database, StoreError> {
        state.database.as_ref().ok_or_else(|| {
            state.refused.clone().unwrap_or_else(|| StoreError::Io {
                path: self.place.file.clone(),
                reason: "it is not open".into(),
            })
        })
    }

    fn make_writable(&self) -> Result<(), StoreError> {
        let refused = || {
            let state = self.state();
            (state.generation, state.refused.clone())
        };
        if let (generation, Some(_)) = refused() {
            self.recover(generation);
        }
        refused().1.map_or(Ok(()), Err)
    }

    fn doubt(&self) -> MutexGuard<'_, Option<Doubt>> {
        self.doubt.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Disk {
    /// The last chance to take back a commit that was reported as failed.
    fn drop(&mut self) {
        let in_doubt = self.doubt().is_some();
        if in_doubt {
            // Whether that works makes no difference to anybody here.
            let _ = self.guarded(|| self.make_writable());
        }
        let state = self.state.get_mut();
        let database = state
            .unwrap_or_else(PoisonError::into_inner)
            .database
            .take();
        let sound = database.is_some() && self.damage.get().is_none();
        // Closing it reads and writes, too.
        let closed = caught(|| drop(database));
        if let Some(acknowledged) = self.acknowledged.as_ref().filter(|_| sound)
            && closed.is_ok()
        {
            acknowledged.closed();
        }
    }
}

fn snapshot(database: &Database) -> Result<Records, Trouble> {
    let transaction = database.begin_read()?;
    transaction
        .open_table(RECORDS)
        .map_err(|error: TableError| error.into())
}

#[cfg(test)]
mod tests;
