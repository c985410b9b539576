//! A copy of a store, as it is at one moment, while it is written on.
//!
//! Records are copied as they lie there: also those that this build doesn't know, and those that can't be read, which are told.
//! Nothing here waits for the thread that writes.

use stepwell_contract::Digest;

use super::blobs::{Blobs, read_file};
use super::check::problems_of;
use super::failure::Trouble;
use super::keys::{self, Kind, Named};
use super::new_store::NewStore;
use super::table::{Records, Table as _};
use crate::{BackedUp, StoreError};

/// Copies everything into a new store.
pub(super) fn copy(records: &Records, blobs: &Blobs, new: &NewStore) -> Result<BackedUp, Trouble> {
    let mut bytes = 0;
    for record in records.below(&keys::all(Kind::LargeBlob))? {
        if let Some(Named::LargeBlob(digest)) = keys::read(record?.0.value()) {
            bytes += copy_file(blobs, new, &digest)?;
        }
    }
    let mut unreadable = Vec::new();
    bytes += new.finish(|add| {
        for record in records.range::<&[u8]>(..)? {
            let (key, value) = record?;
            let (key, value) = (key.value(), value.value());
            problems_of(records, blobs, key, value, &mut unreadable)?;
            add(key, value)?;
        }
        Ok(())
    })?;
    Ok(BackedUp { bytes, unreadable })
}

/// Copies the file of a large blob, and gives its bytes. One that can't be read is told with its record.
fn copy_file(blobs: &Blobs, new: &NewStore, digest: &Digest) -> Result<u64, StoreError> {
    let read = blobs.file(digest).map(|file| read_file(digest, &file));
    let Some(Ok(bytes)) = read else {
        return Ok(0);
    };
    new.add_file(digest, &bytes)?;
    Ok(bytes.len() as u64)
}
