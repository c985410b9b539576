//! The file `stepwell.lock`: read, and written whole.

use std::fs::File;
use std::io::{self, ErrorKind, Write as _};
use std::path::Path;

use stepwell_definition::{LockedPlugin, PluginDifference, PluginLock};
use stepwell_workers::{LARGEST_CONFIGURATION, off_the_workers, read_text};

use super::lock_places::found;
use crate::state::House;
use crate::words::LockError;

/// What somebody agreed to under a name, wherever that counts. A lock that can't be read says nothing here: nothing runs then.
pub(super) async fn agreed_to(house: &House, uses: &str, folder: &Path) -> Option<LockedPlugin> {
    let (project, folder) = (house.project.clone(), folder.to_owned());
    let uses = uses.to_owned();
    off_the_workers(move || {
        let found = found(&project, &folder).into_iter();
        let mut agreed = found.filter_map(|place| {
            let lock = read(&place.file()).ok()??;
            lock.plugins.get(&uses).cloned()
        });
        agreed.next()
    })
    .await
}

/// The lock that a file holds; none where there is no file.
///
/// # Errors
/// [`LockError::Unread`].
pub(super) fn read(file: &Path) -> Result<Option<PluginLock>, LockError> {
    let unread = |reason: String| LockError::Unread {
        file: file.to_owned(),
        reason,
    };
    // A cloned repository may bring one along: to a file whose lines a message would tell, or to nowhere, as if there were no lock.
    if file.symlink_metadata().is_ok_and(|it| it.is_symlink()) {
        return Err(unread(
            "it is a link, and has to be the file itself".to_owned(),
        ));
    }
    match read_text(file, LARGEST_CONFIGURATION) {
        Ok(text) => {
            let parsed = PluginLock::parse(&text);
            Ok(Some(parsed.map_err(|error| unread(error.to_string()))?))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unread(error.to_string())),
    }
}

/// Takes what somebody agreed to into a file, and gives what that has then.
///
/// # Errors
/// [`LockError::Unwritten`], [`LockError::Unread`].
pub(super) fn agree(
    file: &Path,
    differences: &[PluginDifference],
) -> Result<PluginLock, LockError> {
    let unwritten = |reason: String| LockError::Unwritten {
        file: file.to_owned(),
        reason,
    };
    let folder = file.parent().unwrap_or(Path::new("."));
    // Let go of when it is dropped. Where a system locks no folders two processes at once may miss each other.
    let held = File::open(folder);
    let _held = held.map(|held| held.lock().map(|()| held));
    let agreed = read(file)?.unwrap_or_default().agreed(differences);
    let text = agreed
        .text()
        .map_err(|error| unwritten(error.to_string()))?;
    if text.len() as u64 > LARGEST_CONFIGURATION {
        let reason = "it would be larger than any that is read: take plugins out of it that aren't used any more";
        return Err(unwritten(reason.to_owned()));
    }
    replaced(file, &text).map_err(|error| unwritten(error.to_string()))?;
    Ok(agreed)
}

/// Puts a text in the place of what a path held, by a file beside it.
fn replaced(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".stepwell.lock.");
    // As any editor makes a file, less what the user's mask takes away; a temporary one is for its owner alone.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut beside = builder.tempfile_in(folder)?;
    beside.write_all(text.as_bytes())?;
    beside.as_file().sync_all()?;
    beside.persist(path).map_err(|error| error.error)?;
    Ok(())
}
