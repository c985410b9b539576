//! Components that were fetched and their manifests, each under its digest, and what each tag meant when it was asked for last.
//!
//! A file is in it once it was held against its digest, and is held against it again whenever it is given: what was changed there since
//! then is never given. So is what a digest means without a network; what a tag meant is only noted.

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

use crate::reference::{Reference, Version};

/// The most bytes of a manifest, and of a config.
pub(crate) const LARGEST_MANIFEST: u64 = 4 << 20;

/// The most bytes of what lies beside a component: a manifest and all that is taken with it, as text.
const LARGEST_BESIDE: u64 = 24 << 20;

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

/// Where fetched components are: `sha256/<hex>.wasm`, and beside it `manifests/<hex>.json` and `tags`; and of each component, by its
/// digest, its manifest (`of`) and what lay beside it (`signatures`).
#[derive(Debug, Clone)]
pub struct Cache {
    folder: PathBuf,
}

/// What a tag meant when its registry was asked last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Meant {
    /// The reference as it is written: a file's name is only a hash of it.
    reference: String,
    manifest: Digest,
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

    /// Makes room for a component that comes. It reads a folder, so that it isn't for a worker of the runtime.
    pub(crate) fn prepare(&self) -> Result<(), CacheError> {
        let folder = self.components();
        made(&folder)?;
        remove_abandoned(&folder);
        Ok(())
    }

    /// A file for a component that comes, which is removed unless it is kept. It is made where it is held: on another thread it could be
    /// left behind by a process that ends.
    pub(crate) fn begin(&self) -> Result<NamedTempFile, CacheError> {
        let folder = self.components();
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

    /// The manifest of this digest, if it is there as it was.
    pub(crate) fn manifest(&self, digest: &Digest) -> Option<Vec<u8>> {
        let bytes = read_file(&self.manifests(digest), LARGEST_MANIFEST).ok()?;
        (Digest::of(&bytes) == *digest).then_some(bytes)
    }

    /// Keeps a manifest, and notes that the reference means it.
    pub(crate) fn remember(
        &self,
        reference: &Reference,
        manifest: &[u8],
    ) -> Result<(), CacheError> {
        let digest = Digest::of(manifest);
        written(&self.manifests(&digest), manifest)?;
        if let Version::Digest(_) = reference.version {
            return Ok(());
        }
        let meant = Meant {
            reference: reference.to_string(),
            manifest: digest,
        };
        let note = self.note(reference);
        let text = serde_json::to_vec(&meant).map_err(|error| CacheError {
            path: note.clone(),
            source: error.into(),
        })?;
        written(&note, &text)
    }

    /// The manifest that a reference means, or meant last, if that is known. What can't be read isn't known.
    pub(crate) fn meant(&self, reference: &Reference) -> Option<Digest> {
        if let Version::Digest(digest) = &reference.version {
            return Some(*digest);
        }
        let bytes = read_file(&self.note(reference), LARGEST_CONFIGURATION).ok()?;
        let meant: Meant = serde_json::from_slice(&bytes).ok()?;
        (meant.reference == reference.to_string()).then_some(meant.manifest)
    }

    /// Notes by which manifest a component came last.
    pub(crate) fn note_manifest(
        &self,
        component: &Digest,
        manifest: &Digest,
    ) -> Result<(), CacheError> {
        written(&self.of(component, "of"), manifest.to_string().as_bytes())
    }

    /// The manifest by which a component came last, if that is known.
    pub(crate) fn manifest_of(&self, component: &Digest) -> Option<Digest> {
        let bytes = read_file(&self.of(component, "of"), LARGEST_CONFIGURATION).ok()?;
        std::str::from_utf8(&bytes).ok()?.parse().ok()
    }

    /// What was kept from beside a component. Nothing shows that it is still as it came.
    pub(crate) fn beside(&self, component: &Digest) -> Option<Vec<u8>> {
        read_file(&self.of(component, "signatures"), LARGEST_BESIDE).ok()
    }

    /// Keeps what lies beside a component.
    pub(crate) fn keep_beside(&self, component: &Digest, bytes: &[u8]) -> Result<(), CacheError> {
        written(&self.of(component, "signatures"), bytes)
    }

    /// A file about a component.
    fn of(&self, component: &Digest, about: &str) -> PathBuf {
        let name = format!("{}.json", component.hex());
        self.folder.join(about).join(name)
    }

    fn components(&self) -> PathBuf {
        self.folder.join("sha256")
    }

    fn manifests(&self, digest: &Digest) -> PathBuf {
        let name = format!("{}.json", digest.hex());
        self.folder.join("manifests").join(name)
    }

    fn note(&self, reference: &Reference) -> PathBuf {
        let name = format!("{}.json", Digest::of(reference.to_string()).hex());
        self.folder.join("tags").join(name)
    }
}

/// Writes a small file, at once or not at all.
fn written(path: &Path, bytes: &[u8]) -> Result<(), CacheError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    made(folder)?;
    let write = || -> io::Result<()> {
        let mut file = NamedTempFile::with_prefix_in(PARTIAL, folder)?;
        file.write_all(bytes)?;
        file.persist(path)?;
        Ok(())
    };
    write().map_err(|source| CacheError {
        path: path.to_owned(),
        source,
    })
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
        cache.prepare().unwrap();
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
        let manifest = Digest::of("a manifest");
        cache.remember(&one, b"a manifest").unwrap();
        assert_eq!(cache.meant(&one), Some(manifest));
        assert_eq!(cache.manifest(&manifest).unwrap(), b"a manifest");
        fs::copy(cache.note(&one), cache.note(&other)).unwrap();
        assert_eq!(cache.meant(&other), None);
        fs::write(cache.note(&one), "{").unwrap();
        assert_eq!(cache.meant(&one), None);
        // A digest means what it is, and nothing that somebody wrote in its place.
        assert_eq!(cache.meant(&one.pinned(manifest)), Some(manifest));
        fs::write(cache.manifests(&manifest), "another manifest").unwrap();
        assert_eq!(cache.manifest(&manifest), None);
    }

    #[test]
    fn a_file_that_is_not_kept_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::in_folder(folder.path().to_owned());
        cache.prepare().unwrap();
        drop(cache.begin().unwrap());
        assert_eq!(fs::read_dir(cache.components()).unwrap().count(), 0);
    }
}
