//! What publishing takes out of a path, and where it lies until somebody has kept it.
//!
//! It lies beside its path, under a name that follows from what is written down of the publishing: so it is found again
//! after a crash, and nobody takes it for a leftover. It doesn't say whose text it is.

use std::io;

use bytes::Bytes;
use cap_std::fs::{Dir, Metadata, Permissions};
use stepwell_contract::Digest;
use uuid::Uuid;

use super::WorkspaceFolder;
use super::folders::sync;
use super::path::ASIDE_PREFIX;
use super::path::split;
use super::trouble::{Trouble, failed, in_its_place};
use super::{exchange, temporary};
use crate::words::PublishError;

/// The name under which what was at a path lies beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Aside(String);

impl Aside {
    /// Of one file of an outcome: the execution's id, and the place of the file in its manifest.
    pub(crate) fn of(execution: Uuid, place: usize) -> Self {
        Self(format!("{ASIDE_PREFIX}{}-{place}", execution.simple()))
    }

    /// Of the same file, while it is restored.
    pub(crate) fn restoring(execution: Uuid, place: usize) -> Self {
        let Self(name) = Self::of(execution, place);
        Self(format!("{name}-restored"))
    }

    pub(super) fn name(&self) -> &str {
        &self.0
    }
}

/// What a path held when it was given something else.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Taken {
    /// Its text, with the digest; none is that there was no file.
    pub(crate) text: Option<(Digest, Bytes)>,
    /// The permission bits; none where there was no regular file.
    pub(crate) mode: Option<Mode>,
}

/// The permission bits that a file hands on. Never set-user-id and the like: the bytes are a model's now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mode(pub(crate) u32);

#[cfg(unix)]
impl Mode {
    pub(super) fn of(file: &Metadata) -> Self {
        use cap_std::fs::PermissionsExt as _;
        Self(file.permissions().mode() & 0o777)
    }

    pub(super) fn permissions(self) -> Option<Permissions> {
        use cap_std::fs::PermissionsExt as _;
        Some(Permissions::from_mode(self.0 & 0o777))
    }
}

/// Where files have none, they all have the same.
#[cfg(not(unix))]
impl Mode {
    pub(super) fn of(_: &Metadata) -> Self {
        Self(0o644)
    }

    pub(super) fn permissions(self) -> Option<Permissions> {
        None
    }
}

impl WorkspaceFolder {
    /// What an exchange that was cut off left aside of a path; none if nothing lies there.
    ///
    /// It is what was taken out, or, where it came to no exchange, the very text that should have been put there.
    ///
    /// # Errors
    /// [`PublishError`], as [`exchange`](Self::exchange).
    pub(crate) fn left_aside(
        &self,
        path: &str,
        aside: &Aside,
    ) -> Result<Option<Taken>, PublishError> {
        self.attempt(path, |path| {
            let (parent, name) = split(path);
            let Some(folder) = self.folder_if_any(parent, name)? else {
                return Ok(None);
            };
            self.look_aside(&folder, path, aside).or_else(|_| {
                // No file of a person's that can be kept: it belongs where it was.
                self.give_back(&folder, name, aside);
                self.look_aside(&folder, path, aside)
            })
        })
    }

    /// Removes what lies aside of a path; where the path was to hold nothing, also the folders that are empty then. What a
    /// killed process left half-written in the folder goes, too.
    ///
    /// # Errors
    /// [`PublishError`], as [`exchange`](Self::exchange).
    pub(crate) fn let_go(
        &self,
        path: &str,
        aside: &Aside,
        removed: bool,
    ) -> Result<(), PublishError> {
        self.attempt(path, |path| {
            let (parent, name) = split(path);
            let Some(folder) = self.folder_if_any(parent, name)? else {
                return Ok(());
            };
            match folder.remove_file(aside.name()) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                gone => {
                    gone.map_err(|error| Trouble::Failed("removing what it replaced", error))?
                }
            }
            temporary::remove_abandoned(&folder);
            if !removed {
                return Ok(());
            }
            drop(folder);
            // Also if the file was gone already: a killed process may have come no further than that.
            let remaining = self.remove_empty_folders(self.folder_of(parent)?.path().to_owned());
            self.open_folder(&remaining).and_then(|folder| {
                sync(&folder).map_err(|error| Trouble::Failed("syncing its folder", error))
            })
        })
    }

    /// Exchanges the new text, which lies aside, with what is at the path, and gives that.
    pub(super) fn swap(
        &self,
        folder: &Dir,
        path: &str,
        content: &[u8],
        aside: &Aside,
    ) -> Result<Taken, Trouble> {
        let (_, name) = split(path);
        match self.swap_names(folder, name, aside) {
            Ok(Swapped::Put) => Ok(Taken::default()),
            Ok(Swapped::Exchanged) => {
                let taken = self.look_aside(folder, path, aside);
                if taken.is_err() {
                    self.give_back(folder, name, aside);
                    self.remove_own(folder, path, content, aside);
                }
                Ok(taken?.unwrap_or_default())
            }
            Err(error) if exchange::is_unknown(&error) => {
                let swapped = self.swap_by_rename(folder, path, aside);
                if swapped.is_err() {
                    self.remove_own(folder, path, content, aside);
                }
                swapped
            }
            Err(error) => {
                self.remove_own(folder, path, content, aside);
                Err(failed("putting it into its place", error))
            }
        }
    }

    fn swap_names(&self, folder: &Dir, name: &str, aside: &Aside) -> io::Result<Swapped> {
        if !self.exchanges {
            return Err(io::ErrorKind::Unsupported.into());
        }
        loop {
            match exchange::exchange(folder, aside.name(), name) {
                Ok(()) => return Ok(Swapped::Exchanged),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
            match exchange::rename_new(folder, aside.name(), name) {
                Ok(()) => return Ok(Swapped::Put),
                // Somebody has put something there in between.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Where names can't be exchanged: what is there is copied aside right before the rename that replaces it. What is
    /// written between the two is lost.
    fn swap_by_rename(&self, folder: &Dir, path: &str, aside: &Aside) -> Result<Taken, Trouble> {
        let (parent, name) = split(path);
        let taken = self.look(folder, parent, name)?;
        let mut new = aside.name().to_owned();
        let mut copy = None;
        if let Some((_, text)) = &taken.text {
            new = temporary::another_name();
            let renamed = folder.rename(aside.name(), folder, &new);
            renamed.map_err(|error| failed("giving it another name", error))?;
            let permissions = taken.mode.and_then(Mode::permissions);
            copy = Some(temporary::write_whole(
                folder,
                aside.name(),
                text,
                permissions,
            )?);
        }
        let renamed = folder.rename(&new, folder, name);
        drop(copy);
        renamed.map_err(|error| failed("renaming it into its place", error))?;
        Ok(taken)
    }

    /// What lies aside; none where nothing does.
    pub(super) fn look_aside(
        &self,
        folder: &Dir,
        path: &str,
        aside: &Aside,
    ) -> Result<Option<Taken>, Trouble> {
        match folder.symlink_metadata(aside.name()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            _ => self.look(folder, split(path).0, aside.name()).map(Some),
        }
    }

    /// What a name in a folder holds.
    fn look(&self, folder: &Dir, parent: &str, name: &str) -> Result<Taken, Trouble> {
        let there = match folder.symlink_metadata(name) {
            Ok(there) => there,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Taken::default()),
            Err(error) => return Err(Trouble::Failed("looking at what it replaces", error)),
        };
        // A link is a person's own doing, and no text that could be kept.
        if !there.is_file() {
            return Err(in_its_place(&there));
        }
        let path = match parent {
            "" => name.to_owned(),
            parent => format!("{parent}/{name}"),
        };
        let text = match self.read_normal(&path, u64::MAX) {
            Ok(text) => text.map(|text| (Digest::of(&text), Bytes::from(text))),
            Err(error) => {
                let reason = format!("what it replaces can't be kept: {}", error.message);
                return Err(Trouble::Refused(reason));
            }
        };
        let mode = Some(Mode::of(&there));
        Ok(Taken { text, mode })
    }

    /// What lies aside and the path change places again. A failure leaves it aside, where it is found again.
    fn give_back(&self, folder: &Dir, name: &str, aside: &Aside) {
        if exchange::exchange(folder, aside.name(), name).is_err() {
            let _ = exchange::rename_new(folder, aside.name(), name);
        }
    }

    /// Removes what lies aside if it is the text that should have been put somewhere, and nobody else's.
    fn remove_own(&self, folder: &Dir, path: &str, content: &[u8], aside: &Aside) {
        let own = self.look_aside(folder, path, aside);
        if let Ok(Some(Taken {
            text: Some((_, text)),
            ..
        })) = own
            && text == content
        {
            let _ = folder.remove_file(aside.name());
        }
    }
}

/// How a text came to its path.
enum Swapped {
    /// What was there lies aside now.
    Exchanged,
    /// Nothing was there.
    Put,
}
