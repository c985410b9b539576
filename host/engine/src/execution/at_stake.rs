//! What a yes to a gate's form does to files: those that it lets in, and those in which the gate itself keeps a document (rule E34).

use std::collections::BTreeMap;

use stepwell_contract::{Digest, Hosted, Text, WorkspaceError};
use stepwell_definition::Kept;
use stepwell_store::{Change, FileAtStake};

use super::line_ends::written_as;
use super::memory::{Memory, from_memo};
use super::seen::published_question;
use super::services::Services;
use super::standing::Elsewhere;
use crate::state::{Unit, kept_by_a_yes, lock, store_halt};

/// What a yes does to files.
#[derive(Default)]
pub(super) struct AtStake {
    /// Each file of the workspace that it replaces, makes or removes, sorted by path.
    pub(super) files: Vec<FileAtStake>,
    /// What the step can't say itself, in Markdown: which of its documents become files.
    pub(super) told: Vec<String>,
    /// The texts that have to be kept with it.
    pub(super) texts: Vec<Change>,
}

impl Services {
    /// What a yes to a form of this execution does to files; nothing where it is no gate.
    pub(super) async fn at_stake(&self) -> Hosted<AtStake> {
        if !self.run.gates.is_gate(self.step) || self.run.comparison.is_some() {
            return Ok(AtStake::default());
        }
        let mut files = BTreeMap::new();
        for (path, after) in self.held_files().await? {
            let shown = match self.shown_at(&path)? {
                Some(shown) => shown,
                None => self.standing_at(&path).await,
            };
            files.insert(path.clone(), at(path, shown, after, None));
        }
        let mut stake = AtStake::default();
        let given = self.given().await?;
        for keep in &self.planned().keep {
            self.stake_kept(keep, &given, &mut files, &mut stake)
                .await?;
        }
        // What goes onto a branch replaces nothing of the workspace.
        if self.run.pins.branch.is_none() {
            stake.files = files.into_values().collect();
        }
        Ok(stake)
    }

    /// The file in which a document of this step is kept.
    async fn stake_kept(
        &self,
        keep: &Kept,
        given: &[Text],
        files: &mut BTreeMap<String, FileAtStake>,
        stake: &mut AtStake,
    ) -> Hosted<()> {
        // What can't be looked at is said when it is to be written.
        let Ok(before) = self.first_text(&keep.path).await? else {
            return Ok(());
        };
        // A gate gives on what it was given to agree to, as one text of lines.
        let mut given = given.iter();
        let text = given.find(|text| text.name == keep.document.as_str());
        let text = text.filter(|text| !text.value.is_empty()).map(|text| {
            let text = format!("{}\n", text.value.trim_end_matches('\n'));
            match &before {
                Some(there) => written_as(there, &text.into()),
                None => text.into(),
            }
        });
        let named = (keep.document.as_str(), keep.path.as_str());
        let is_on_branch = self.run.pins.branch.is_some();
        let told = kept_by_a_yes(named, before.as_deref(), text.as_deref(), is_on_branch);
        stake.told.push(told);
        let path = self.real_path(&keep.path).await?;
        let shown = match self.sees_itself(&path).await? {
            true => before.as_ref().map(Digest::of),
            false => self.standing_at(&path).await,
        };
        let after = text.as_ref().map(Digest::of);
        stake.texts.extend(text.map(Change::Blob));
        let document = Some(keep.document.to_string());
        files.insert(path.clone(), at(path, shown, after, document));
        Ok(())
    }

    /// Whether what this execution first saw at a path is what stands in the workspace there: neither what the run has not published
    /// yet, nor nothing because .gitignore hides it.
    async fn sees_itself(&self, path: &str) -> Hosted<bool> {
        if self.run.published.read().await.overlay.contains_key(path) {
            return Ok(false);
        }
        let seen = lock(&self.memory).seen_file(path)?;
        Ok(seen.is_some_and(|seen| !seen.ignored && seen.leads.is_none()))
    }

    /// The files that this gate keeps back, each with what was last written there; none is removed.
    async fn held_files(&self) -> Hosted<BTreeMap<String, Option<Digest>>> {
        let gate = Unit {
            step: self.step,
            at: self.key.at.clone(),
        };
        let published = self.run.published.read().await;
        let held = self.run.unpublished(&published).await;
        let mut files = BTreeMap::new();
        for execution in held.map_err(store_halt)? {
            if self.run.is_asked_about(&gate, &execution.key) {
                let open = execution.files.into_iter().filter(|file| !file.published);
                files.extend(open.map(|file| (file.path, file.after)));
            }
        }
        Ok(files)
    }

    /// What the step was shown of a path where the run publishes; none where it didn't look.
    fn shown_at(&self, path: &str) -> Hosted<Option<Option<Digest>>> {
        let key = Memory::look_key(&published_question(path));
        let Some(answer) = lock(&self.memory).known(&key) else {
            return Ok(None);
        };
        let seen: Result<Elsewhere, WorkspaceError> = from_memo(&self.key, answer)?;
        Ok(seen
            .ok()
            .filter(|seen| seen.changed)
            .map(|seen| seen.digest))
    }

    /// What stands at a path of the workspace now.
    async fn standing_at(&self, path: &str) -> Option<Digest> {
        let there = self.run.workspace.read(path, u64::MAX).await;
        there.ok().flatten().map(|(digest, _)| digest)
    }

    /// What this execution was given.
    async fn given(&self) -> Hosted<Vec<Text>> {
        let Some(inputs) = self.record.lock().await.inputs else {
            return Ok(Vec::new());
        };
        let what = || format!("the inputs of {}", self.key);
        let given = self.run.house.json(&inputs, what).await;
        given.map_err(store_halt)
    }
}

fn at(
    path: String,
    shown: Option<Digest>,
    after: Option<Digest>,
    document: Option<String>,
) -> FileAtStake {
    FileAtStake {
        path,
        first: shown,
        shown,
        after,
        document,
        other: Default::default(),
    }
}
