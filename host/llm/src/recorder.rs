//! Writes a cassette while a run goes on.
//!
//! A recording never stops a run: the answers are paid for. What went wrong while writing is kept, and told
//! when the recording is finished.

use std::fmt;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use stepwell_contract::StepPath;

use crate::cassette::{Cassette, CassetteError, Entry, Matching, RecordedAnswer, RecordedCall};

/// Collects calls and a person's answers, and writes them to a file after each.
pub struct Recorder {
    path: PathBuf,
    state: Mutex<State>,
}

struct State {
    cassette: Cassette,
    /// Why the file is not what was collected.
    failed: Option<RecordError>,
}

/// Why a cassette can't be recorded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// The file is there and can't be read.
    #[error("the cassette {} can't be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The file is there and is something else.
    #[error(transparent)]
    NotACassette(#[from] CassetteError),
    /// The file can't be written.
    #[error("the cassette {} can't be written: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
}

impl RecordError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Read { .. } => "check who may read it, or record to another file".into(),
            Self::NotACassette(_) => "record to another file, or remove this one".into(),
            Self::Write { .. } => {
                "check that its folder exists, can be written and has room".into()
            }
        }
    }
}

impl Recorder {
    /// Begins a recording, or goes on with the one that the file holds: a run that is resumed records what
    /// is still missing. The file is written at once, so that a bad path is noticed before money is spent.
    ///
    /// # Errors
    /// [`RecordError`] if the file holds something else, or can't be written.
    pub fn open(path: impl Into<PathBuf>, matching: Matching) -> Result<Self, RecordError> {
        let path = path.into();
        let cassette = match std::fs::read_to_string(&path) {
            Ok(text) => Cassette::parse(&text, &path.to_string_lossy())?.matched_by(matching),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Cassette::new(matching),
            Err(source) => return Err(RecordError::Read { path, source }),
        };
        write(&path, &cassette)?;
        Ok(Self {
            path,
            state: Mutex::new(State {
                cassette,
                failed: None,
            }),
        })
    }

    /// Records a person's answer.
    pub fn answer(&self, step: Option<StepPath>, key: impl Into<String>, text: impl Into<String>) {
        self.add(Entry::Answer(RecordedAnswer {
            step,
            key: key.into(),
            text: text.into(),
        }));
    }

    /// Records a call. [`Models::recording`](crate::Models::recording) does it for every call that is made.
    pub fn call(&self, call: RecordedCall) {
        self.add(Entry::Call(call));
    }

    /// What was recorded so far.
    #[must_use]
    pub fn cassette(&self) -> Cassette {
        self.state().cassette.clone()
    }

    /// Writes what could not be written before, if anything.
    ///
    /// # Errors
    /// [`RecordError`] if the file still can't be written.
    pub fn finish(&self) -> Result<(), RecordError> {
        let mut state = self.state();
        if state.failed.is_some() {
            write(&self.path, &state.cassette)?;
            state.failed = None;
        }
        Ok(())
    }

    pub(crate) fn set_default_model(&self, name: Option<&str>) {
        self.state()
            .cassette
            .set_default_model(name.map(str::to_owned));
    }

    fn add(&self, entry: Entry) {
        let mut state = self.state();
        state.cassette.add(entry);
        state.failed = write(&self.path, &state.cassette).err();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A cassette is whole between any two entries.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// Replaces the file by a rename, so that a crash leaves the old text or the new one, never half of one.
fn write(path: &Path, cassette: &Cassette) -> Result<(), RecordError> {
    let failed = |source| RecordError::Write {
        path: path.to_owned(),
        source,
    };
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // A cassette is made to be shared, unlike what temporary files usually hold.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut file = builder
        .prefix(".stepwell-cassette")
        .tempfile_in(folder)
        .map_err(failed)?;
    file.write_all(cassette.to_text().as_bytes())
        .and_then(|()| file.as_file().sync_all())
        .map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}
