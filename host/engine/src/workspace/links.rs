//! A symbolic link at the end of a path: it stands for the file that it leads to, and is never replaced or removed itself.
//!
//! It decides where a text goes; what happens to it there doesn't change. Links to folders on the way are followed elsewhere.

use std::path::Path;

use super::WorkspaceFolder;
use super::resolving::{self, Place};
use super::writing::{Trouble, in_its_place, not_outside};
use crate::words::PublishError;

impl WorkspaceFolder {
    /// The path of the file that a link leads to; none where the path names no link, or one to something that a step can't
    /// write.
    pub(crate) fn behind_link(&self, path: &str) -> Option<String> {
        let path = self.normalise(path).ok()?;
        match self.link_at(&path) {
            true => self.through_link(&path).ok(),
            false => None,
        }
    }

    /// Refuses a path at which a link stands that can't be written through.
    pub(super) fn refuse_lost_link(&self, path: &str) -> Result<(), Trouble> {
        match self.link_at(path) {
            true => self.through_link(path).map(drop),
            false => Ok(()),
        }
    }

    /// Refuses a path at which a link stands: somebody made one since the step wrote there.
    ///
    /// # Errors
    /// [`PublishError`] says so.
    pub(crate) fn refuse_link(&self, path: &str) -> Result<(), PublishError> {
        self.attempt(path, |path| {
            match self.directory.symlink_metadata(path) {
                Ok(there) if there.is_symlink() => Err(in_its_place(&there)),
                // What else may be in the way is found when the file's turn comes.
                Ok(_) | Err(_) => Ok(()),
            }
        })
    }

    fn link_at(&self, path: &str) -> bool {
        let there = self.directory.symlink_metadata(path);
        there.is_ok_and(|there| there.is_symlink())
    }

    fn through_link(&self, path: &str) -> Result<String, Trouble> {
        let refused = |why: &str| Err(Trouble::Refused(format!("it is a symbolic link {why}")));
        let place = resolving::resolve(&self.directory, Path::new(path)).map_err(not_outside)?;
        self.refuse_closed(place.path())?;
        match place {
            Place::Missing { .. } => refused("that leads to nothing"),
            Place::Found { metadata, .. } if metadata.is_dir() => refused("to a folder"),
            Place::Found { metadata, .. } if !metadata.is_file() => {
                refused("to what is no regular file")
            }
            Place::Found { path: real, .. } => {
                let real = real.to_str().and_then(|real| self.normalise(real).ok());
                real.map_or_else(|| refused("to a file that no step can name"), Ok)
            }
        }
    }
}
