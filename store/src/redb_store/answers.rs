//! Room on the disk for answers that were asked for and are not there yet (rule E7).
//!
//! An answer is paid for when it comes, and then it is too late to find that the disk is full. So a file of its size is made
//! before it is asked for. Where the store takes the answer the file is given up; where it doesn't, the answer is written into
//! it, which needs no further room, and is committed as soon as the store takes it. What the answer says is no matter here.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use stepwell_contract::Digest;
use stepwell_workers::off_the_workers;
use tokio::sync::{Mutex, MutexGuard};

use super::blobs::sync_name;
use super::failure::Place;
use super::folder::open_own;
use crate::records::{CallRecord, EventRecord, MemoRecord};
use crate::{Change, Lacking, StoreError};

/// What a file with an answer begins with; then come the digest of what follows, its length, and the end of the line.
const HEAD: &str = "stepwell-answer 1";

/// The ending of a file's name.
const ENDING: &str = "answer";

/// How many files of rooms that were given up are used again.
const SPARE: usize = 64;

/// The most bytes of such a file: an answer has 64 MiB at most, and its records hold what it says twice more.
const LARGEST: u64 = 512 << 20;

/// Where answers wait that the store didn't take.
#[derive(Debug, Clone)]
pub(super) struct Waiting {
    place: Place,
    /// None where nothing lies on a disk.
    folder: Option<PathBuf>,
    turn: Arc<Mutex<()>>,
    /// Whether there may be some. Who asks goes by it: there is a file for each call under way, and each run that is taken up
    /// asks.
    some: Arc<AtomicBool>,
    spare: Arc<Spare>,
}

/// Files of rooms that were given up, empty: to make a file and to remove it costs more of a processor than all else that the
/// store does for a call. They go with the store.
#[derive(Debug, Default)]
struct Spare(std::sync::Mutex<Vec<PathBuf>>);

/// Room for one answer. It is given up when it is dropped.
#[derive(Debug)]
pub struct AnswerRoom {
    place: Place,
    file: Option<(PathBuf, File)>,
    some: Arc<AtomicBool>,
    spare: Arc<Spare>,
}

/// What is kept of an answer: its records and bytes, as they are committed.
#[derive(Debug, Clone, Default)]
pub(super) struct KeptAnswer {
    pub(super) calls: Vec<CallRecord>,
    memos: Vec<MemoRecord>,
    events: Vec<EventRecord>,
    blobs: Vec<Bytes>,
}

/// The same, as it is written: the bytes follow.
#[derive(Serialize, Deserialize)]
struct Written {
    calls: Vec<CallRecord>,
    memos: Vec<MemoRecord>,
    events: Vec<EventRecord>,
    /// How many bytes each blob has.
    blobs: Vec<u64>,
}

impl Waiting {
    pub(super) fn new(place: Place, folder: Option<PathBuf>) -> Self {
        Self {
            place,
            folder,
            turn: Arc::default(),
            // A process before this one may have left some.
            some: Arc::new(AtomicBool::new(true)),
            spare: Arc::default(),
        }
    }

    /// Whether there may be some, which is taken for looked at now.
    pub(super) fn may_be_some(&self) -> bool {
        self.some.swap(false, Ordering::AcqRel)
    }

    /// They could not all be taken in.
    pub(super) fn are_left(&self) {
        self.some.store(true, Ordering::Release);
    }

    /// Waits until nobody else takes them in.
    pub(super) async fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().await
    }

    /// Takes so many bytes of the disk.
    pub(super) async fn make_room(&self, bytes: u64) -> Result<AnswerRoom, StoreError> {
        let waiting = self.clone();
        off_the_workers(move || waiting.take(bytes)).await
    }

    fn take(&self, bytes: u64) -> Result<AnswerRoom, StoreError> {
        let mut room = AnswerRoom {
            place: self.place.clone(),
            file: None,
            some: Arc::clone(&self.some),
            spare: Arc::clone(&self.spare),
        };
        let Some(folder) = self.folder.as_ref().filter(|_| bytes > 0) else {
            return Ok(room);
        };
        let failed = |error: io::Error| self.place.io(folder, &error);
        super::make_folder(folder).map_err(failed)?;
        // A name of its own also where the file isn't new: those that wait are taken in by their names.
        let path = folder.join(format!("{}.{ENDING}", crate::fresh_id()));
        let mut options = OpenOptions::new();
        options.write(true).create_new(!self.spare.becomes(&path));
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = open_own(&path, &mut options).map_err(failed)?;
        // From here on whatever goes wrong removes it.
        let (_, file) = room.file.insert((path, file));
        let occupied = occupy(file, bytes);
        occupied.map_err(|error| match failed(error) {
            StoreError::Full { path, .. } => {
                // What was taken in vain is free again.
                room.give_up();
                let lacking = Some(lacking(folder, bytes));
                StoreError::Full { path, lacking }
            }
            error => error,
        })?;
        Ok(room)
    }

    /// The files that are there, oldest first.
    fn files(&self) -> io::Result<Vec<PathBuf>> {
        let Some(folder) = &self.folder else {
            return Ok(Vec::new());
        };
        let entries = match fs::read_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut files = Vec::new();
        for entry in entries {
            let entry = entry?;
            let path = entry.path();
            // A link leads elsewhere, and a pipe would be waited for.
            let is_file = entry.file_type()?.is_file();
            if is_file && path.extension().is_some_and(|ending| ending == ENDING) {
                files.push(path);
            }
        }
        files.sort();
        Ok(files)
    }

    /// Gives up the rooms of a process that was killed: nothing is under way before the store is open.
    pub(super) fn give_up(&self) {
        for path in self.files().unwrap_or_default() {
            if matches!(begins(&path), Ok(None | Some(0))) {
                // What is left takes space, and does no harm.
                let _ = fs::remove_file(path);
            }
        }
    }

    /// The answers that are kept, oldest first. A room without one is passed over.
    pub(super) async fn kept(&self) -> Result<Vec<(PathBuf, KeptAnswer)>, StoreError> {
        let waiting = self.clone();
        off_the_workers(move || waiting.read()).await
    }

    fn read(&self) -> Result<Vec<(PathBuf, KeptAnswer)>, StoreError> {
        let failed = |path: &Path, error: &io::Error| self.place.io(path, error);
        let files = self
            .files()
            .map_err(|error| failed(&self.place.folder, &error))?;
        let mut kept = Vec::new();
        for path in files {
            match begins(&path) {
                Ok(Some(first)) if first != 0 => {}
                // It may be given up at any time by the call that it is for.
                _ => continue,
            }
            let bytes = stepwell_workers::read_file(&path, LARGEST);
            let bytes = bytes.map_err(|error| failed(&path, &error))?;
            match KeptAnswer::read(bytes.into()) {
                Some(answer) => kept.push((path, answer)),
                None => {
                    let path = path.display();
                    tracing::warn!(%path, "what is kept of an answer is not whole: its call is in doubt");
                }
            }
        }
        Ok(kept)
    }
}

/// What is free for a folder, where that is less than was needed.
fn lacking(folder: &Path, needed: u64) -> Lacking {
    #[cfg(unix)]
    let free = rustix::fs::statvfs(folder)
        .ok()
        .map(|told| told.f_bavail.saturating_mul(told.f_frsize));
    #[cfg(not(unix))]
    let free = None;
    let free = free.filter(|free| *free < needed);
    Lacking { needed, free }
}

impl Waiting {
    /// Copies the answers that are kept into the folder of another store.
    pub(super) fn copy_to(&self, store: &Path) -> Result<(), StoreError> {
        let folder = store.join(super::folder::ANSWERS);
        let copied = || -> io::Result<()> {
            for from in self.files()? {
                let Some(name) = from.file_name() else {
                    continue;
                };
                if matches!(begins(&from), Ok(Some(first)) if first != 0) {
                    super::make_folder(&folder)?;
                    fs::copy(&from, folder.join(name))?;
                }
            }
            Ok(())
        };
        copied().map_err(|error| self.place.io(&folder, &error))
    }
}

/// A file's first byte; none where it is empty.
fn begins(path: &Path) -> io::Result<Option<u8>> {
    let mut first = [0];
    let read = File::open(path)?.read(&mut first)?;
    Ok((read > 0).then_some(first[0]))
}

/// Gives a new file so many bytes that are on the disk, and not merely its length.
fn occupy(file: &mut File, bytes: u64) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{FallocateFlags, fallocate};
        use rustix::io::Errno;
        match fallocate(&*file, FallocateFlags::empty(), 0, bytes) {
            // The file system knows no such thing.
            Err(Errno::OPNOTSUPP | Errno::NOSYS) => {}
            other => return other.map_err(io::Error::from),
        }
    }
    io::copy(&mut io::repeat(0).take(bytes), file)?;
    io::Seek::rewind(file)?;
    file.sync_data()
}

impl AnswerRoom {
    /// Whether anything could wait in it: a store in memory has no disk beside it.
    #[must_use]
    pub fn is_on_disk(&self) -> bool {
        self.file.is_some()
    }

    /// Writes into it what these changes say of a call, and returns when that is durable. The store takes it in later.
    ///
    /// # Errors
    /// [`StoreError::Full`] where there was no room made, or less than it takes; an IO error.
    pub async fn keep(mut self, changes: &[Change]) -> Result<(), StoreError> {
        let folder = self.place.folder.clone();
        let (path, file) = self.file.take().ok_or(StoreError::Full {
            path: folder,
            lacking: None,
        })?;
        let (place, answer) = (self.place.clone(), KeptAnswer::of(changes));
        let some = Arc::clone(&self.some);
        off_the_workers(move || {
            write(&file, &path, &answer).map_err(|error| {
                // Half of it is none.
                let _ = fs::remove_file(&path);
                place.io(&path, &error)
            })?;
            some.store(true, Ordering::Release);
            Ok(())
        })
        .await
    }
}

impl AnswerRoom {
    fn give_up(&mut self) {
        let Some((path, file)) = self.file.take() else {
            return;
        };
        // Its bytes are free from here on, whatever becomes of the file.
        let is_empty = file.set_len(0).is_ok();
        drop(file);
        if !is_empty || !self.spare.keeps(&path) {
            let _ = fs::remove_file(path);
        }
    }
}

impl Spare {
    fn files(&self) -> std::sync::MutexGuard<'_, Vec<PathBuf>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes an empty file, unless there are enough.
    fn keeps(&self, path: &Path) -> bool {
        let mut files = self.files();
        let is_wanted = files.len() < SPARE;
        if is_wanted {
            files.push(path.to_owned());
        }
        is_wanted
    }

    /// Gives one of the files another name; false where there is none. One that somebody removed is none.
    fn becomes(&self, path: &Path) -> bool {
        let spare = self.files().pop();
        spare.is_some_and(|spare| fs::rename(spare, path).is_ok())
    }
}

impl Drop for Spare {
    fn drop(&mut self) {
        for path in self.files().drain(..) {
            let _ = fs::remove_file(path);
        }
    }
}

impl Drop for AnswerRoom {
    fn drop(&mut self) {
        self.give_up();
    }
}

fn write(mut file: &File, path: &Path, answer: &KeptAnswer) -> io::Result<()> {
    let body = answer.body()?;
    let head = format!("{HEAD} {} {}\n", Digest::of(&body).hex(), body.len());
    file.write_all(head.as_bytes())?;
    file.write_all(&body)?;
    file.set_len((head.len() + body.len()) as u64)?;
    file.sync_all()?;
    sync_name(path)
}

impl KeptAnswer {
    /// The parts of changes that tell of a call.
    fn of(changes: &[Change]) -> Self {
        let mut answer = Self::default();
        for change in changes {
            match change {
                Change::Call(call) => answer.calls.push(call.as_ref().clone()),
                Change::Memo(memo) => answer.memos.push(memo.as_ref().clone()),
                Change::Event(event) => answer.events.push(event.as_ref().clone()),
                Change::Blob(bytes) => answer.blobs.push(bytes.clone()),
                _ => {}
            }
        }
        answer
    }

    /// What is to be committed.
    pub(super) fn changes(self) -> Vec<Change> {
        let Self {
            calls,
            memos,
            events,
            blobs,
        } = self;
        let blobs = blobs.into_iter().map(Change::Blob);
        let calls = calls.into_iter().map(|call| Change::Call(Box::new(call)));
        let memos = memos.into_iter().map(|memo| Change::Memo(Arc::new(memo)));
        let events = events.into_iter();
        let events = events.map(|event| Change::Event(Box::new(event)));
        blobs.chain(memos).chain(calls).chain(events).collect()
    }

    fn body(&self) -> io::Result<Vec<u8>> {
        let written = Written {
            calls: self.calls.clone(),
            memos: self.memos.clone(),
            events: self.events.clone(),
            blobs: self.blobs.iter().map(|blob| blob.len() as u64).collect(),
        };
        let mut body = serde_json::to_vec(&written)?;
        body.push(b'\n');
        self.blobs.iter().for_each(|blob| body.extend(blob));
        Ok(body)
    }

    /// Reads a file; none where it isn't whole.
    fn read(bytes: Bytes) -> Option<Self> {
        let (head, body) = at_line(&bytes)?;
        let head = std::str::from_utf8(&head).ok()?;
        let (digest, length) = head.strip_prefix(HEAD)?.trim().split_once(' ')?;
        let body = body.slice(..body.len().min(length.parse().ok()?));
        if Digest::of(&body).hex() != digest {
            return None;
        }
        let (written, mut rest) = at_line(&body)?;
        let Written {
            calls,
            memos,
            events,
            blobs,
        } = serde_json::from_slice(&written).ok()?;
        let blobs = blobs.into_iter().map(|length| {
            let length = usize::try_from(length).ok()?;
            (length <= rest.len()).then(|| rest.split_to(length))
        });
        Some(Self {
            calls,
            memos,
            events,
            blobs: blobs.collect::<Option<_>>()?,
        })
    }
}

/// The first line, and what follows it.
fn at_line(bytes: &Bytes) -> Option<(Bytes, Bytes)> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    Some((bytes.slice(..end), bytes.slice(end + 1..)))
}
