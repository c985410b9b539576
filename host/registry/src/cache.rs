//! Components that were fetched, each under its digest, and what each reference meant when it was asked for last.
//!
//! A file is in it once it was held against its digest, and is held against it again whenever it is given: what was changed there since
//! then is removed, and never given.

use std::fs::{self, DirBuilder};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use stepwell_contract::Digest;
use stepwell_workers::{
    LARGEST_COMPONENT, LARGEST_CONFIGURATION, LargeFile, Unread, off_the_workers, read_file,
    read_large_file,
};
use tempfile::NamedTempFile;

use crate::reference::Reference;

/// How the name of a file begins that isn't whole yet.
const PARTIAL: &str = ".partial-";

/// A partial file as old as this is one of a process that was killed.
const ABANDONED: Duration = Duration::from_secs(24 * 60 * 60);

/// Why the cache can't be used.
#[derive(Debug, thiserror::Error)]
#[error("the cache of plugins {} can't be used", path.display())]
pub struct CacheError {
    /// The file or folder.
    pub path: PathBuf,
    /// Why not.
    pub source: io::Error,
}

/// Where fetched components are: `sha256/<hex>.wasm`, and beside it `references`.
#[derive(Debug, Clone)]
pub struct Cache {
    folder: PathBuf,
}

/// What a reference meant when its registry was asked last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Meant {
    /// The reference as it is written: a file's name is only a hash of it.
    reference: String,
    pub(crate) manifest: Digest,
    pub(crate) component: Digest,
}

impl Cache {
    /// The cache in this folder, which is made when something comes into it.
    #[must_use]
    pub fn in_folder(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Where a component is or would be.
    #[must_use]
    pub fn path(&self, digest: &Digest) -> PathBuf {
        self.components().join(format!("{}.wasm", digest.hex()))
    }

    /// A component that is there, with its bytes, which are those of the digest. What was changed is removed, and isn't there.
    ///
    /// # Errors
    /// It is there, and can't be read; or there is no room for it in memory.
    pub async fn get(&self, digest: &Digest) -> Result<Option<LargeFile>, CacheError> {
        let path = self.path(digest);
        let error = |source| CacheError {
            path: path.clone(),
            source,
        };
        let file = match read_large_file(&path, LARGEST_COMPONENT).await {
            Ok(file) => file,
            Err(Unread::File(gone)) if gone.kind() == ErrorKind::NotFound => return Ok(None),
            Err(Unread::File(source)) => return Err(error(source)),
            Err(Unread::Room(no_room)) => return Err(error(io::Error::other(no_room))),
        };
        let wanted = *digest;
        let (file, is_it) = off_the_workers(move || {
            let is_it = Digest::of(&file.bytes) == wanted;
            (file, is_it)
        })
        .await;
        if is_it {
            return Ok(Some(file));
        }
        match fs::remove_file(&path) {
            Err(source) if source.kind() != ErrorKind::NotFound => Err(error(source)),
            _ => Ok(None),
        }
    }

    /// A file for a component that comes, which is removed unless it is kept.
    pub(crate) fn begin(&self) -> Result<NamedTempFile, CacheError> {
        let folder = self.components();
        made(&folder)?;
        remove_abandoned(&folder);
        let mut builder = tempfile::Builder::new();
        let file = builder.prefix(PARTIAL).tempfile_in(&folder);
        file.map_err(|source| CacheError {
            path: folder,
            source,
        })
    }

    /// Gives a whole file its name. Whoever calls has held it against the digest.
    pub(crate) fn keep(&self, file: NamedTempFile, digest: &Digest) -> Result<PathBuf, CacheError> {
        let path = self.path(digest);
        match file.persist(&path) {
            Ok(_) => Ok(path),
            Err(error) => Err(CacheError {
                path,
                source: error.error,
            }),
        }
    }

    /// What a reference meant last, if that is known. What can't be read isn't known.
    pub(crate) fn meant(&self, reference: &Reference) -> Option<Meant> {
        let bytes = read_file(&self.note(reference), LARGEST_CONFIGURATION).ok()?;
        let meant: Meant = serde_json::from_slice(&bytes).ok()?;
        (meant.reference == reference.to_string()).then_some(meant)
    }

    /// Remembers what a reference means.
    pub(crate) fn remember(
        &self,
        reference: &Reference,
        manifest: Digest,
        component: Digest,
    ) -> Result<(), CacheError> {
        let path = self.note(reference);
        let meant = Meant {
            reference: reference.to_string(),
            manifest,
            component,
        };
        let write = || -> io::Result<()> {
            let mut file = NamedTempFile::with_prefix_in(PARTIAL, self.references())?;
            serde_json::to_writer(&mut file, &meant)?;
            file.write_all(b"\n")?;
            file.persist(&path)?;
            Ok(())
        };
        made(&self.references())?;
        write().map_err(|source| CacheError { path, source })
    }

    fn components(&self) -> PathBuf {
        self.folder.join("sha256")
    }

    fn references(&self) -> PathBuf {
        self.folder.join("references")
    }

    fn note(&self, reference: &Reference) -> PathBuf {
        let name = Digest::of(reference.to_string()).hex();
        self.references().join(format!("{name}.json"))
    }
}

/// Makes a folder in which only this user writes.
fn made(folder: &Path) -> Result<(), CacheError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|source| CacheError {
        path: folder.to_owned(),
        source,
    })
}

fn remove_abandoned(folder: &Path) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries {
        let is_partial = entry.file_name().to_string_lossy().starts_with(PARTIAL);
        let age = || entry.metadata().ok()?.modified().ok()?.elapsed().ok();
        if is_partial && age().is_some_and(|age| age > ABANDONED) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(cache: &Cache, bytes: &[u8]) -> Digest {
        let digest = Digest::of(bytes);
        let mut file = cache.begin().unwrap();
        file.write_all(bytes).unwrap();
        cache.keep(file, &digest).unwrap();
        digest
    }

    #[tokio::test]
    async fn what_was_changed_in_it_is_never_given() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::in_folder(folder.path().join("plugins"));
        assert!(cache.get(&Digest::of("a")).await.unwrap().is_none());
        let digest = kept(&cache, b"a component");
        let given = cache.get(&digest).await.unwrap().unwrap();
        assert_eq!(&*given.bytes, b"a component");
        for changed in [&b"another one"[..], b"", b"a componenT"] {
            fs::write(cache.path(&digest), changed).unwrap();
            assert!(cache.get(&digest).await.unwrap().is_none());
            assert!(!cache.path(&digest).exists());
        }
        // Fetched anew, it is there again.
        kept(&cache, b"a component");
        assert!(cache.get(&digest).await.unwrap().is_some());
    }

    #[tokio::test]
    async fn what_is_no_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::in_folder(folder.path().to_owned());
        let digest = Digest::of("a");
        fs::create_dir_all(cache.path(&digest)).unwrap();
        let error = cache.get(&digest).await.unwrap_err();
        assert!(
            error.source.to_string().contains("it is a folder"),
            "{error:?}"
        );
    }

    #[test]
    fn what_a_reference_meant_is_known_of_that_reference_alone() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::in_folder(folder.path().to_owned());
        let one = Reference::parse("h/a:1").unwrap();
        let other = Reference::parse("h/a:2").unwrap();
        let (manifest, component) = (Digest::of("m"), Digest::of("c"));
        cache.remember(&one, manifest, component).unwrap();
        let meant = cache.meant(&one).unwrap();
        assert_eq!((meant.manifest, meant.component), (manifest, component));
        fs::copy(cache.note(&one), cache.note(&other)).unwrap();
        assert_eq!(cache.meant(&other), None);
        fs::write(cache.note(&one), "{").unwrap();
        assert_eq!(cache.meant(&one), None);
    }

    #[test]
    fn a_file_that_is_not_kept_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::in_folder(folder.path().to_owned());
        drop(cache.begin().unwrap());
        assert_eq!(fs::read_dir(cache.components()).unwrap().count(), 0);
    }
}
