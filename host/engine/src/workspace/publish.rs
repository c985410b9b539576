//! Files brought into the workspace: each by a temporary file, a sync and a rename (rule E14).

use std::io::{ErrorKind, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use cap_std::fs::{Dir, OpenOptions};

use super::WorkspaceFolder;
use super::paths::TEMPORARY;

/// Why a file could not be brought into the workspace. What was there is as it was.
#[derive(Debug, thiserror::Error)]
#[error("`{path}` can't be written into the workspace: {reason}")]
pub(crate) struct PublishError {
    path: String,
    kind: ErrorKind,
    reason: String,
}

impl PublishError {
    /// What to do about it.
    pub(crate) fn hint(&self) -> String {
        match self.kind {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "free some space".into(),
            ErrorKind::PermissionDenied => "check who may write there, and that no link on the way leads outside".into(),
            ErrorKind::ReadOnlyFilesystem => "the file system is read-only: make it writable".into(),
            _ => "see what stands in its way".into(),
        }
    }
}

impl WorkspaceFolder {
    /// Makes a path hold these bytes, or nothing. A link that stands there is replaced, never written through.
    pub(crate) fn publish(&self, path: &str, content: Option<&[u8]>) -> Result<(), PublishError> {
        let done = match content {
            Some(content) => write(&self.dir, Path::new(path), content),
            None => remove(&self.dir, Path::new(path)),
        };
        done.map_err(|error| PublishError { path: path.to_owned(), kind: error.kind(), reason: error.to_string() })
    }
}

fn write(dir: &Dir, path: &Path, content: &[u8]) -> std::io::Result<()> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    if let Some(parent) = parent {
        dir.create_dir_all(parent)?;
    }
    let folder = match parent {
        Some(parent) => dir.open_dir(parent)?,
        None => dir.try_clone()?,
    };
    let name = path.file_name().ok_or(ErrorKind::InvalidInput)?;
    let permissions = folder.symlink_metadata(name).ok().filter(|there| there.is_file()).map(|there| there.permissions());
    let temporary = format!("{TEMPORARY}{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let written = (|| {
        let mut file = folder.open_with(&temporary, OpenOptions::new().write(true).create_new(true))?;
        file.write_all(content)?;
        if let Some(permissions) = permissions {
            file.set_permissions(permissions)?;
        }
        file.sync_all()?;
        folder.rename(&temporary, &folder, name)
    })();
    if written.is_err() {
        let _ = folder.remove_file(&temporary);
        return written;
    }
    sync_folder(&folder)
}

fn remove(dir: &Dir, path: &Path) -> std::io::Result<()> {
    match dir.remove_file(path) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    }
    // Folders that are empty now go too; the first that isn't ends it.
    let mut parent = path.parent();
    while let Some(folder) = parent.filter(|folder| !folder.as_os_str().is_empty()) {
        if dir.remove_dir(folder).is_err() {
            break;
        }
        parent = folder.parent();
    }
    let left = parent.filter(|folder| !folder.as_os_str().is_empty());
    sync_folder(&match left {
        Some(folder) => dir.open_dir(folder)?,
        None => dir.try_clone()?,
    })
}

/// Makes the names in a folder durable.
fn sync_folder(folder: &Dir) -> std::io::Result<()> {
    // The handle of a `Dir` only names the folder; to sync it has to be opened for reading.
    folder.open(".")?.sync_all()
}
