//! A symbolic link at the end of a path, or a linked folder on its way: the path stands for the file that it leads to, and the link is never
//! replaced or removed itself.
//!
//! It decides where a text goes; what happens to it there doesn't change.

use std::path::Path;

use super::WorkspaceFolder;
use super::path;
use super::resolving::{self, Resolved};
use super::trouble::{Trouble, in_its_place, not_outside};
use crate::words::PublishError;

/// Where a path leads that has a link in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Leads {
    /// The path of the file itself, with no link in it.
    pub(crate) path: String,
    /// Whether the link stands at the path's end, and no folder on its way alone.
    pub(crate) is_link: bool,
}

impl WorkspaceFolder {
    /// Where a path leads; none where there is no link in it, or one to something that a step can't write. Of a file that isn't there the
    /// linked folders on its way are followed all the same.
    pub(crate) fn behind_link(&self, path: &str) -> Option<Leads> {
        let path = self.normalise(path).ok()?;
        self.leads(&path, &self.place(&path).ok()?)
    }

    /// As [`behind_link`](Self::behind_link), of a normalised path whose place is known.
    pub(super) fn leads(&self, path: &str, place: &Resolved) -> Option<Leads> {
        let real = place.path().to_str()?;
        let is_writable = match place {
            Resolved::Found { metadata, .. } => metadata.is_file(),
            Resolved::Missing {
                blocked_by,
                dangling,
                ..
            } => blocked_by.is_none() && dangling.is_none(),
        };
        if real == path || !is_writable {
            return None;
        }
        Some(Leads {
            path: path::normalise(real).ok()?,
            is_link: self.link_at(path),
        })
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
            Resolved::Missing { .. } => refused("that leads to nothing"),
            Resolved::Found { metadata, .. } if metadata.is_dir() => refused("to a folder"),
            Resolved::Found { metadata, .. } if !metadata.is_file() => {
                refused("to what is no regular file")
            }
            Resolved::Found { path: real, .. } => {
                let real = real.to_str().and_then(|real| self.normalise(real).ok());
                real.map_or_else(|| refused("to a file that no step can name"), Ok)
            }
        }
    }
}
