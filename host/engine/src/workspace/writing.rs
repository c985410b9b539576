//! Makes a path of the workspace hold some bytes, or nothing, so that no moment shows half of it.
//!
//! It doesn't compare with what was there and keeps no copy of it: both are done before, above.

use std::io::{self, Write as _};
use std::path::{Component, Path, PathBuf};

use cap_std::fs::{Dir, OpenOptions};
use stepwell_contract::{WorkspaceError, WorkspaceErrorKind};
use uuid::Uuid;

use super::WorkspaceFolder;
use super::path::{TEMPORARY_PREFIX, shown};
use super::resolving::{self, Place, Unresolved};
use crate::words::PublishError;

/// Somebody else may remove a folder, or a temporary file, between two steps of publishing: each time that several write in
/// one folder at once, one of them gets further.
const ATTEMPTS: u32 = 20;

/// Why one attempt failed.
enum Trouble {
    /// Something is in the way.
    Refused(String),
    /// The system failed, while doing this.
    Failed(&'static str, io::Error),
    /// What was there a moment ago is gone.
    Moved(&'static str),
}

impl WorkspaceFolder {
    /// Makes a path hold these bytes, or nothing.
    ///
    /// A file is written beside its place under a temporary name, synced, renamed into it, and its folder synced.
    /// Folders are created as needed; a file that is replaced gives its permission bits to the new one; a symbolic
    /// link at the path is itself replaced or removed, never what it leads to. On removal folders that are empty then
    /// go as well. What a killed process left half-written in the folder is removed.
    ///
    /// Doing it again has the same effect as doing it once, so that whoever resumes needn't know how far it came.
    ///
    /// # Errors
    /// [`PublishError`] names the path and what is in the way.
    pub(crate) fn publish(&self, path: &str, content: Option<&[u8]>) -> Result<(), PublishError> {
        let normal = self
            .normalise(path)
            .map_err(|error| PublishError::refused(path, error.message))?;
        let mut attempt = 1;
        loop {
            let done = match content {
                Some(content) => self.put(&normal, content),
                None => self.take_away(&normal),
            };
            return match done {
                Ok(()) => Ok(()),
                Err(Trouble::Moved(_)) if attempt < ATTEMPTS => {
                    attempt += 1;
                    continue;
                }
                Err(Trouble::Moved(doing)) => {
                    let reason =
                        format!("{doing}: somebody else is changing the folder at the same time");
                    Err(PublishError::refused(path, reason))
                }
                Err(Trouble::Refused(reason)) => Err(PublishError::refused(path, reason)),
                Err(Trouble::Failed(doing, error)) => {
                    Err(PublishError::from_io(path, doing, &error))
                }
            };
        }
    }

    /// Whether a file could be put at a path, as far as its text and the links on its way tell: whoever writes is told
    /// at once, not when the outcome is published.
    ///
    /// # Errors
    /// [`WorkspaceErrorKind::InvalidPath`] with what is in the way.
    pub(crate) fn check_write(&self, path: &str) -> Result<(), WorkspaceError> {
        let path = self.normalise(path)?;
        match self.place_to_write(&path) {
            Err(Trouble::Refused(reason)) => Err(WorkspaceError::new(
                WorkspaceErrorKind::InvalidPath,
                format!("`{}` can't be written: {reason}", shown(&path)),
            )),
            // What else may fail is publishing's to meet.
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// The folder of a path, once its links are followed, and the name in it.
    fn place_to_write<'a>(&self, path: &'a str) -> Result<(PathBuf, &'a str), Trouble> {
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        let real = match self.folder_of(parent)? {
            Place::Found { path, metadata } if metadata.is_dir() => path,
            Place::Found { path, .. }
            | Place::Missing {
                blocked_by: Some(path),
                ..
            } => {
                return Err(Trouble::Refused(format!(
                    "`{}` is not a folder",
                    path.display()
                )));
            }
            Place::Missing {
                dangling: Some(link),
                ..
            } => {
                return Err(Trouble::Refused(format!(
                    "the symbolic link `{}` leads to nothing",
                    link.display()
                )));
            }
            Place::Missing { path, .. } => path,
        };
        self.refuse_closed(&real.join(name))?;
        Ok((real, name))
    }

    fn put(&self, path: &str, content: &[u8]) -> Result<(), Trouble> {
        let (real, name) = self.place_to_write(path)?;
        let folder = self.create_folders(&real)?;
        let permissions = match folder.symlink_metadata(name) {
            Ok(there) if there.is_file() => Some(there.permissions()),
            Ok(there) if there.is_symlink() => None,
            Ok(there) if there.is_dir() => {
                return Err(Trouble::Refused("a folder stands in its place".into()));
            }
            Ok(_) => {
                return Err(Trouble::Refused(
                    "what stands in its place is no regular file".into(),
                ));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(Trouble::Failed("looking at what it replaces", error)),
        };
        remove_abandoned(&folder);

        let temporary = format!("{TEMPORARY_PREFIX}{}", Uuid::now_v7().simple());
        let written = write_temporary(&folder, &temporary, content, permissions).and_then(|file| {
            let renamed = folder.rename(&temporary, &folder, name);
            drop(file);
            renamed.map_err(|error| failed("renaming it into its place", error))
        });
        if let Err(trouble) = written {
            // What can't be removed now the next publishing in this folder removes.
            let _ = folder.remove_file(&temporary);
            return Err(trouble);
        }
        sync(&folder).map_err(|error| Trouble::Failed("syncing its folder", error))
    }

    fn take_away(&self, path: &str) -> Result<(), Trouble> {
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        let real = match self.folder_of(parent)? {
            Place::Found { path, metadata } if metadata.is_dir() => path,
            Place::Found { .. } | Place::Missing { .. } => return Ok(()),
        };
        self.refuse_closed(&real.join(name))?;
        let folder = self.open_folder(&real)?;
        match folder.symlink_metadata(name) {
            // No file is there, which is what was asked for.
            Ok(there) if there.is_dir() => return Ok(()),
            Ok(there) if there.is_file() || there.is_symlink() => match folder.remove_file(name) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(Trouble::Failed("removing it", error));
                }
                _ => {}
            },
            Ok(_) => {
                return Err(Trouble::Refused(
                    "what stands in its place is no regular file".into(),
                ));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(Trouble::Failed("looking at it", error)),
        }
        remove_abandoned(&folder);
        // Also if the file was gone already: a killed process may have come no further than that.
        drop(folder);
        let remaining = self.remove_empty_folders(real);
        self.open_folder(&remaining).and_then(|folder| {
            sync(&folder).map_err(|error| Trouble::Failed("syncing its folder", error))
        })
    }

    fn folder_of(&self, parent: &str) -> Result<Place, Trouble> {
        resolving::resolve(&self.directory, Path::new(parent)).map_err(
            |unresolved| match unresolved {
                Unresolved::Failed(error) => failed("following its path", error),
                Unresolved::Outside { .. } | Unresolved::Loop { .. } => Trouble::Refused(format!(
                    "its path leads outside the workspace or nowhere: {unresolved}"
                )),
            },
        )
    }

    fn refuse_closed(&self, real: &Path) -> Result<(), Trouble> {
        match self.closed.rule_for(real) {
            Some(rule) => Err(Trouble::Refused(format!(
                "it leads to what is closed to every step: {rule}"
            ))),
            None => Ok(()),
        }
    }

    fn open_folder(&self, real: &Path) -> Result<Dir, Trouble> {
        let opened = if real.as_os_str().is_empty() {
            self.directory.try_clone()
        } else {
            self.directory.open_dir(real)
        };
        opened.map_err(|error| failed("opening its folder", error))
    }

    /// Opens a folder, and makes it and those above it where they are missing. Each that is made is synced into the
    /// one above it: else a power cut could lose the folder of a file that is marked as published.
    fn create_folders(&self, real: &Path) -> Result<Dir, Trouble> {
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
    fn remove_empty_folders(&self, mut real: PathBuf) -> PathBuf {
        // The system refuses to remove a folder that isn't empty, also if a file came into it just now.
        while !real.as_os_str().is_empty() && self.directory.remove_dir(&real).is_ok() {
            real.pop();
        }
        real
    }
}

/// Writes and syncs a temporary file. It stays locked until it is dropped: the lock tells the living from the
/// abandoned, in whatever process, and ends with its holder.
fn write_temporary(
    folder: &Dir,
    name: &str,
    content: &[u8],
    permissions: Option<cap_std::fs::Permissions>,
) -> Result<std::fs::File, Trouble> {
    let created = folder.open_with(name, OpenOptions::new().write(true).create_new(true));
    let file = created.map_err(|error| failed("creating a temporary file", error))?;
    if let Some(permissions) = permissions {
        // Before the first byte: a file that only its owner may read must not be readable by all for a moment.
        file.set_permissions(kept(permissions))
            .map_err(|error| failed("setting its permissions", error))?;
    }
    let mut file = file.into_std();
    if matches!(file.try_lock(), Err(std::fs::TryLockError::WouldBlock)) {
        return Err(Trouble::Moved("locking its temporary file"));
    }
    file.write_all(content)
        .map_err(|error| failed("writing it", error))?;
    file.sync_all()
        .map_err(|error| failed("syncing it", error))?;
    Ok(file)
}

/// The permission bits that a replaced file hands on. Never set-user-id and the like: the bytes are a model's now.
#[cfg(unix)]
fn kept(permissions: cap_std::fs::Permissions) -> cap_std::fs::Permissions {
    use cap_std::fs::PermissionsExt as _;
    cap_std::fs::Permissions::from_mode(permissions.mode() & 0o777)
}

#[cfg(not(unix))]
fn kept(permissions: cap_std::fs::Permissions) -> cap_std::fs::Permissions {
    permissions
}

/// Removes the temporary files in a folder that no living process holds. A failure to do so is no failure to publish.
fn remove_abandoned(folder: &Dir) {
    let Ok(entries) = folder.entries() else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let is_temporary = name
            .to_str()
            .is_some_and(|name| name.starts_with(TEMPORARY_PREFIX));
        if !is_temporary || !entry.file_type().is_ok_and(|kind| kind.is_file()) {
            continue;
        }
        if entry
            .open()
            .is_ok_and(|file| file.into_std().try_lock().is_ok())
        {
            let _ = entry.remove_file();
        }
    }
}

fn sync(folder: &Dir) -> io::Result<()> {
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

fn failed(doing: &'static str, error: io::Error) -> Trouble {
    if error.kind() == io::ErrorKind::NotFound {
        Trouble::Moved(doing)
    } else {
        Trouble::Failed(doing, error)
    }
}
