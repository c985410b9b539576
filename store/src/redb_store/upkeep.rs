//! Looking after a store: checked, surveyed, freed of what nobody needs, copied.
//!
//! Nothing here decides what is no longer needed by a person.

use std::path::Path;
use std::sync::Arc;

use stepwell_workers::off_the_workers;
use tokio::sync::oneshot;

use super::new_store::NewStore;
use super::writer::Job;
use super::{RedbStore, backup, check, surveying, sweeping};
use crate::{BackedUp, Freed, StoreError, Survey};

/// How large the store's file is once what nobody needs is freed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Size {
    /// As it was: what comes has room in it.
    AsItIs,
    /// As small as it can be.
    Smallest,
}

impl RedbStore {
    /// Looks at every page, every record and every blob, and gives the error of each one that can't be read.
    ///
    /// Nobody else reads or writes meanwhile.
    ///
    /// # Errors
    /// An IO error, or a database that is damaged as a whole.
    pub fn check(&self) -> Result<Vec<StoreError>, StoreError> {
        let pages = self.disk.check_pages()?;
        let mut problems = self.read(|records| check::problems(records, &self.blobs))?;
        // Where a page is damaged, records may be hidden that nobody finds unreadable.
        problems.extend(pages.map(|reason| self.place.damaged(reason)));
        problems.extend(self.lost());
        Ok(problems)
    }

    pub(super) async fn looked_over(&self) -> Result<Vec<StoreError>, StoreError> {
        // Nothing is freed that is about to be read.
        let _undisturbed = self.sweeping.read().await;
        let (disk, blobs) = (Arc::clone(&self.disk), Arc::clone(&self.blobs));
        let look = move || disk.read(|records| check::problems(records, &blobs));
        let mut problems = off_the_workers(look).await?;
        problems.extend(self.lost());
        Ok(problems)
    }

    /// Why something that was acknowledged is no longer there, where the store could tell when it was opened.
    #[must_use]
    pub fn lost(&self) -> Option<StoreError> {
        let lost = self.disk.lost();
        (lost > 0).then(|| self.place.lost(lost))
    }

    /// Whoever asks keeps commits away meanwhile.
    pub(super) async fn freed(&self, size: Size) -> Result<Freed, StoreError> {
        let (answer, answered) = oneshot::channel();
        let blobs = Arc::clone(&self.blobs);
        let work = move |disk: &super::Disk| {
            let freed = sweeping::sweep(disk, &blobs);
            let ended = match size {
                Size::AsItIs => freed,
                Size::Smallest => freed.and_then(|freed| disk.compact().map(|()| freed)),
            };
            // Nobody may be waiting any more.
            let _ = answer.send(ended);
        };
        if self.writer.send(Job::Alone(Box::new(work)))
            && let Ok(result) = answered.await
        {
            return result;
        }
        Err(self.writer_has_ended())
    }

    pub(super) fn taken_on_disk(&self) -> u64 {
        let file = std::fs::metadata(&self.place.file).map_or(0, |file| file.len());
        file + self.blobs.files().iter().map(|file| file.1).sum::<u64>()
    }

    pub(super) async fn surveyed(&self) -> Result<Survey, StoreError> {
        let (disk, blobs) = (Arc::clone(&self.disk), Arc::clone(&self.blobs));
        off_the_workers(move || disk.read(|records| surveying::survey(records, &blobs))).await
    }

    pub(super) async fn copied(&self, to: &Path) -> Result<BackedUp, StoreError> {
        // Nothing is freed that the copy is about to read.
        let _undisturbed = self.sweeping.read().await;
        let (disk, blobs) = (Arc::clone(&self.disk), Arc::clone(&self.blobs));
        let (to, of) = (to.to_owned(), self.place.folder.clone());
        off_the_workers(move || {
            let new = NewStore::begin(&to, &of)?;
            disk.read(|records| backup::copy(records, &blobs, &new))
        })
        .await
    }

    pub(super) fn writer_has_ended(&self) -> StoreError {
        StoreError::Io {
            path: self.place.file.clone(),
            reason: "the thread that writes has ended".into(),
        }
    }
}
