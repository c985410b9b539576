//! Writes a cassette while a run goes on.
//!
//! A recording never stops a run: the answers are paid for. What went wrong while writing is kept, and told
//! when the recording is finished.

mod tape;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use stepwell_contract::{Remedy, StepPath};
use stepwell_workers::{LARGEST_CASSETTE, read_file};

use crate::cassette::{Cassette, CassetteError, Entry, Matching, RecordedAnswer, RecordedCall};
use tape::Tape;

/// Collects calls and a person's answers, and adds each to a file at once.
///
/// A call that is made again takes the place of its entry, and then the whole file is written anew.
pub struct Recorder {
    state: Mutex<State>,
}

struct State {
    cassette: Cassette,
    tape: Tape,
    /// Why the file is not what was collected.
    failed: Option<RecordError>,
}

/// Why a cassette can't be recorded.
#[derive(Debug, thiserror::Error)]
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
    /// The file is a cassette already, and a new recording would mix with what it holds.
    #[error("the cassette {} is there already", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The file is a cassette that is matched in another way than the recording is to be.
    #[error("the cassette {} is matched by {}, and `{}` was asked for", path.display(), found.word(), asked.word())]
    OtherMatching {
        /// The file.
        path: PathBuf,
        /// How it is matched.
        found: Matching,
        /// How it was to be matched.
        asked: Matching,
    },
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
    /// What helps.
    #[must_use]
    pub fn remedy(&self) -> Remedy {
        match self {
            Self::Read { .. } => Remedy::said("check who may read it, or record to another file"),
            Self::NotACassette(_) => Remedy::RecordElsewhere { goes_on: false },
            Self::Exists { .. } => Remedy::RecordElsewhere { goes_on: true },
            Self::OtherMatching { found, .. } => Remedy::KeepMatching {
                matching: found.word().to_owned(),
            },
            Self::Write { .. } => {
                Remedy::said("check that its folder exists, can be written and has room")
            }
        }
    }
}

impl Recorder {
    /// Begins a recording in a file of its own. The file is written at once, so that a bad path is noticed before money
    /// is spent; one in which nothing has been recorded yet is as good as none.
    ///
    /// # Errors
    /// [`RecordError`] if the file holds something already, or can't be written.
    pub fn begin(path: impl Into<PathBuf>, matching: Matching) -> Result<Self, RecordError> {
        let path = path.into();
        match read(&path)? {
            Some(cassette) if !cassette.entries().is_empty() => Err(RecordError::Exists { path }),
            _ => Self::new(path, Cassette::new(matching)),
        }
    }

    /// Goes on with the recording that a file holds, and leaves its head as it is: a run that is resumed records what
    /// is still missing. A part of an entry that a process left when it ended is removed. Without a file it begins one. `matching`: how it must be matched; none is as the file says.
    ///
    /// # Errors
    /// [`RecordError`] if the file holds something else, is matched in another way, or can't be written.
    pub fn go_on(
        path: impl Into<PathBuf>,
        matching: Option<Matching>,
    ) -> Result<Self, RecordError> {
        let path = path.into();
        let Some(cassette) = read(&path)? else {
            return Self::new(path, Cassette::new(matching.unwrap_or(Matching::Request)));
        };
        match matching {
            Some(asked) if asked != cassette.matching() => Err(RecordError::OtherMatching {
                path,
                found: cassette.matching(),
                asked,
            }),
            _ => Self::new(path, cassette),
        }
    }

    fn new(path: PathBuf, cassette: Cassette) -> Result<Self, RecordError> {
        let mut tape = Tape::new(path);
        tape.write(&cassette)?;
        Ok(Self {
            state: Mutex::new(State {
                cassette,
                tape,
                failed: None,
            }),
        })
    }

    /// Records a person's answer. It waits for the disk.
    pub fn answer(&self, step: Option<StepPath>, key: impl Into<String>, text: impl Into<String>) {
        self.add(Entry::Answer(RecordedAnswer {
            step,
            key: key.into(),
            text: text.into(),
        }));
    }

    /// Records a call. [`Models::recording`](crate::Models::recording) does it for every call that is made. It waits for the
    /// disk.
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
        let State {
            cassette,
            tape,
            failed,
        } = &mut *state;
        if failed.is_some() {
            tape.write(cassette)?;
            *failed = None;
        }
        Ok(())
    }

    /// Says which model is asked where a call names none; the head of a file with entries stays as it is.
    pub(crate) fn set_default_model(&self, name: Option<&str>) {
        let mut state = self.state();
        if state.cassette.entries().is_empty() {
            state.cassette.set_default_model(name.map(str::to_owned));
            state.tape.write_anew_next();
        }
    }

    fn add(&self, entry: Entry) {
        let mut state = self.state();
        let State {
            cassette,
            tape,
            failed,
        } = &mut *state;
        let written = match cassette.add(entry.clone()) {
            true => tape.write(cassette),
            false => tape.add(&entry, cassette),
        };
        *failed = written.err();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A cassette is whole between any two entries.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder")
            .field("path", &self.state().tape.path())
            .finish_non_exhaustive()
    }
}

/// The cassette in a file; none where there is no file.
fn read(path: &Path) -> Result<Option<Cassette>, RecordError> {
    match read_file(path, LARGEST_CASSETTE) {
        Ok(bytes) => Ok(Some(Cassette::read(&bytes, &path.to_string_lossy())?)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(RecordError::Read {
            path: path.to_owned(),
            source,
        }),
    }
}
