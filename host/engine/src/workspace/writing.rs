//! Makes a path of the workspace hold some bytes, or nothing, so that no moment shows half of it, and nothing that was there
//! is lost.
//!
//! It doesn't compare with what was there: that is done above, with what was taken out.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;

use stepwell_contract::{WorkspaceError, WorkspaceErrorKind};

use super::WorkspaceFolder;
use super::aside::{Aside, Mode, Taken};
use super::folders::sync;
use super::path::{shown, split};
use super::resolving::Resolved;
use super::trouble::{Trouble, in_its_place};
use super::{exchange, not_a_file, temporary};
use crate::words::PublishError;

/// Somebody else may remove a folder, or a temporary file, between two steps of publishing: each time that several write in
/// one folder at once, one of them gets further.
const ATTEMPTS: u32 = 20;

impl WorkspaceFolder {
    /// Makes a path hold these bytes, or nothing, and gives what it held in that very moment.
    ///
    /// What was there lies under the name `aside` in its folder afterwards, until [`let_go`](Self::let_go): whoever is killed
    /// before it was kept finds it again by [`left_aside`](Self::left_aside), which has to be asked before. Folders are
    /// created as needed; a file that is replaced gives its permission bits to the new one, which has `mode` where there was
    /// none; a symbolic link at the path is refused, and neither replaced nor written through.
    ///
    /// # Errors
    /// [`PublishError`] names the path and what is in the way. The path is as it was then, but for an error of the system
    /// after the exchange: what was there lies aside then.
    pub(crate) fn exchange(
        &self,
        path: &str,
        content: Option<&[u8]>,
        mode: Option<Mode>,
        aside: &Aside,
    ) -> Result<Taken, PublishError> {
        self.attempt(path, |path| match content {
            Some(content) => self.put(path, content, mode, aside),
            None => self.take_away(path, aside),
        })
    }

    /// Does something about a path, again where somebody else was in between.
    pub(super) fn attempt<T>(
        &self,
        path: &str,
        work: impl Fn(&str) -> Result<T, Trouble>,
    ) -> Result<T, PublishError> {
        let normal = self
            .normalise(path)
            .map_err(|error| PublishError::refused(path, error.message))?;
        let mut attempt = 1;
        loop {
            return match work(&normal) {
                Ok(done) => Ok(done),
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
    /// at once, not when the outcome is published. What is `gone` is there still, and removed before this file comes.
    ///
    /// # Errors
    /// [`WorkspaceErrorKind::InvalidPath`] with what is in the way.
    pub(crate) fn check_write(
        &self,
        path: &str,
        gone: &BTreeSet<String>,
    ) -> Result<(), WorkspaceError> {
        let path = self.normalise(path)?;
        if gone.iter().any(|gone| is_above(gone, &path)) {
            // What stands there now makes room for a folder.
            return Ok(());
        }
        let free = self.place_to_write(&path);
        match free.and_then(|_| self.refuse_lost_link(&path)) {
            Err(Trouble::Refused(reason)) => Err(WorkspaceError::new(
                WorkspaceErrorKind::InvalidPath,
                format!("`{}` can't be written: {reason}", shown(&path)),
            )),
            // What else may fail is publishing's to meet.
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Whether nothing is left of a folder once all that is `gone` is removed from it: then a file may take its place.
    ///
    /// # Errors
    /// [`WorkspaceErrorKind::InvalidPath`] with what is left in it.
    pub(crate) fn gives_way(
        &self,
        path: &str,
        gone: &BTreeSet<String>,
    ) -> Result<(), WorkspaceError> {
        let path = self.normalise(path)?;
        if !self.has_folder(&path) {
            return Err(not_a_file(&path, "no regular file"));
        }
        let Some(left) = self.left_in(&path, gone) else {
            return Ok(());
        };
        let named = shown(&path);
        let in_it = match left == path {
            true => String::new(),
            false => format!(", and `{}` is in it", shown(&left)),
        };
        Err(WorkspaceError::new(
            WorkspaceErrorKind::InvalidPath,
            format!("`{named}` can't be written: a folder stands in its place{in_it}"),
        ))
    }

    /// Something in a folder that isn't gone, such as a folder without files, which nobody removes.
    fn left_in(&self, folder: &str, gone: &BTreeSet<String>) -> Option<String> {
        let mut is_empty = true;
        // One that can't be looked into is not empty.
        let Ok(entries) = self.directory.read_dir(folder) else {
            return Some(folder.to_owned());
        };
        for entry in entries {
            is_empty = false;
            let name = entry.ok().and_then(|entry| {
                let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
                Some((entry.file_name().into_string().ok()?, is_folder))
            });
            let Some((name, is_folder)) = name else {
                return Some(format!("{folder}/…"));
            };
            let path = format!("{folder}/{name}");
            let left = match is_folder {
                true => self.left_in(&path, gone),
                false => (!gone.contains(&path)).then_some(path),
            };
            if left.is_some() {
                return left;
            }
        }
        is_empty.then(|| folder.to_owned())
    }

    /// The folder of a path, once its links are followed, and the name in it.
    fn place_to_write<'a>(&self, path: &'a str) -> Result<(PathBuf, &'a str), Trouble> {
        let (parent, name) = split(path);
        let real = match self.folder_of(parent)? {
            Resolved::Found { path, metadata } if metadata.is_dir() => path,
            Resolved::Found { path, .. }
            | Resolved::Missing {
                blocked_by: Some(path),
                ..
            } => {
                return Err(Trouble::Refused(format!(
                    "`{}` is not a folder",
                    path.display()
                )));
            }
            Resolved::Missing {
                dangling: Some(link),
                ..
            } => {
                return Err(Trouble::Refused(format!(
                    "the symbolic link `{}` leads to nothing",
                    link.display()
                )));
            }
            Resolved::Missing { path, .. } => path,
        };
        self.refuse_closed(&real.join(name))?;
        Ok((real, name))
    }

    fn put(
        &self,
        path: &str,
        content: &[u8],
        mode: Option<Mode>,
        aside: &Aside,
    ) -> Result<Taken, Trouble> {
        let (real, name) = self.place_to_write(path)?;
        let folder = self.create_folders(&real)?;
        let mode = match folder.symlink_metadata(name) {
            Ok(there) if there.is_file() => Some(Mode::of(&there)),
            Ok(there) => return Err(in_its_place(&there)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => mode,
            Err(error) => return Err(Trouble::Failed("looking at what it replaces", error)),
        };
        let permissions = mode.and_then(Mode::permissions);
        let written = temporary::write_whole(&folder, aside.name(), content, permissions)?;
        let taken = self.swap(&folder, path, content, aside);
        drop(written);
        let taken = taken?;
        sync(&folder).map_err(|error| Trouble::Failed("syncing its folder", error))?;
        Ok(taken)
    }

    fn take_away(&self, path: &str, aside: &Aside) -> Result<Taken, Trouble> {
        let (parent, name) = split(path);
        let Some(folder) = self.folder_if_any(parent, name)? else {
            return Ok(Taken::default());
        };
        match folder.symlink_metadata(name) {
            // No file is there, which is what was asked for.
            Ok(there) if there.is_dir() => return Ok(Taken::default()),
            Ok(there) if there.is_file() => {}
            Ok(there) => return Err(in_its_place(&there)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Taken::default()),
            Err(error) => return Err(Trouble::Failed("looking at it", error)),
        }
        match folder.rename(name, &folder, aside.name()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Taken::default()),
            renamed => renamed.map_err(|error| Trouble::Failed("removing it", error))?,
        }
        let taken = self.look_aside(&folder, path, aside);
        if taken.is_err() {
            // It goes back, unless somebody has put something else there.
            let _ = exchange::rename_new(&folder, aside.name(), name);
        }
        let taken = taken?.unwrap_or_default();
        sync(&folder).map_err(|error| Trouble::Failed("syncing its folder", error))?;
        Ok(taken)
    }
}

/// Whether a path lies below another one.
fn is_above(folder: &str, path: &str) -> bool {
    let below = path.strip_prefix(folder);
    below.is_some_and(|rest| rest.starts_with('/'))
}
