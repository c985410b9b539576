//! Files are written into a folder that is new or empty, all of them or none.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::File;

/// Why files can't be written into a folder.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// Something is in it.
    #[error("{} is not empty", folder.display())]
    NotEmpty {
        /// The folder.
        folder: PathBuf,
    },
    /// Something else has its name.
    #[error("{} is no folder", folder.display())]
    NoFolder {
        /// What was to be the folder.
        folder: PathBuf,
    },
    /// The system said no.
    #[error("{} can't be written", path.display())]
    Unwritten {
        /// Of which file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// Writes files into a folder, which is made where it isn't there. Where that fails, what was written is taken away again: half of a
/// project is nothing to build, and would be in the way of the next try.
///
/// # Errors
/// The folder holds something, is none, or can't be written.
pub fn write(folder: &Path, files: &[File]) -> Result<(), WriteError> {
    if folder.symlink_metadata().is_ok() && !folder.is_dir() {
        let folder = folder.to_owned();
        return Err(WriteError::NoFolder { folder });
    }
    let mut made = Made::default();
    let written = made
        .folder(folder)
        .and_then(|()| demand_empty(folder))
        .and_then(|()| files.iter().try_for_each(|file| made.file(folder, file)));
    if written.is_err() {
        made.take_away();
    }
    written
}

fn demand_empty(folder: &Path) -> Result<(), WriteError> {
    let mut entries = fs::read_dir(folder).map_err(unwritten(folder))?;
    match entries.next() {
        None => Ok(()),
        Some(_) => Err(WriteError::NotEmpty {
            folder: folder.to_owned(),
        }),
    }
}

/// What was made so far, in this order.
#[derive(Default)]
struct Made {
    folders: Vec<PathBuf>,
    files: Vec<PathBuf>,
}

impl Made {
    /// Makes a folder and those above it, where they aren't there.
    fn folder(&mut self, folder: &Path) -> Result<(), WriteError> {
        let is_missing = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.exists();
        let missing: Vec<&Path> = folder.ancestors().take_while(is_missing).collect();
        for folder in missing.into_iter().rev() {
            fs::create_dir(folder).map_err(unwritten(folder))?;
            self.folders.push(folder.to_owned());
        }
        Ok(())
    }

    fn file(&mut self, folder: &Path, file: &File) -> Result<(), WriteError> {
        let path = folder.join(&file.path);
        if let Some(parent) = path.parent() {
            self.folder(parent)?;
        }
        let mut opened = fs::File::create_new(&path).map_err(unwritten(&path))?;
        self.files.push(path.clone());
        let written = opened.write_all(file.text.as_bytes());
        written.map_err(unwritten(&path))
    }

    /// Folders go only if nothing else is in them.
    fn take_away(&self) {
        for file in &self.files {
            let _ = fs::remove_file(file);
        }
        for folder in self.folders.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }
}

fn unwritten(path: &Path) -> impl Fn(io::Error) -> WriteError + use<> {
    let path = path.to_owned();
    move |source| WriteError::Unwritten {
        path: path.clone(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str) -> File {
        File {
            path: path.to_owned(),
            text: path.to_owned(),
        }
    }

    #[test]
    fn all_is_written_or_nothing() {
        let around = tempfile::tempdir().unwrap();
        let folder = around.path().join("deep/project");
        // The second is in the way of the third.
        let files = [file("a/b.txt"), file("c"), file("c/d.txt")];
        write(&folder, &files).unwrap_err();
        assert!(!around.path().join("deep").exists());
        write(&folder, &files[..2]).unwrap();
        assert_eq!(
            fs::read_to_string(folder.join("a/b.txt")).unwrap(),
            "a/b.txt"
        );
    }

    #[test]
    fn what_is_there_stays() {
        let around = tempfile::tempdir().unwrap();
        fs::write(around.path().join("mine"), "mine").unwrap();
        let refused = write(around.path(), &[file("theirs")]).unwrap_err();
        assert!(matches!(refused, WriteError::NotEmpty { .. }), "{refused}");
        let refused = write(&around.path().join("mine"), &[file("theirs")]).unwrap_err();
        assert!(matches!(refused, WriteError::NoFolder { .. }), "{refused}");
        assert_eq!(around.path().read_dir().unwrap().count(), 1);
    }
}
