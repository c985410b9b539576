//! A folder of one command for what it needs for a while.
//!
//! It belongs to none of the tasks: of one that nobody waits for any more something may go on writing there until the runtime has ended.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use tempfile::TempDir;

use crate::errors::CommandError;

/// The folder, once it was asked for. It is removed with this.
#[derive(Debug, Default)]
pub(crate) struct Scratch(Mutex<Option<TempDir>>);

impl Scratch {
    /// The folder, which is made now where it isn't there.
    ///
    /// # Errors
    /// It can't be made.
    pub(super) fn folder(&self) -> Result<PathBuf, CommandError> {
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(folder) = &*made {
            return Ok(folder.path().to_owned());
        }
        let folder = tempfile::Builder::new().prefix("stepwell-").tempdir();
        let folder = folder.map_err(CommandError::unwritten(&std::env::temp_dir()))?;
        Ok(made.insert(folder).path().to_owned())
    }

    /// Whether there is one.
    pub(crate) fn is_made(&self) -> bool {
        let made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        made.is_some()
    }
}
