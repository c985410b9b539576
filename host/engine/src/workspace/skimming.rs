//! Many files looked at in one go.
//!
//! It remembers nothing of them; whoever asks keeps what it wants to know again.

use bytes::Bytes;
use stepwell_contract::{Digest, WorkspaceError, WorkspaceErrorKind};

use super::ignored::FolderRules;
use super::path::shown as shown_path;
use super::resolving::Resolved;
use super::{RulesBefore, Shown, WorkspaceFolder};

/// What is found at one of many paths.
#[derive(Debug)]
pub(crate) struct Skimmed {
    /// Its text; none is no file, or one that .gitignore hides.
    pub(crate) text: Result<Option<(Digest, Bytes)>, WorkspaceError>,
    /// The path of the file itself, where the path has a link in it.
    pub(crate) leads: Option<String>,
}

impl WorkspaceFolder {
    /// What is at each of some paths, in the form under which their files are known. `most_bytes` bounds all of them
    /// together: what no longer fits is too large.
    pub(crate) fn skim(
        &self,
        paths: &[String],
        most_bytes: u64,
        shown: &Shown,
        before: &RulesBefore,
    ) -> Vec<Skimmed> {
        let mut rules = FolderRules::of(self, before);
        let mut left = most_bytes;
        let mut skimmed = Vec::with_capacity(paths.len());
        for path in paths {
            let place = self.place(path);
            let leads = place.as_ref().ok();
            let leads = leads.and_then(|place| self.leads(path, place));
            let leads = leads.map(|leads| leads.path);
            let text = match !shown.contains(path) && rules.name(path) {
                true => Ok(None),
                false => place.and_then(|place| self.skim_one(path, place, &mut left)),
            };
            skimmed.push(Skimmed { text, leads });
        }
        skimmed
    }

    fn skim_one(
        &self,
        path: &str,
        place: Resolved,
        left: &mut u64,
    ) -> Result<Option<(Digest, Bytes)>, WorkspaceError> {
        let content = self
            .read_at(path, place, *left)
            .map_err(|error| match error.kind {
                WorkspaceErrorKind::TooLarge => too_large(path),
                _ => error,
            })?;
        Ok(content.map(|content| {
            *left = left.saturating_sub(content.len() as u64);
            (Digest::of(&content), Bytes::from(content))
        }))
    }
}

/// That a file is more than fits beside what comes before it.
pub(crate) fn too_large(path: &str) -> WorkspaceError {
    let message = format!(
        "`{}` is larger than what `limits.transfer` leaves for it beside the files before it",
        shown_path(path)
    );
    WorkspaceError::new(WorkspaceErrorKind::TooLarge, message)
}
