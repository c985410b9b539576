//! The manifest of an outcome: what it does to each file (rules E14 and E15).

use std::collections::BTreeMap;

use bytes::Bytes;
use stepwell_contract::{Digest, Halt, Hosted};
use stepwell_store::{Change, FileChange};

use super::line_ends::written_as;
use super::others::still_there;
use super::services::Services;
use super::staging::Staging;
use crate::state::{Published, lock, store_halt};

impl Services {
    /// What the outcome does to each file. What will be replaced is among the changes, as blobs (rule E14).
    pub(super) async fn manifest(
        &self,
        staging: &Staging,
        published: &Published,
        changes: &mut Vec<Change>,
    ) -> Hosted<Vec<FileChange>> {
        let mut manifest = BTreeMap::new();
        for (path, content) in &staging.files {
            let content = content.clone();
            let change = match self.run.comparison {
                // A cell publishes nothing: what is there is no matter.
                Some(_) => {
                    let before = lock(&self.memory).first_look(path)?;
                    let after = content.as_ref().map(Digest::of);
                    changes.extend(content.map(Change::Blob));
                    changed(path, before, after)
                }
                None => {
                    self.staged_change(path, content, published, changes)
                        .await?
                }
            };
            manifest.insert(path.clone(), change);
        }
        let left = self.run.left_by_earlier_takes(&self.key).await;
        for (path, digest) in left.map_err(store_halt)? {
            if manifest.contains_key(&path) || lock(&self.memory).spared.contains(&path) {
                continue;
            }
            if let Some(removal) = self.run.removal(&path, digest, published, changes).await {
                manifest.insert(path, removal);
            }
        }
        Ok(manifest.into_values().collect())
    }

    /// What a staged text does to its file, as that is now.
    async fn staged_change(
        &self,
        path: &str,
        mut content: Option<Bytes>,
        published: &Published,
        changes: &mut Vec<Change>,
    ) -> Hosted<FileChange> {
        let before = lock(&self.memory).first_look(path)?;
        // What .gitignore hid from the step was there all the same: it is what the step replaces.
        let hidden = lock(&self.memory).hidden(path)?;
        let (now, bytes) = self.run.now_at(path, hidden.or(before), published).await;
        if let (Some(text), Some(there), Some(_)) = (&mut content, &bytes, hidden) {
            *text = written_as(there, text);
        }
        let after = content.as_ref().map(Digest::of);
        changes.extend(content.map(Change::Blob));
        // The take whose answers are read again wrote over what both saw.
        let wrote = published.writer_of(path, now);
        let before = match wrote.is_some() && wrote == self.answers_of.as_ref() {
            true => now,
            false => before,
        };
        let before = hidden.filter(|hidden| now == Some(*hidden)).or(before);
        let mut change = changed(path, before, after);
        // What is there already needs no publishing, unless it is there by an outcome that isn't published yet.
        change.published = now == after && !published.overlay.contains_key(path);
        if now != before && now != after {
            if let Some(writer) = wrote.filter(|writer| *writer != &self.key) {
                return Err(Halt::Conflict {
                    reason: format!(
                        "`{path}` was changed by {writer} while {} worked on it from the text before",
                        self.key
                    ),
                });
            }
            change.foreign = Some(still_there(now));
        }
        changes.extend(bytes.map(Change::Blob));
        Ok(change)
    }
}

pub(super) fn changed(path: &str, before: Option<Digest>, after: Option<Digest>) -> FileChange {
    FileChange {
        path: path.to_owned(),
        before,
        after,
        published: false,
        foreign: None,
        mode: None,
        other: Default::default(),
    }
}
