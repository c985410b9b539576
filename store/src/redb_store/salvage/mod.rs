//! Salvaging a store that can't be opened: what can be read of it, as a new store.
//!
//! The database holds every page of a file against its checksum where its process was killed, and opens nothing where one is
//! damaged. Here each page counts for itself, and each record by its own digest. Nothing here touches what it reads.

mod pages;
mod walk;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, TryLockError};
use std::path::Path;

use stepwell_contract::Digest;

use self::pages::{Pages, Slot};
use self::walk::{Between, Walked, walk};
use super::acknowledged::Acknowledged;
use super::answers::Waiting;
use super::blobs::{Blobs, read_file};
use super::draft::number;
use super::failure::{Place, Trouble};
use super::folder::{ANSWERS, BLOBS, look_through};
use super::keys::{self, Kind, Named};
use super::new_store::NewStore;
use super::{RedbStore, frame, holder, kept};
use crate::StoreError;
use crate::salvaged::{RecordKind, Salvaged, SalvagedCommit, SalvagedKind};

/// The kinds of records that don't follow from others.
const KINDS: [Kind; 17] = [
    Kind::LargeBlob,
    Kind::Blob,
    Kind::ScratchRun,
    Kind::Call,
    Kind::Document,
    Kind::Event,
    Kind::Checkpoint,
    Kind::Cell,
    Kind::Memo,
    Kind::Comparison,
    Kind::Batch,
    Kind::Improvement,
    Kind::Prompt,
    Kind::Run,
    Kind::StepRun,
    Kind::Execution,
    Kind::Removed,
];

impl RedbStore {
    /// Reads what can be read of the store in a folder, and writes a new one of it into another folder, which is empty or isn't
    /// there. Of the two commits that the file holds it takes the one of which more can be read: the last one, where that is as
    /// good. One that may never have been finished isn't taken.
    ///
    /// # Errors
    /// [`StoreError::Held`] while a process has the store open; [`StoreError::Damaged`] where there is no commit that can be
    /// read; [`StoreError::BackupInTheWay`]; an IO error.
    pub fn salvage(folder: &Path, to: &Path) -> Result<Salvaged, StoreError> {
        let place = Place::in_folder(folder);
        let failed = |error: &std::io::Error| place.io(&place.file, error);
        look_through(&place)?;
        let file = File::open(&place.file).map_err(|error| failed(&error))?;
        match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) => return Err(holder::held(folder)),
            // Where files can't be locked, the database can't lock them either.
            Ok(()) | Err(TryLockError::Error(_)) => {}
        }
        let (mut pages, slots) = Pages::of(file)
            .map_err(|error| place.trouble(Trouble::Database(redb::Error::Io(error))))?;
        let acknowledged = Acknowledged::beside(folder);
        let taken = choose(&mut pages, &slots, &acknowledged);
        let Some((slot, read)) = taken.filter(|(_, read)| read.walked.found > 0) else {
            return Err(place.damaged("no commit in it can be read".into()));
        };
        let new = NewStore::begin(to, folder)?;
        let blobs = Blobs::new(place.clone(), Some(folder.join(BLOBS)));
        Waiting::new(place.clone(), Some(folder.join(ANSWERS))).copy_to(to)?;
        let mut found = Found::default();
        let bytes = write(&new, &mut pages, slot, &blobs, &mut found)
            .map_err(|trouble| new.place.trouble(trouble))?;
        let (nameless, uncounted, nameless_kinds) = read.nameless();
        Ok(Salvaged {
            commit: match slot.transaction == slots[0].transaction {
                true => SalvagedCommit::Last,
                false => SalvagedCommit::OneBefore,
            },
            number: read.number,
            commits_lost: read.number.map_or(0, |number| acknowledged.lost(number)),
            mended: pages.mended(),
            kinds: found.kinds(),
            lost: found.lost.into_iter().collect(),
            nameless,
            uncounted,
            nameless_kinds,
            bytes,
        })
    }
}

/// A commit, as far as it can be read.
struct Readable {
    walked: Walked,
    /// The number of its transaction.
    number: Option<u64>,
    /// How many records fit their digests.
    good: u64,
}

/// The commit that is salvaged.
fn choose<'s>(
    pages: &mut Pages,
    slots: &'s [Slot],
    acknowledged: &Acknowledged,
) -> Option<(&'s Slot, Readable)> {
    let mut commits = slots.iter().map(|slot| (slot, Readable::of(pages, slot)));
    let last = commits.next()?;
    let Some(before) = commits.next() else {
        return Some(last);
    };
    // What an earlier commit names, too, was on the disk before the last one began: it is damaged, and not unfinished.
    let is_finished = last.1.walked.damaged.is_subset(&before.1.walked.pages)
        || last
            .1
            .number
            .is_some_and(|number| acknowledged.covers(number));
    let takes_last = is_finished && last.1.good >= before.1.good || before.1.good == 0;
    Some(if takes_last { last } else { before })
}

impl Readable {
    fn of(pages: &mut Pages, slot: &Slot) -> Self {
        let mut good = 0;
        let mut last = None;
        let walked = walk(pages, slot, &mut |key, value| {
            good += u64::from(frame::within(key, value).is_ok());
            if key == keys::all(Kind::Sequence).as_slice() {
                last = number(key, value);
            }
        });
        Self {
            walked,
            number: last,
            good,
        }
    }

    /// How many records are missing whose names aren't known, at most; whether nobody knows; and their kinds.
    fn nameless(&self) -> (u64, bool, BTreeSet<RecordKind>) {
        let Walked {
            all, found, gaps, ..
        } = &self.walked;
        let kinds: BTreeSet<_> = gaps.iter().flat_map(kinds_between).collect();
        if kinds.is_empty() {
            // What follows from the others is made anew.
            return (0, false, kinds);
        }
        match all {
            Some(all) => (all.saturating_sub(*found), false, kinds),
            None => (0, true, kinds),
        }
    }
}

/// The kinds of records that may stand between two keys, without those that follow from others.
fn kinds_between(between: &Between) -> BTreeSet<RecordKind> {
    let letter = |key: &Option<Vec<u8>>| key.as_ref().and_then(|key| key.first().copied());
    let first = letter(&between.after).unwrap_or(0);
    let last = letter(&between.before).unwrap_or(u8::MAX);
    let kinds = KINDS.iter().map(|kind| *kind as u8);
    let there = kinds.filter(|letter| (first..=last).contains(letter));
    there.map(|letter| kind_of(&[letter])).collect()
}

fn kind_of(key: &[u8]) -> RecordKind {
    match key.first() {
        Some(b'p') => RecordKind::Prompts,
        Some(b'r' | b'R') => RecordKind::Runs,
        Some(b'x') => RecordKind::Executions,
        Some(b'c') => RecordKind::Calls,
        Some(b'm') => RecordKind::Memos,
        Some(b'k') => RecordKind::Checkpoints,
        Some(b'd') => RecordKind::Documents,
        Some(b'e') => RecordKind::Events,
        Some(b'o' | b'C') => RecordKind::Comparisons,
        Some(b'f') => RecordKind::Improvements,
        Some(b'l') => RecordKind::Cells,
        Some(b'b' | b'B') => RecordKind::Texts,
        _ => RecordKind::Others,
    }
}

/// What goes into the new store, and what can't.
#[derive(Default)]
struct Found {
    kept: BTreeMap<RecordKind, u64>,
    broken: BTreeMap<RecordKind, u64>,
    lost: BTreeSet<String>,
}

impl Found {
    fn loses(&mut self, key: &[u8]) {
        *self.broken.entry(kind_of(key)).or_default() += 1;
        self.lost.insert(keys::describe(key));
    }

    fn kinds(&self) -> Vec<SalvagedKind> {
        let of = |counts: &BTreeMap<_, u64>, kind| counts.get(kind).copied().unwrap_or_default();
        let kinds: BTreeSet<_> = self.kept.keys().chain(self.broken.keys()).collect();
        let kinds = kinds.into_iter().map(|kind| SalvagedKind {
            kind: *kind,
            kept: of(&self.kept, kind),
            lost: of(&self.broken, kind),
        });
        kinds.collect()
    }
}

/// Writes what is whole of a commit into a new store; gives the bytes that it takes.
fn write(
    new: &NewStore,
    pages: &mut Pages,
    slot: &Slot,
    blobs: &Blobs,
    found: &mut Found,
) -> Result<u64, Trouble> {
    let mut files = 0;
    let bytes = new.finish(|add| {
        let mut failed = None;
        walk(pages, slot, &mut |key, value| {
            // What follows from the others is made anew.
            if failed.is_some() || kept::follows(key) {
                return;
            }
            let is_whole = frame::within(key, value).is_ok();
            let copied = match keys::read(key) {
                Some(Named::LargeBlob(digest)) if is_whole => copy_file(new, blobs, &digest),
                _ => Ok(is_whole.then_some(0)),
            };
            match copied {
                Ok(Some(bytes)) => {
                    files += bytes;
                    *found.kept.entry(kind_of(key)).or_default() += 1;
                    failed = add(key, value).err();
                }
                Ok(None) => found.loses(key),
                Err(error) => failed = Some(error.into()),
            }
        });
        failed.map_or(Ok(()), Err)
    })?;
    Ok(bytes + files)
}

/// Copies the file of a large blob, and gives its bytes; none where it isn't what was written.
fn copy_file(new: &NewStore, blobs: &Blobs, digest: &Digest) -> Result<Option<u64>, StoreError> {
    let read = blobs.file(digest).map(|file| read_file(digest, &file));
    let Some(Ok(bytes)) = read else {
        return Ok(None);
    };
    new.add_file(digest, &bytes)?;
    Ok(Some(bytes.len() as u64))
}
