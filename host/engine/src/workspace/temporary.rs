//! Texts on their way into a file: written whole under a name of their own, and only then given another.
//!
//! Nobody's text is ever under such a name but the writer's own, so that what a killed process left can go.

use std::fs::File;
use std::io::Write as _;

use cap_std::fs::{Dir, OpenOptions, Permissions};
use stepwell_store::fresh_id;

use super::path::TEMPORARY_PREFIX;
use super::trouble::{Trouble, failed};

/// Makes `name` hold a text, whole and synced: there is no moment in which it holds a part of it.
///
/// What is given is locked until it is dropped: the lock tells the living from the abandoned, in whatever process and
/// under whatever name, and ends with its holder.
pub(super) fn write_whole(
    folder: &Dir,
    name: &str,
    content: &[u8],
    permissions: Option<Permissions>,
) -> Result<File, Trouble> {
    let temporary = another_name();
    let written = write(folder, &temporary, content, permissions).and_then(|file| {
        let renamed = folder.rename(&temporary, folder, name);
        renamed.map_err(|error| failed("giving it a name", error))?;
        Ok(file)
    });
    if written.is_err() {
        // What can't be removed now the next publishing in this folder removes.
        let _ = folder.remove_file(&temporary);
    }
    written
}

/// A name for a text on its way.
pub(super) fn another_name() -> String {
    format!("{TEMPORARY_PREFIX}{}", fresh_id().simple())
}

fn write(
    folder: &Dir,
    name: &str,
    content: &[u8],
    permissions: Option<Permissions>,
) -> Result<File, Trouble> {
    let created = folder.open_with(name, OpenOptions::new().write(true).create_new(true));
    let file = created.map_err(|error| failed("creating a temporary file", error))?;
    if let Some(permissions) = permissions {
        // Before the first byte: a file that only its owner may read must not be readable by all for a moment.
        file.set_permissions(permissions)
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

/// Removes the temporary files in a folder that no living process holds. A failure to do so is no failure to publish.
pub(super) fn remove_abandoned(folder: &Dir) {
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
