//! Opening a store: in its folder, on another storage, or in memory.
//!
//! Nothing here reads or writes records.

use std::io;
use std::path::Path;
use std::sync::{Arc, RwLock};

use redb::StorageBackend;
use redb::backends::FileBackend;
use stepwell_contract::Digest;
use tokio::sync::broadcast;

use super::RedbStore;
use super::acknowledged::Acknowledged;
use super::answers::Waiting;
use super::backend::Memory;
use super::blobs::Blobs;
use super::disk::{Disk, OpenStorage};
use super::failure::{Place, Trouble};
use super::folder::{self, FolderState};
use super::holder::Holder;
use super::ids::Ids;
use super::kept;
use super::keys::{self, Kind};
use super::stored_prompts;
use super::table::{Records, Table as _};
use super::writer::{AllPrompts, Writer};
use crate::StoreError;

/// How many notices a watcher may be behind before it must read the store again.
const NOTICES: usize = 1024;

impl RedbStore {
    /// What is in the folder of a store; nothing is opened for it.
    ///
    /// # Errors
    /// [`StoreError::Stray`] where something in the folder is a link, or isn't what the store has there; [`StoreError::Io`].
    pub fn look_into(folder: &Path) -> Result<FolderState, StoreError> {
        folder::state(&Place::in_folder(folder))
    }

    /// Opens the store in a folder, and makes both where they don't exist.
    ///
    /// On a full disk, a store that is there opens all the same: reads work, and commits once there is room.
    ///
    /// # Errors
    /// [`StoreError::Held`] while another process has it open, [`StoreError::Damaged`] where the file is no store,
    /// [`StoreError::Stray`] where something in the folder is a link, or isn't what the store has there, [`StoreError::Io`] where the
    /// folder or the file can't be read and written.
    pub fn open(at: &Path) -> Result<Self, StoreError> {
        let place = Place::in_folder(at);
        folder::look_through(&place)?;
        make_folder(&place.folder).map_err(|error| place.io(&place.folder, &error))?;
        let blobs = place.folder.join(folder::BLOBS);
        make_folder(&blobs).map_err(|error| place.io(&blobs, &error))?;
        let file = place.file.clone();
        make_whole(&file);
        let storage = move || -> io::Result<Box<dyn StorageBackend>> {
            let mut options = std::fs::OpenOptions::new();
            options.read(true).write(true).create(true).truncate(false);
            let opened = folder::open_own(&file, &mut options)?;
            let backend = FileBackend::new(opened).map_err(io::Error::other)?;
            Ok(Box::new(backend))
        };
        let blobs = Blobs::new(place.clone(), Some(blobs));
        let waiting = Waiting::new(place.clone(), Some(place.folder.join(folder::ANSWERS)));
        let acknowledged = Some(Acknowledged::beside(at));
        let mut store = Self::start(place, Box::new(storage), acknowledged, blobs, waiting)?;
        store.waiting.give_up();
        store.holder = Some(Holder::write(at));
        Ok(store)
    }

    /// Opens a store whose database lies on another storage, and whose blobs all lie in the database.
    ///
    /// `storage` is called again when the database must be opened anew after an error of the disk; what it gives
    /// must then hold what was written before.
    ///
    /// # Errors
    /// As [`RedbStore::open`].
    pub fn open_with<B: StorageBackend>(
        storage: impl Fn() -> io::Result<B> + Send + Sync + 'static,
    ) -> Result<Self, StoreError> {
        let place = Place::in_memory();
        let storage = move || -> io::Result<Box<dyn StorageBackend>> { Ok(Box::new(storage()?)) };
        let blobs = Blobs::new(place.clone(), None);
        let waiting = Waiting::new(place.clone(), None);
        Self::start(place, Box::new(storage), None, blobs, waiting)
    }

    /// A store that is gone when it is dropped: for tests of other crates.
    ///
    /// # Errors
    /// None that can be met in practice.
    pub fn in_memory() -> Result<Self, StoreError> {
        let memory = Memory::default();
        Self::open_with(move || Ok(memory.clone()))
    }

    fn start(
        place: Place,
        storage: Box<OpenStorage>,
        acknowledged: Option<Acknowledged>,
        blobs: Blobs,
        waiting: Waiting,
    ) -> Result<Self, StoreError> {
        let disk = Arc::new(Disk::open(place.clone(), storage, acknowledged)?);
        if !disk.read(|records| Ok(kept::is_current(records)?))? {
            match disk.write(kept::catch_up) {
                // What is stored can be looked at on a full disk, where it is counted for each reader.
                Ok(()) | Err(StoreError::Full { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        let ids = disk.read(Ids::after)?;
        let blobs = Arc::new(blobs);
        let prompts = disk.read(|records| all_prompts(records, &blobs))?;
        let prompts = Arc::new(RwLock::new(prompts));
        let (notices, _) = broadcast::channel(NOTICES);
        let writer = Writer::start(
            Arc::clone(&disk),
            Arc::clone(&blobs),
            Arc::clone(&prompts),
            notices.clone(),
        )
        .map_err(|error| place.io(&place.folder, &error))?;
        Ok(Self {
            writer,
            disk,
            prompts,
            blobs,
            ids,
            waiting,
            notices,
            place,
            sweeping: tokio::sync::RwLock::default(),
            hidden: std::sync::OnceLock::new(),
            holder: None,
        })
    }
}

/// Every prompt. Where one can't be read, its name is known all the same: nobody must take it for one that isn't there.
fn all_prompts(records: &Records, blobs: &Blobs) -> Result<AllPrompts, Trouble> {
    let mut prompts = AllPrompts::new();
    let mut misplaced = AllPrompts::new();
    for record in records.below(&keys::all(Kind::Prompt))? {
        let (key, value) = record?;
        let (key, value) = (key.value(), value.value());
        let text = |digest: &Digest| blobs.read(records, digest);
        let record = match stored_prompts::decode(key, value, text) {
            Ok(record) => Ok(Arc::new(record)),
            Err(Trouble::Store(error)) => {
                tracing::warn!(%error, "a prompt can't be read");
                let within = stored_prompts::name_within(value);
                misplaced.extend(within.map(|name| (name, Err(error.clone()))));
                Err(error)
            }
            Err(trouble) => return Err(trouble),
        };
        if let Some(name) = stored_prompts::name_of(key) {
            prompts.insert(name, record);
        }
    }
    for (name, error) in misplaced {
        prompts.entry(name).or_insert(error);
    }
    Ok(prompts)
}

/// Makes the file of a new store under another name, and gives it its own when it is whole: a process that is killed while
/// it makes one would leave a file that no later one can open.
///
/// What goes wrong here goes wrong again where the store is opened, and is told there.
fn make_whole(file: &Path) {
    if file.exists() {
        return;
    }
    let fresh = file.with_extension("redb.new");
    let made = || -> Result<(), redb::Error> {
        // Its name is one that only begun stores have.
        let _ = std::fs::remove_file(&fresh);
        drop(redb::Database::create(&fresh)?);
        // Unlike a rename, this takes the place of no store that another process has made in the meantime.
        std::fs::hard_link(&fresh, file).map_err(redb::Error::Io)
    };
    if let Err(error) = made() {
        tracing::debug!(%error, "a new store is made in its place");
    }
    let _ = std::fs::remove_file(&fresh);
}

/// Makes a folder that only its owner reads: prompts and answers may be confidential.
///
/// # Errors
/// Those of the system.
pub fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
