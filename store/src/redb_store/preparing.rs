//! The files of large blobs, written before the commit that names them.
//!
//! Nothing here commits.

use std::sync::Arc;

use stepwell_workers::off_the_workers;

use super::RedbStore;
use super::blobs::{self, NewBlob};
use crate::{Change, PromptChange, StoreError};

impl RedbStore {
    /// Writes the files of large blobs, in the caller's own time: the writer doesn't wait for them.
    pub(super) async fn prepare(&self, changes: Vec<Change>) -> Result<Prepared, StoreError> {
        let blobs = Arc::clone(&self.blobs);
        let prepare = move |changes: Vec<Change>| {
            let blob_of = |change| {
                text_of(change)
                    .map(|bytes| blobs.prepare(bytes))
                    .transpose()
            };
            let new = changes.iter().map(blob_of).collect::<Result<_, _>>()?;
            Ok((changes, new))
        };
        let mut texts = changes.iter().filter_map(text_of);
        match texts.any(blobs::is_large) {
            true => off_the_workers(move || prepare(changes)).await,
            false => prepare(changes),
        }
    }
}

/// Changes, and the blob that each of them brings.
pub(super) type Prepared = (Vec<Change>, Vec<Option<NewBlob>>);

/// What becomes a blob of a change.
fn text_of(change: &Change) -> Option<&[u8]> {
    match change {
        Change::Blob(bytes) => Some(bytes),
        Change::Prompt(PromptChange::Add { content, .. }) => Some(content.as_bytes()),
        Change::Prompt(PromptChange::Declare { intrinsic, .. }) => Some(intrinsic.as_bytes()),
        _ => None,
    }
}
