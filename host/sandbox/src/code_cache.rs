//! Machine code on disk: what a component compiled to, and what it said of itself then.
//!
//! A file that is damaged, cut off or foreign is as good as none, and so is a folder that can't be written; the cache
//! never fails a load.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use stepwell_contract::{Description, Digest, Language};
use stepwell_workers::checksum;
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::compiling::Compiled;

/// The contract that descriptions were read under: with another one, a component has to be looked at again.
const CONTRACT: &str = concat!(
    include_str!("../../../wit/chat.wit"),
    include_str!("../../../wit/context.wit"),
    include_str!("../../../wit/dialogue.wit"),
    include_str!("../../../wit/documents.wit"),
    include_str!("../../../wit/progress.wit"),
    include_str!("../../../wit/prompts.wit"),
    include_str!("../../../wit/step.wit"),
    include_str!("../../../wit/workspace.wit"),
);

/// A folder of compiled components.
pub(crate) struct CodeCache {
    folder: PathBuf,
    /// What code depends on beside its component: wasmtime's version, the processor, the settings, the contract.
    compatibility: u64,
}

/// What lies beside the machine code: how to trust it, and what `describe` gave.
#[derive(Serialize, Deserialize)]
struct Label {
    /// What the code was compiled from: under another name it would run in that one's place.
    component: Option<Digest>,
    /// The checksum of the machine code. It tells a file that is damaged or cut off, at the speed of reading it. It is
    /// no proof against forgery, and need not be: see [`CodeCache::get`].
    machine_code: String,
    #[serde(flatten)]
    about: About,
}

/// What is kept of a component beside its code.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct About {
    /// What `describe` gave.
    pub(crate) description: Description,
    /// The language that it is written in, where that is known.
    #[serde(default)]
    pub(crate) language: Option<Language>,
}

impl CodeCache {
    /// Opens a folder, or makes it for this user alone. None, with a warning, where that can't be.
    pub(crate) fn open(folder: &Path, engine: &Engine) -> Option<Self> {
        let folder = match prepare(folder) {
            Ok(folder) => folder,
            Err(error) => {
                tracing::warn!(
                    "no code cache in `{}`, so plugins are compiled at each start: {error}",
                    folder.display()
                );
                return None;
            }
        };
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        CONTRACT.hash(&mut hasher);
        Some(Self {
            folder,
            compatibility: hasher.finish(),
        })
    }

    /// The folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// How many components there are for this engine.
    pub(crate) fn count(&self) -> usize {
        let ours = format!("-{:016x}.cwasm", self.compatibility);
        fs::read_dir(&self.folder).map_or(0, |entries| {
            entries
                .filter_map(Result::ok)
                .filter(|entry| entry.file_name().to_string_lossy().ends_with(&ours))
                .count()
        })
    }

    fn paths(&self, component: &Digest) -> (PathBuf, PathBuf) {
        let stem = format!("{}-{:016x}", component.hex(), self.compatibility);
        (
            self.folder.join(format!("{stem}.cwasm")),
            self.folder.join(format!("{stem}.json")),
        )
    }

    /// A component that was kept before, if it is whole.
    pub(crate) fn get(&self, engine: &Engine, digest: &Digest) -> Option<(Component, About)> {
        let (code_path, label_path) = self.paths(digest);
        for path in [&label_path, &code_path] {
            if let Err(error) = trust(path, Kind::File) {
                if error.kind() != io::ErrorKind::NotFound {
                    tracing::warn!("{error}, so it is made anew");
                }
                return None;
            }
        }
        let label: Label = serde_json::from_slice(&fs::read(label_path).ok()?).ok()?;
        let is_whole = label.component == Some(*digest)
            && checksum(&mut fs::File::open(&code_path).ok()?).ok()? == label.machine_code;
        if !is_whole {
            tracing::warn!("`{}` is damaged and made anew", code_path.display());
            return None;
        }
        // SAFETY: the bytes are those that an engine of the same compatibility hash wrote, as their checksum says. Who
        // could forge both files is this user, who can run any code anyway: `prepare` and `trust` have made sure that
        // nobody else may write to them, to the folder, or put another one in its place. The file isn't changed while it
        // is mapped: a new one comes by rename, and this one lives on until unmapped.
        #[allow(unsafe_code, reason = "wasmtime can't check machine code; see above")]
        let component = unsafe { Component::deserialize_file(engine, &code_path) };
        match component {
            Ok(component) => Some((component, label.about)),
            Err(error) => {
                tracing::warn!("`{}` is made anew: {error:#}", code_path.display());
                None
            }
        }
    }

    /// Keeps a component.
    pub(crate) fn put(&self, digest: &Digest, compiled: &Compiled, about: &About) {
        let kept = compiled
            .code()
            .map_err(io::Error::other)
            .and_then(|code| self.write(digest, &code, about));
        if let Err(error) = kept {
            tracing::warn!(
                "the compiled plugin was not kept in `{}`: {error}",
                self.folder.display()
            );
        }
    }

    fn write(&self, digest: &Digest, code: &[u8], about: &About) -> io::Result<()> {
        let (code_path, label_path) = self.paths(digest);
        let label = serde_json::to_vec(&Label {
            component: Some(*digest),
            machine_code: checksum(&mut &*code)?,
            about: about.clone(),
        })?;
        // The label comes last: code without one is not looked at.
        self.replace(&code_path, code)?;
        self.replace(&label_path, &label)
    }

    fn replace(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        file.write_all(bytes)?;
        file.persist(path)?;
        Ok(())
    }
}

/// Makes the folder where it is missing, and says where it really is.
fn prepare(folder: &Path) -> io::Result<PathBuf> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)?;
    // A link may lead to where others write.
    let folder = fs::canonicalize(folder)?;
    trust(&folder, Kind::Folder)?;
    for parent in folder.ancestors().skip(1) {
        trust(parent, Kind::Parent)?;
    }
    // Whether it can be written shows now, and not after minutes of compiling.
    tempfile::NamedTempFile::new_in(&folder)?;
    Ok(folder)
}

/// What somebody else must not be able to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A file of compiled code, or its label.
    File,
    /// The folder of the cache.
    Folder,
    /// A folder above it: who may rename what lies in it can put another cache there.
    Parent,
}

/// An error where somebody else could have native code run as this user.
#[cfg(unix)]
fn trust(path: &Path, kind: Kind) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt as _;
    const STICKY: u32 = 0o1000;
    const OTHERS_WRITE: u32 = 0o022;

    let about = fs::symlink_metadata(path)?;
    let distrusted = |why: &str| Err(io::Error::other(format!("`{}` {why}", path.display())));
    let is_what_it_should_be = match kind {
        Kind::File => about.is_file(),
        Kind::Folder | Kind::Parent => about.is_dir(),
    };
    if !is_what_it_should_be {
        return distrusted("is a link, or something else");
    }
    let is_ours = about.uid() == rustix::process::geteuid().as_raw();
    let is_the_systems = kind == Kind::Parent && about.uid() == 0;
    if !is_ours && !is_the_systems {
        return distrusted("belongs to somebody else");
    }
    let may_be_sticky = kind == Kind::Parent && about.mode() & STICKY != 0;
    if about.mode() & OTHERS_WRITE != 0 && !may_be_sticky {
        return distrusted("may be written by others (`chmod go-w` mends it)");
    }
    Ok(())
}

/// Elsewhere a user's folders are theirs alone by how the system sets them up.
#[cfg(not(unix))]
fn trust(path: &Path, _: Kind) -> io::Result<()> {
    fs::symlink_metadata(path).map(drop)
}
