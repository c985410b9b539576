//! Frees what nobody needs, and makes the file as small as it can be.
//!
//! It runs on the thread that writes, between two commits, so that nothing comes to be needed meanwhile. Nothing here knows who
//! needs what.

use std::collections::{BTreeMap, BTreeSet};
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
    let mut freed = Freed {
        blobs: unneeded.len() as u64,
        bytes: 0,
    };
    let gone: BTreeMap<PathBuf, u64> = {
        let files = files_of_none(disk, blobs)?.into_iter();
        files
            .filter(|(file, _)| fs::remove_file(file).is_ok())
            .collect()
    };
    let mut of_unneeded = BTreeSet::new();
    for (digest, bytes) in &unneeded {
        match blobs.file(digest).filter(|file| gone.contains_key(file)) {
            // Its bytes were in the file.
            Some(file) => _ = of_unneeded.insert(file),
            None => freed.bytes += bytes,
        }
    }
    // What no record named any more counts by itself.
    freed.blobs += (gone.len() - of_unneeded.len()) as u64;
    freed.bytes += gone.values().sum::<u64>();
    Ok(freed)
}

/// The files beside the store that no record names.
fn files_of_none(disk: &Disk, blobs: &Blobs) -> Result<Vec<(PathBuf, u64)>, StoreError> {
    let known = disk.read(|records: &Records| {
        let mut known = Vec::new();
        for record in records.below(&keys::all(Kind::LargeBlob))? {
            if let Some(Named::LargeBlob(digest)) = keys::read(record?.0.value()) {
                known.push(digest);
            }
        }
        Ok(known)
    })?;
    Ok(blobs.files_of_none(known.iter()))
}
