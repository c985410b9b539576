//! The store of a project: opened, or reached in the process that holds it.

use std::path::Path;
use std::time::{Duration, Instant};

use stepwell_server::{Client, ClientError};
use stepwell_store::{FolderState, RedbStore, StoreError};

use crate::errors::CommandError;
use crate::project::make_store_folder;
use crate::socket;

/// How long a store is waited for that a process holds without a socket.
const PATIENCE: Duration = Duration::from_secs(6);
/// How often it is looked at.
const GLANCE: Duration = Duration::from_millis(20);

/// What a command needs of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// It writes: a store that isn't there is made.
    Make,
    /// It reads what is there.
    There,
    /// It would look if there were one.
    IfThere,
}

/// A store of this process, or the way to the process that holds it.
pub(super) enum Opened {
    Own(Box<RedbStore>),
    Held(Client, StoreError),
}

/// Opens the store, or finds who holds it. A short command may hold it for a moment without a socket: it is waited for.
pub(super) async fn open_or_connect(folder: &Path, need: Need) -> Result<Opened, CommandError> {
    let mut deadline = Instant::now() + PATIENCE;
    let mut holder = None;
    loop {
        let held = match open_store(folder, need) {
            Ok(store) => return Ok(Opened::Own(Box::new(store))),
            Err(CommandError::Store(held @ StoreError::Held { .. })) => held,
            Err(error) => return Err(error),
        };
        // Many short commands may hold it one after the other, on a machine that has much to do.
        if let StoreError::Held { pid, .. } = held
            && holder.replace(pid).is_some_and(|before| before != pid)
        {
            deadline = Instant::now() + PATIENCE;
        }
        match Client::connect(&socket::of_store(folder)).await {
            Ok(client) => return Ok(Opened::Held(client, held)),
            Err(stranger @ ClientError::Stranger { .. }) => return Err(stranger.into()),
            Err(_) => {}
        }
        if Instant::now() >= deadline {
            return Err(held.into());
        }
        tokio::time::sleep(GLANCE).await;
    }
}

/// Opens the store, as far as a command needs one.
pub(crate) fn open_store(folder: &Path, need: Need) -> Result<RedbStore, CommandError> {
    if folder.exists() && !folder.is_dir() {
        return Err(CommandError::StoreIsFile {
            path: folder.to_owned(),
        });
    }
    match need {
        Need::Make => {
            make_store_folder(folder).map_err(|source| CommandError::StoreFolder {
                path: folder.to_owned(),
                source,
            })?;
        }
        Need::There | Need::IfThere => {}
    }
    match (RedbStore::look_into(folder)?, need) {
        (FolderState::Store, _) | (FolderState::NoStore, Need::Make) => {}
        // What a killed process left, and nothing that was stored, is in nobody's way.
        (FolderState::FileMissing { holds_data, .. }, Need::Make) if !holds_data => {}
        (FolderState::FileMissing { beside, .. }, _) => {
            return Err(CommandError::StoreFileMissing {
                path: folder.to_owned(),
                beside,
            });
        }
        (FolderState::NoStore, Need::There) => {
            return Err(CommandError::NoStore {
                path: folder.to_owned(),
            });
        }
        (FolderState::NoStore, Need::IfThere) => return Ok(RedbStore::in_memory()?),
    }
    Ok(RedbStore::open(folder)?)
}
