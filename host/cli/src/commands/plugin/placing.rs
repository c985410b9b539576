//! A component gets into its place: at once, or not at all.

use std::io::{self, Write as _};
use std::path::Path;

use stepwell_workers::{LARGEST_COMPONENT, off_the_workers, read_file};

use crate::errors::{CommandError, DevelopError};
use crate::project::shown;

/// What every component and module begins with.
pub(super) const WASM: &[u8] = b"\0asm";

/// A file beside another one, from where it gets into its place by a rename.
pub(super) async fn beside(path: &Path, bytes: &[u8]) -> io::Result<tempfile::NamedTempFile> {
    let (path, bytes) = (path.to_owned(), bytes.to_vec());
    let write = move || {
        let folder = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder)?;
        let mut file = tempfile::Builder::new()
            .prefix(".stepwell-")
            .suffix(".wasm")
            .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))
            .tempfile_in(folder)?;
        file.write_all(&bytes)?;
        file.as_file().sync_all()?;
        Ok(file)
    };
    off_the_workers(write).await
}

/// Sees that a file may be replaced: nobody meant to lose something else than a component. `start` is from where a person sees it.
///
/// # Errors
/// Something else is there.
pub(super) async fn may_replace(path: &Path, start: &Path) -> Result<(), CommandError> {
    let there = path.to_owned();
    let read = off_the_workers(move || read_file(&there, LARGEST_COMPONENT)).await;
    match read {
        Ok(bytes) if bytes.starts_with(WASM) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Ok(_) | Err(_) => {
            let shown = shown(path, start);
            Err(DevelopError::NoComponent { shown }.into())
        }
    }
}

/// Writes a component into a file. A link stands for what it leads to.
///
/// # Errors
/// It can't be written; then what was there is there.
pub(super) async fn put(path: &Path, bytes: &[u8]) -> Result<(), CommandError> {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let unwritten = CommandError::unwritten(&path);
    let written = beside(&path, bytes).await.map_err(&unwritten)?;
    let to = path.clone();
    let swap = move || written.persist(to).map_err(|error| error.error);
    off_the_workers(swap).await.map_err(unwritten)?;
    Ok(())
}
