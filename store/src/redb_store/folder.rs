//! The folder of a store: what lies in it is the store's own, and no way to elsewhere.
//!
//! A repository that somebody clones may bring a `.stepwell` along, with links in it: to follow one would write, and free, what lies
//! outside. Nobody at work can put one there later, since the folder is closed to every step. Nothing here removes anything.

use std::fs::{self, File, FileType, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::failure::Place;
use crate::StoreError;
use crate::error::Stray;

/// The store's file.
pub(super) const DATABASE: &str = "stepwell.redb";
/// Who has it open.
pub(super) const HOLDER: &str = "holder";
/// What was acknowledged.
pub(super) const ACKNOWLEDGED: &str = "acknowledged";
/// The folder of large blobs.
pub(super) const BLOBS: &str = "blobs";
/// The folder of answers that wait.
pub(super) const ANSWERS: &str = "answers";
/// Where commands reach the process that holds the store: a link, where the folder's own path is too long for a socket.
const SOCKET: &str = "socket";

/// What is in the folder of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FolderState {
    /// Nothing that a store has left.
    NoStore,
    /// A store.
    Store,
    /// The store's file is missing, and what a store has beside it is there.
    FileMissing {
        /// The names of what is there.
        beside: Vec<&'static str>,
        /// Whether something that was stored is among it, and not only what a killed process left.
        holds_data: bool,
    },
}

/// Looks what is in the folder, without opening it.
///
/// # Errors
/// As [`look_through`].
pub(super) fn state(place: &Place) -> Result<FolderState, StoreError> {
    look_through(place)?;
    if place.file.exists() {
        return Ok(FolderState::Store);
    }
    let is_there = |name: &&str| {
        let path = place.folder.join(name);
        match *name {
            // A store that is begun makes them first.
            BLOBS | ANSWERS => fs::read_dir(path).is_ok_and(|mut all| all.next().is_some()),
            _ => fs::symlink_metadata(path).is_ok(),
        }
    };
    let data = [ACKNOWLEDGED, ANSWERS, BLOBS];
    let holds_data = data.iter().any(is_there);
    let all = [HOLDER, SOCKET].into_iter().chain(data);
    let beside: Vec<_> = all.filter(is_there).collect();
    Ok(match beside.is_empty() {
        true => FolderState::NoStore,
        false => FolderState::FileMissing { beside, holds_data },
    })
}

/// Looks through the folder, before anything in it is opened. One that isn't there holds nothing.
///
/// # Errors
/// [`StoreError::Stray`] for a link, and for what has a name of the store's own and is something else; an IO error.
pub(super) fn look_through(place: &Place) -> Result<(), StoreError> {
    let folder = &place.folder;
    let found = entries(place, folder)?;
    let is_link = fs::symlink_metadata(folder).is_ok_and(|about| about.is_symlink());
    if is_link && !found.is_empty() && fs::symlink_metadata(&place.file).is_err() {
        // To begin a store there would put its files among those of somebody else.
        return Err(stray(folder, Stray::LinkToOthers));
    }
    for (path, kind) in found {
        let name = path.file_name().unwrap_or_default();
        if name == BLOBS || name == ANSWERS {
            must_be_folder(&path, kind)?;
            continue;
        }
        let is_file = name == DATABASE || name == HOLDER || name == ACKNOWLEDGED;
        if (kind.is_symlink() && name != SOCKET) || (is_file && !kind.is_file()) {
            return Err(stray(&path, Stray::of(kind)));
        }
    }
    let blobs = folder.join(BLOBS);
    for (path, kind) in entries(place, &blobs)? {
        if kind.is_symlink() {
            return Err(stray(&path, Stray::Link));
        }
    }
    Ok(())
}

fn must_be_folder(path: &Path, kind: FileType) -> Result<(), StoreError> {
    match kind.is_dir() {
        true => Ok(()),
        false => Err(stray(path, Stray::of(kind))),
    }
}

fn stray(path: &Path, found: Stray) -> StoreError {
    StoreError::Stray {
        path: path.to_owned(),
        found,
    }
}

fn entries(place: &Place, folder: &Path) -> Result<Vec<(PathBuf, FileType)>, StoreError> {
    let listed = || -> io::Result<Vec<_>> {
        let of = |entry: io::Result<fs::DirEntry>| {
            let entry = entry?;
            Ok((entry.path(), entry.file_type()?))
        };
        match fs::read_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            listed => listed?.map(of).collect(),
        }
    };
    listed().map_err(|error| place.io(folder, &error))
}

/// Opens a file of the store's own: no link is followed, and no pipe waited for.
pub(super) fn open_own(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY).bits();
        std::os::unix::fs::OpenOptionsExt::custom_flags(options, flags.cast_signed());
    }
    let file = options.open(path)?;
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::Error::other("it is no regular file")),
    }
}

impl Stray {
    fn of(kind: FileType) -> Self {
        if kind.is_symlink() {
            Self::Link
        } else if kind.is_dir() {
            Self::Folder
        } else if kind.is_file() {
            Self::File
        } else {
            Self::Special
        }
    }
}
