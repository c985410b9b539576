//! Looks that keep no text: what is remembered of a file is by which to know it again (rule E33).
//!
//! Whoever looks through a whole workspace would otherwise copy it into the store. The price is that such a file can't be shown
//! again as it was: where it changed meanwhile, the step is told so.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::json;
use stepwell_contract::{
    Digest, Hosted, WorkspaceError, WorkspaceErrorKind, WorkspaceFindings, WorkspaceGrant,
};
use stepwell_store::MemoKind;

use super::fingerprint::Fingerprint;
use super::seen::Looked;
use super::services::Services;
use crate::state::{lock, store_halt};
use crate::workspace::{Searched, Skimmed, too_large_beside};

/// Files that are skimmed at once.
const MOST_FILES: usize = 1_000;

/// The memo of a look that keeps no text.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Glimpse {
    /// What each file held; none is no file.
    pub(super) saw: BTreeMap<String, Option<Fingerprint>>,
    /// Those that couldn't be looked at.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) refused: BTreeMap<String, WorkspaceError>,
    /// What a search found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) findings: Option<WorkspaceFindings>,
    /// Why it could find nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) failed: Option<WorkspaceError>,
}

impl Glimpse {
    /// Of a search. What the step staged itself nobody else changes.
    pub(super) fn of_search(searched: Searched, staged: &BTreeSet<String>) -> Self {
        let saw = searched
            .saw
            .into_iter()
            .filter(|(path, _)| !staged.contains(path));
        Self {
            saw: saw
                .map(|(path, digest)| (path, Some(digest.into())))
                .collect(),
            findings: Some(searched.findings),
            ..Self::default()
        }
    }

    /// Of a search that failed.
    pub(super) fn failed(error: WorkspaceError) -> Self {
        Self {
            failed: Some(error),
            ..Self::default()
        }
    }
}

impl Looked for Glimpse {
    fn is_error(&self) -> bool {
        self.failed.is_some() || !self.refused.is_empty()
    }
}

/// What stands at a path; none is no file.
type Found = Result<Option<(Digest, Bytes)>, WorkspaceError>;

impl Services {
    /// The bytes of many files. What the step wrote it sees, and what it read before as it was then.
    pub(super) async fn skimmed(
        &self,
        given: &[String],
    ) -> Hosted<Result<Vec<Result<Vec<u8>, WorkspaceError>>, WorkspaceError>> {
        or_told!(self.need_grant(WorkspaceGrant::Read));
        if given.len() > MOST_FILES {
            let message = format!(
                "{} files are more than are skimmed at once, which are {MOST_FILES}",
                given.len()
            );
            return Ok(Err(WorkspaceError::new(
                WorkspaceErrorKind::TooLarge,
                message,
            )));
        }
        let paths: Vec<_> = (given.iter())
            .map(|path| self.run.workspace.normalise(path))
            .collect();
        let mut known = BTreeMap::new();
        let mut unknown = BTreeSet::new();
        for path in paths.iter().flatten() {
            if known.contains_key(path) || unknown.contains(path) {
                continue;
            }
            match self.known_before(path).await? {
                Some(text) => drop(known.insert(path.clone(), text)),
                None => drop(unknown.insert(path.clone())),
            }
        }
        if !unknown.is_empty() {
            known.extend(self.glimpsed(unknown.into_iter().collect()).await?);
        }
        // Of what crosses the boundary in one go a part is for what is said of errors.
        let limit = self.planned().limits.transfer;
        let mut left = limit - limit / 8;
        let texts = paths.into_iter().map(|path| {
            let path = path?;
            let bytes = match known.get(&path) {
                Some(Ok(Some(bytes))) => bytes,
                Some(Err(error)) => return Err(error.clone()),
                Some(Ok(None)) | None => return Err(not_found(&path)),
            };
            left = left
                .checked_sub(bytes.len() as u64)
                .ok_or_else(|| too_large_beside(&path))?;
            Ok(bytes.to_vec())
        });
        Ok(Ok(texts.collect()))
    }

    /// What the step wrote to a path itself, or read of it before; none where it did neither.
    async fn known_before(
        &self,
        path: &str,
    ) -> Hosted<Option<Result<Option<Bytes>, WorkspaceError>>> {
        if let Some(staged) = lock(&self.memory).staging.files.get(path) {
            return Ok(Some(Ok(staged.clone())));
        }
        let seen = lock(&self.memory).seen_file(path)?;
        if seen.is_none() {
            return Ok(None);
        }
        let read = self.file_bytes(path).await?;
        Ok(Some(match read {
            Ok(bytes) => Ok(Some(bytes.into())),
            Err(error) if error.kind == WorkspaceErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }))
    }

    /// The texts of files that nobody read, as they are now, if they still are what they were at the first look.
    async fn glimpsed(
        &self,
        paths: Vec<String>,
    ) -> Hosted<BTreeMap<String, Result<Option<Bytes>, WorkspaceError>>> {
        let found = self.look_through(&paths).await?;
        let question = json!({ "skim": paths });
        let first: Glimpse = self
            .look(MemoKind::Search, question, async {
                let mut glimpse = Glimpse::default();
                for (path, found) in &found {
                    match found {
                        Ok(text) => {
                            let print = text.as_ref().map(|(digest, _)| (*digest).into());
                            glimpse.saw.insert(path.clone(), print);
                        }
                        Err(error) => drop(glimpse.refused.insert(path.clone(), error.clone())),
                    }
                }
                Ok((glimpse, Vec::new()))
            })
            .await?;
        let texts = found.into_iter().map(|(path, found)| {
            let text = match (first.refused.get(&path), found) {
                (Some(error), _) => Err(error.clone()),
                (None, Err(_)) => Err(changed(&path)),
                (None, Ok(text)) => self.still_the_same(&path, &first, text),
            };
            (path, text)
        });
        let texts = texts.collect();
        lock(&self.memory).note_glimpse(first.saw);
        Ok(texts)
    }

    fn still_the_same(
        &self,
        path: &str,
        first: &Glimpse,
        now: Option<(Digest, Bytes)>,
    ) -> Result<Option<Bytes>, WorkspaceError> {
        let print = now.as_ref().map(|(digest, _)| (*digest).into());
        let as_first = first.saw.get(path) == Some(&print);
        match as_first && lock(&self.memory).is_as_glimpsed(path, print.as_ref()) {
            true => Ok(now.map(|(_, bytes)| bytes)),
            false => Err(changed(path)),
        }
    }

    /// What stands at these paths: in the workspace, and above it what the run has committed and not yet published.
    async fn look_through(&self, paths: &[String]) -> Hosted<BTreeMap<String, Found>> {
        let outside = self.run.published.read().await;
        let before = self.run.rules_before(&outside).await.map_err(store_halt)?;
        let shown = self.shown(&outside);
        let there: Vec<String> = (paths.iter())
            .filter(|path| !outside.overlay.contains_key(*path))
            .cloned()
            .collect();
        let mut unpublished: BTreeMap<String, Option<Digest>> = (paths.iter())
            .filter_map(|path| Some((path.clone(), *outside.overlay.get(path)?)))
            .collect();
        let limit = self.planned().limits.transfer;
        let skimmed = self
            .run
            .workspace
            .skim(there.clone(), limit, shown, before)
            .await;
        let mut found = BTreeMap::new();
        for (path, Skimmed { text, leads }) in there.into_iter().zip(skimmed) {
            match leads.and_then(|real| outside.overlay.get(&real)) {
                Some(over) => drop(unpublished.insert(path, *over)),
                None => drop(found.insert(path, text)),
            }
        }
        for (path, digest) in unpublished {
            let text = self
                .run
                .house
                .blob_if_any(digest)
                .await
                .map_err(store_halt)?;
            found.insert(path, Ok(digest.zip(text)));
        }
        Ok(found)
    }
}

/// That a file isn't any more what the step saw of it.
pub(super) fn changed(path: &str) -> WorkspaceError {
    let message = format!("`{path}` isn't any more what it was when this step first looked at it");
    WorkspaceError::new(WorkspaceErrorKind::Other("changed".into()), message)
}

pub(super) fn not_found(path: &str) -> WorkspaceError {
    let message = format!("there is no file `{path}` in the workspace");
    WorkspaceError::new(WorkspaceErrorKind::NotFound, message)
}
