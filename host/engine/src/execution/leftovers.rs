//! Files that earlier takes or rounds of a step made, and that its new outcome doesn't write: they go (rule E17).
//!
//! That a step is left out is an outcome, too: it writes nothing then, and neither does anything below it.

use std::collections::BTreeMap;

use bytes::Bytes;
use stepwell_contract::{Digest, ExecutionKey};
use stepwell_store::{Change, ExecutionRecord, FileChange, Gaps, StoreError};

use super::manifest::changed;
use crate::state::{Published, RunContext, outcomes_of};

impl RunContext {
    /// What earlier takes or rounds of a step made, at the place of this one.
    pub(super) async fn left_by_earlier_takes(
        &self,
        key: &ExecutionKey,
    ) -> Result<BTreeMap<String, Digest>, StoreError> {
        if !self.has_earlier(key) {
            return Ok(BTreeMap::new());
        }
        let is_earlier = |other: &ExecutionKey, counts: bool| {
            other.path == key.path
                && (other.take, other.rounds()) < (key.take, key.rounds())
                && is_of_place(other, key, counts)
        };
        self.left_by(key, is_earlier).await
    }

    /// What is removed because a step is left out where it was carried out in an earlier take or round, and so is all that lies below it.
    /// What has to be kept of it is among the changes.
    pub(crate) async fn left_by_left_out(
        &self,
        key: &ExecutionKey,
        published: &Published,
        changes: &mut Vec<Change>,
    ) -> Result<Vec<FileChange>, StoreError> {
        let is_earlier = |other: &ExecutionKey, counts: bool| {
            let mut rounds = other.rounds();
            rounds.truncate(key.at.len());
            other.path.is_within(&key.path)
                && (!counts || rounds < key.rounds())
                && is_of_place(other, key, counts)
        };
        let mut removals = Vec::new();
        for (path, digest) in self.left_by(key, is_earlier).await? {
            removals.extend(self.removal(&path, digest, published, changes).await);
        }
        Ok(removals)
    }

    /// What executions made that are earlier ones, and nobody else of the run has written since.
    async fn left_by(
        &self,
        key: &ExecutionKey,
        is_earlier: impl Fn(&ExecutionKey, bool) -> bool,
    ) -> Result<BTreeMap<String, Digest>, StoreError> {
        let executions = self.house.store.executions(key.run, Gaps::Refuse).await?;
        let mut left = BTreeMap::new();
        let others = outcomes_of(executions).into_iter();
        for execution in others.filter(|other| other.key != *key) {
            let counts = self.pins.counts(&execution.key);
            if is_earlier(&execution.key, counts) {
                note_made(&mut left, &execution);
                continue;
            }
            // What somebody else wrote, and still counts, is theirs now, also where it says the same.
            for file in execution.files.iter().filter(|_| counts) {
                left.remove(&file.path);
            }
        }
        Ok(left)
    }

    /// The removal of a file that an earlier execution made; none where somebody changed it since.
    pub(super) async fn removal(
        &self,
        path: &str,
        made: Digest,
        published: &Published,
        changes: &mut Vec<Change>,
    ) -> Option<FileChange> {
        let (now, bytes) = self.now_at(path, Some(made), published).await;
        if now != Some(made) {
            return None;
        }
        changes.extend(bytes.map(Change::Blob));
        Some(changed(path, Some(made), None))
    }

    /// What a path holds now, with what the run has committed and not yet published. Where that goes onto a branch, nobody's text
    /// is replaced: what the step saw `before` is what it wrote over, whatever became of it since.
    pub(super) async fn now_at(
        &self,
        path: &str,
        before: Option<Digest>,
        published: &Published,
    ) -> (Option<Digest>, Option<Bytes>) {
        if let Some(unpublished) = published.overlay.get(path) {
            return (*unpublished, None);
        }
        // What can't be read can't be published either: that is told there, with its reason.
        let content = self.workspace.read(path, u64::MAX).await;
        let (now, text) = content.ok().flatten().unzip();
        match self.pins.branch.is_some() {
            true => (before, text.filter(|_| now == before)),
            false => (now, text),
        }
    }
}

/// Notes what an earlier execution made, or goes on with of what one before it did.
fn note_made(left: &mut BTreeMap<String, Digest>, execution: &ExecutionRecord) {
    for file in &execution.files {
        match (file.before, file.after) {
            (None, Some(after)) => left.insert(file.path.clone(), after),
            (Some(before), Some(after)) if left.get(&file.path) == Some(&before) => {
                left.insert(file.path.clone(), after)
            }
            (_, None) => left.remove(&file.path),
            _ => None,
        };
    }
}

/// Whether an execution stands at the same items as another one of its step, or of one above it.
///
/// Each round reads the lists below it anew, so that an item of the round before is another one, though its number may be
/// the same: what it wrote stays. Of a take that no longer `counts`, nothing does.
fn is_of_place(other: &ExecutionKey, this: &ExecutionKey, counts: bool) -> bool {
    let shared = other.at.iter().zip(&this.at);
    // What is left out as a whole stands for all of its items.
    let is_same_item = shared
        .clone()
        .all(|(other, this)| this.item.is_none() || other.item == this.item);
    let same_until = shared
        .clone()
        .position(|(other, this)| other.round != this.round);
    let below = same_until.map_or(&[][..], |level| &other.at[level + 1..]);
    let other_list = counts && below.iter().any(|position| position.item.is_some());
    is_same_item && !other_list
}
