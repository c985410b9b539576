//! The folders on the way to a file that is written: followed, made, synced, and removed where they are empty.

use std::io;
use std::path::{Component, Path, PathBuf};

use cap_std::fs::Dir;

use super::WorkspaceFolder;
use super::resolving::{self, Resolved};
use super::trouble::{Trouble, failed, not_outside};

impl WorkspaceFolder {
    pub(super) fn folder_of(&self, parent: &str) -> Result<Resolved, Trouble> {
        resolving::resolve(&self.directory, Path::new(parent)).map_err(not_outside)
    }

    /// The folder of a path, open, where there is one; `name` is what stands in it.
    pub(super) fn folder_if_any(&self, parent: &str, name: &str) -> Result<Option<Dir>, Trouble> {
        let real = match self.folder_of(parent)? {
            Resolved::Found { path, metadata } if metadata.is_dir() => path,
            Resolved::Found { .. } | Resolved::Missing { .. } => return Ok(None),
        };
        self.refuse_closed(&real.join(name))?;
        self.open_folder(&real).map(Some)
    }

    pub(super) fn refuse_closed(&self, real: &Path) -> Result<(), Trouble> {
        match self.closed.rule_for(real) {
            Some(rule) => Err(Trouble::Refused(format!(
                "it leads to what is closed to every step: {rule}"
            ))),
            None => Ok(()),
        }
    }

    pub(super) fn open_folder(&self, real: &Path) -> Result<Dir, Trouble> {
        let opened = if real.as_os_str().is_empty() {
            self.directory.try_clone()
        } else {
            self.directory.open_dir(real)
        };
        opened.map_err(|error| failed("opening its folder", error))
    }

    /// Opens a folder, and makes it and those above it where they are missing. Each that is made is synced into the
    /// one above it: else a power cut could lose the folder of a file that is marked as published.
    pub(super) fn create_folders(&self, real: &Path) -> Result<Dir, Trouble> {
        let mut folder = self.open_folder(Path::new(""))?;
        for component in real.components() {
            let Component::Normal(name) = component else {
                continue;
            };
            let opened = match folder.open_dir(name) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    match folder.create_dir(name) {
                        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                            return Err(failed("creating its folder", error));
                        }
                        _ => sync(&folder)
                            .map_err(|error| Trouble::Failed("syncing a new folder", error))?,
                    }
                    folder.open_dir(name)
                }
                opened => opened,
            };
            folder = opened.map_err(|error| failed("opening its folder", error))?;
        }
        Ok(folder)
    }

    /// Removes a folder if it is empty, then the one above it, up to the root; gives the first that remains.
    pub(super) fn remove_empty_folders(&self, mut real: PathBuf) -> PathBuf {
        // The system refuses to remove a folder that isn't empty, also if a file came into it just now.
        while !real.as_os_str().is_empty() && self.directory.remove_dir(&real).is_ok() {
            real.pop();
        }
        real
    }
}

/// Makes durable which names a folder has.
pub(super) fn sync(folder: &Dir) -> io::Result<()> {
    // Not the handle itself: it may have been opened for looking up names only, which can't be synced.
    match folder
        .open(Component::CurDir)
        .and_then(|opened| opened.sync_all())
    {
        // There are file systems whose folders can't be synced. There is nothing better to do on them.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported
            ) =>
        {
            Ok(())
        }
        synced => synced,
    }
}
