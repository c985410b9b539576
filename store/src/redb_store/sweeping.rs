//! Frees what nobody needs, and makes the file as small as it can be.
//!
//! It runs on the thread that writes, between two commits, so that nothing comes to be needed meanwhile. Nothing here knows who
//! needs what.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use stepwell_contract::Digest;

use super::blobs::Blobs;
use super::disk::Disk;
use super::keys::{self, Kind, Named};
use super::surveying::{survey, unsure};
use super::table::{Records, Table as _};
use crate::{Freed, StoreError};

/// How many blobs go in one transaction: what it replaces is held in memory meanwhile.
const AT_ONCE: usize = 256;

/// Frees every blob that nobody needs, and every file of none.
pub(super) fn sweep(disk: &Disk, blobs: &Blobs) -> Result<Freed, StoreError> {
    let survey = disk.read(|records| survey(records, blobs))?;
    unsure(&survey)?;
    let none = BTreeSet::new();
    let unneeded: Vec<(Digest, u64)> = survey
        .unneeded_without(&none)
        .map(|(digest, bytes)| (*digest, bytes))
        .collect();
    for some in unneeded.chunks(AT_ONCE) {
        disk.write(|draft| {
            for (digest, _) in some {
                draft.delete(&keys::blob(Kind::Blob, digest))?;
                draft.delete(&keys::blob(Kind::LargeBlob, digest))?;
            }
            Ok(())
        })?;
    }
    let orphans = orphans(disk, blobs)?;
    let files = orphans
        .iter()
        .filter(|(file, _)| fs::remove_file(file).is_ok());
    let left_behind: u64 = files.map(|(_, bytes)| bytes).sum();
    let small = |(digest, bytes): &&(Digest, u64)| {
        let file = blobs.file(digest);
        // That of a large one is among those that are left behind.
        file.is_none_or(|file| !orphans.iter().any(|(orphan, _)| *orphan == file))
            .then_some(*bytes)
    };
    Ok(Freed {
        blobs: unneeded.len() as u64,
        bytes: left_behind + unneeded.iter().filter_map(|blob| small(&blob)).sum::<u64>(),
    })
}

/// The files beside the store that no record names: of blobs that were freed, and of commits that were never made.
fn orphans(disk: &Disk, blobs: &Blobs) -> Result<Vec<(PathBuf, u64)>, StoreError> {
    let known = disk.read(|records: &Records| {
        let mut known = BTreeSet::new();
        for record in records.below(&keys::all(Kind::LargeBlob))? {
            if let Some(Named::LargeBlob(digest)) = keys::read(record?.0.value()) {
                known.extend(blobs.file(&digest));
            }
        }
        Ok(known)
    })?;
    Ok(blobs
        .files()
        .into_iter()
        .filter(|(file, _)| !known.contains(file))
        .collect())
}
