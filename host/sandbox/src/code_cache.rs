//! Machine code on disk: what a component compiled to, and what it said of itself then.
//!
//! A file that is damaged, cut off or foreign is as good as none, and so is a folder that can't be written; the cache
//! never fails a load.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use stepwell_contract::{Description, Digest};
use wasmtime::Engine;
use wasmtime::component::Component;

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
    /// The checksum of the machine code. It tells a file that is damaged or cut off, at the speed of reading it. It is
    /// no proof against forgery, and need not be: see [`CodeCache::get`].
    machine_code: String,
    description: Description,
}

impl CodeCache {
    /// Opens a folder, or makes it for this user alone. None, with a warning, where that can't be.
    pub(crate) fn open(folder: &Path, engine: &Engine) -> Option<Self> {
        if let Err(error) = prepare(folder) {
            tracing::warn!(
                "no code cache in `{}`, so plugins are compiled at each start: {error}",
                folder.display()
            );
            return None;
        }
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        CONTRACT.hash(&mut hasher);
        Some(Self {
            folder: folder.to_owned(),
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
    pub(crate) fn get(&self, engine: &Engine, digest: &Digest) -> Option<(Component, Description)> {
        let (code_path, label_path) = self.paths(digest);
        let label: Label = serde_json::from_slice(&fs::read(label_path).ok()?).ok()?;
        if checksum(fs::File::open(&code_path).ok()?).ok()? != label.machine_code {
            tracing::warn!("`{}` is damaged and made anew", code_path.display());
            return None;
        }
        // SAFETY: the bytes are those that an engine of the same compatibility hash wrote, as their checksum says. Who
        // could forge both files can write to a folder of this user alone, and so run code as this user anyway. The
        // file isn't changed while it is mapped: a new one comes by rename, and this one lives on until unmapped.
        #[allow(unsafe_code, reason = "wasmtime can't check machine code; see above")]
        let component = unsafe { Component::deserialize_file(engine, &code_path) };
        match component {
            Ok(component) => Some((component, label.description)),
            Err(error) => {
                tracing::warn!("`{}` is made anew: {error:#}", code_path.display());
                None
            }
        }
    }

    /// Keeps a component.
    pub(crate) fn put(&self, digest: &Digest, component: &Component, description: &Description) {
        let kept = component
            .serialize()
            .map_err(io::Error::other)
            .and_then(|code| self.write(digest, &code, description));
        if let Err(error) = kept {
            tracing::warn!(
                "the compiled plugin was not kept in `{}`: {error}",
                self.folder.display()
            );
        }
    }

    fn write(&self, digest: &Digest, code: &[u8], description: &Description) -> io::Result<()> {
        let (code_path, label_path) = self.paths(digest);
        let label = serde_json::to_vec(&Label {
            machine_code: checksum(code)?,
            description: description.clone(),
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

/// The checksum of what can be read, in hexadecimal digits.
fn checksum(mut code: impl io::Read) -> io::Result<String> {
    let mut hasher = twox_hash::XxHash3_128::new();
    // A piece at a time: a large plugin's code has a hundred megabytes, and memory that is new costs more than reading.
    let mut piece = vec![0; 256 << 10];
    loop {
        match code.read(&mut piece) {
            Ok(0) => return Ok(format!("{:032x}", hasher.finish_128())),
            Ok(length) => hasher.write(&piece[..length]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(unix)]
fn prepare(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};

    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    if fs::metadata(folder)?.permissions().mode() & 0o022 != 0 {
        // Whoever can write here would have their code run by this user.
        return Err(io::Error::other(
            "others may write to it (`chmod 700` mends it)",
        ));
    }
    // Whether it can be written shows now, and not after minutes of compiling.
    tempfile::NamedTempFile::new_in(folder).map(drop)
}

#[cfg(not(unix))]
fn prepare(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    tempfile::NamedTempFile::new_in(folder).map(drop)
}
