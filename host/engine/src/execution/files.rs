//! The workspace as one execution sees it: first looks, with its own changes on top (rules E3, E5, E6, E8).

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use stepwell_contract::amounts::count;
use stepwell_contract::{
    Hosted, WorkspaceEntry, WorkspaceError, WorkspaceErrorKind, WorkspaceGrant,
};

use stepwell_store::MemoKind;

use super::glimpses::{changed, not_found};
use super::seen::{SeenFile, file_question, hidden_question};
use super::services::Services;
use crate::state::{Published, lock, store_halt};
use crate::workspace::{Look, Looked, Shown, Workspace};

impl Services {
    pub(super) fn need_grant(&self, needed: WorkspaceGrant) -> Result<(), WorkspaceError> {
        if self.grants().workspace.covers(needed) {
            return Ok(());
        }
        let (line, what) = match needed {
            WorkspaceGrant::Write => ("grants.workspace = \"write\"", "write"),
            _ => ("grants.workspace = \"read\"", "read"),
        };
        Err(WorkspaceError::new(
            WorkspaceErrorKind::Denied,
            format!(
                "step `{}` may not {what} files of the workspace; {}",
                self.key.path,
                self.grant_line(line)
            ),
        ))
    }

    /// What the step sees whatever .gitignore says.
    pub(super) fn shown(&self, outside: &Published) -> Shown {
        Shown {
            written: Arc::clone(&outside.written),
            include: self.grants().include.clone(),
        }
    }

    /// A path as its file is known, where the step may do this with it.
    pub(super) fn granted(
        &self,
        needed: WorkspaceGrant,
        given: &str,
    ) -> Result<String, WorkspaceError> {
        self.need_grant(needed)?;
        self.run.workspace.normalise(given)
    }

    /// What a path held when this execution first looked at it, and whether it names a link.
    async fn seen_first(&self, path: &str) -> Hosted<SeenFile> {
        self.look(MemoKind::Read, file_question(path), async {
            let outside = self.run.published.read().await;
            if let Some(unpublished) = outside.overlay.get(path) {
                let seen = SeenFile::of(*unpublished);
                return Ok((seen, Vec::new()));
            }
            // What the run wrote itself it sees, whatever .gitignore says, and what the definition includes.
            let before = match self.shown(&outside).contains(path) {
                true => None,
                false => Some(self.run.rules_before(&outside).await.map_err(store_halt)?),
            };
            let limit = self.planned().limits.transfer;
            let Look { looked, leads } = match self.run.workspace.look(path, limit, before).await {
                Ok(look) => look,
                Err(error) => {
                    let error = Some(error);
                    let seen = SeenFile {
                        error,
                        ..SeenFile::default()
                    };
                    return Ok((seen, Vec::new()));
                }
            };
            let unpublished = leads.as_ref();
            let unpublished = unpublished.and_then(|real| outside.overlay.get(&real.path));
            let mut seen = SeenFile {
                ignored: matches!(looked, Looked::Ignored),
                ..SeenFile::default()
            };
            let mut bytes = Vec::new();
            match (looked, unpublished) {
                (Looked::Ignored | Looked::Nothing, None) => {}
                (_, Some(unpublished)) => seen = SeenFile::of(*unpublished),
                (Looked::Text(digest, text), None) => {
                    seen.digest = Some(digest);
                    bytes.push(text);
                }
            }
            seen.by_folder = leads.as_ref().is_some_and(|leads| !leads.is_link);
            seen.leads = leads.map(|leads| leads.path);
            Ok((seen, bytes))
        })
        .await
    }

    /// Remembers what .gitignore hides at a path that is written: the step replaces it, though it never sees it. Its text
    /// becomes durable with the outcome, as all that is replaced.
    async fn look_at_hidden(&self, path: &str) -> Hosted<()> {
        let see = async {
            let there = self.run.workspace.read(path, u64::MAX).await;
            let digest = there.ok().flatten().map(|(digest, _)| digest);
            Ok((SeenFile::of(digest), Vec::new()))
        };
        let seen: Hosted<SeenFile> = self.look(MemoKind::Read, hidden_question(path), see).await;
        seen.map(drop)
    }

    pub(super) async fn file_bytes(&self, given: &str) -> Hosted<Result<Vec<u8>, WorkspaceError>> {
        let path = or_told!(self.granted(WorkspaceGrant::Read, given));
        let not_found = || not_found(&path);
        let staged = |path: &str| lock(&self.memory).staging.files.get(path).cloned();
        if let Some(staged) = staged(&path) {
            return Ok(staged.map(|bytes| bytes.to_vec()).ok_or_else(not_found));
        }
        let seen = self.seen_first(&path).await?;
        lock(&self.memory).note_read(&path);
        // What it wrote itself it reads under the other name, too.
        if let Some(staged) = seen.leads.as_deref().and_then(staged) {
            return Ok(staged.map(|bytes| bytes.to_vec()).ok_or_else(not_found));
        }
        let digest = or_told!(seen.told());
        // A search saw another text, of which nothing is kept.
        if !lock(&self.memory).is_as_glimpsed(&path, digest.map(Into::into).as_ref()) {
            return Ok(Err(changed(&path)));
        }
        match digest {
            Some(digest) => Ok(Ok(self.blob(&digest).await?.to_vec())),
            None => Ok(Err(not_found())),
        }
    }

    pub(super) async fn list_files(
        &self,
        pattern: &str,
    ) -> Hosted<Result<Vec<WorkspaceEntry>, WorkspaceError>> {
        or_told!(self.need_grant(WorkspaceGrant::Read));
        let seen: Result<Vec<WorkspaceEntry>, WorkspaceError> = self
            .look(
                MemoKind::Entries,
                serde_json::json!({ "entries": pattern }),
                async {
                    let outside = self.run.published.read().await;
                    let before = self.run.rules_before(&outside).await.map_err(store_halt)?;
                    let workspace = &self.run.workspace;
                    let shown = self.shown(&outside);
                    let listed = match workspace.entries(pattern, shown, before).await {
                        Ok(listed) => listed,
                        Err(error) => return Ok((Err(error), Vec::new())),
                    };
                    let mut entries = by_path(listed);
                    for (path, digest) in &outside.overlay {
                        let text = self.run.house.blob_if_any(*digest).await;
                        let size = text.map_err(store_halt)?.map(|text| text.len());
                        lay_over(&mut entries, pattern, path, size);
                    }
                    Ok((Ok(as_list(entries)), Vec::new()))
                },
            )
            .await?;
        let Ok(seen) = seen else { return Ok(seen) };
        let mut entries = by_path(seen);
        for (path, content) in &lock(&self.memory).staging.files {
            lay_over(
                &mut entries,
                pattern,
                path,
                content.as_ref().map(Bytes::len),
            );
        }
        Ok(Ok(as_list(entries)))
    }

    /// The paths that match a glob and that .gitignore hides from the step.
    pub(super) async fn ignored_paths(
        &self,
        pattern: &str,
    ) -> Hosted<Result<Vec<String>, WorkspaceError>> {
        or_told!(self.need_grant(WorkspaceGrant::Read));
        let question = serde_json::json!({ "ignored": pattern });
        let see = async {
            let outside = self.run.published.read().await;
            let before = self.run.rules_before(&outside).await.map_err(store_halt)?;
            let shown = self.shown(&outside);
            let hidden = self.run.workspace.hidden(pattern, shown, before).await;
            let paths = hidden.map(|hidden| hidden.into_iter().map(|entry| entry.path).collect());
            Ok((paths, Vec::new()))
        };
        self.look(MemoKind::Entries, question, see).await
    }

    /// Whether .gitignore hides a path from the step: the first look at it says so. What the step wrote itself it sees.
    pub(super) async fn hides(&self, given: &str) -> Hosted<Result<bool, WorkspaceError>> {
        let path = or_told!(self.granted(WorkspaceGrant::Read, given));
        if lock(&self.memory).staging.files.contains_key(&path) {
            return Ok(Ok(false));
        }
        let seen = self.seen_first(&path).await?;
        match seen.error {
            Some(error)
                if matches!(
                    error.kind,
                    WorkspaceErrorKind::Denied | WorkspaceErrorKind::InvalidPath
                ) =>
            {
                Ok(Err(error))
            }
            // One that can't be read is there to be seen.
            _ => Ok(Ok(seen.ignored)),
        }
    }

    /// The path of the file that a link, or a linked folder on the way, leads to: the first look says so.
    pub(super) async fn behind_link(
        &self,
        given: &str,
    ) -> Hosted<Result<Option<String>, WorkspaceError>> {
        let path = or_told!(self.granted(WorkspaceGrant::Read, given));
        Ok(Ok(self.leads_of(&path).await?))
    }

    /// As [`Services::behind_link`], whatever the guest is granted.
    pub(super) async fn leads_of(&self, path: &str) -> Hosted<Option<String>> {
        Ok(self.seen_first(path).await?.leads)
    }

    /// Stages a file, or its removal. Its first write counts as a look (rule E15). What is written to a link, or through a linked folder, is
    /// written to the file that it leads to, under that file's own path; the link stays.
    pub(super) async fn stage_file(
        &self,
        given: &str,
        content: Option<Vec<u8>>,
    ) -> Hosted<Result<(), WorkspaceError>> {
        let path = or_told!(self.granted(WorkspaceGrant::Write, given));
        self.stage(&path, content).await
    }

    /// The text that a path held when this execution first looked at it, with what it wrote itself.
    pub(super) async fn first_text(
        &self,
        given: &str,
    ) -> Hosted<Result<Option<Bytes>, WorkspaceError>> {
        let path = or_told!(self.run.workspace.normalise(given));
        if let Some(staged) = lock(&self.memory).staging.files.get(&path).cloned() {
            return Ok(Ok(staged));
        }
        let seen = self.seen_first(&path).await?;
        let staged = |real: &String| lock(&self.memory).staging.files.get(real).cloned();
        if let Some(staged) = seen.leads.as_ref().and_then(staged) {
            return Ok(Ok(staged));
        }
        match or_told!(seen.told()) {
            Some(digest) => Ok(Ok(Some(self.blob(&digest).await?))),
            None => Ok(Ok(None)),
        }
    }

    /// As [`Services::stage_file`], whatever the guest is granted.
    pub(super) async fn stage(
        &self,
        given: &str,
        content: Option<Vec<u8>>,
    ) -> Hosted<Result<(), WorkspaceError>> {
        let path = or_told!(self.run.workspace.normalise(given));
        if content.is_some() {
            or_told!(self.has_room(&path).await?);
        }
        let (path, mut first) = or_told!(self.behind(path, content.is_some()).await?);
        if content.is_some() && first.is_no_file() {
            or_told!(self.folder_gives_way(&path).await?);
            first = SeenFile::of(None);
        }
        if first.ignored && self.run.comparison.is_none() {
            self.look_at_hidden(&path).await?;
        }
        let is_hidden = first.ignored;
        let first = or_told!(first.told());
        or_told!(self.may_commit(&path, first, is_hidden).await?);
        let mut memory = lock(&self.memory);
        let staged = memory.staging.files.get(&path);
        if content.is_none() && !staged.map_or(first.is_some(), Option::is_some) {
            return Ok(Err(WorkspaceError::new(
                WorkspaceErrorKind::NotFound,
                format!("there is no file `{path}` in the workspace to remove"),
            )));
        }
        let limits = &self.planned().limits;
        let content = content.map(Bytes::from);
        Ok(memory.staging.put_within(limits, path, content))
    }

    /// The file that a path stands for, as it was first seen: behind a link, or a linked folder, the one that it leads to.
    async fn behind(
        &self,
        path: String,
        is_written: bool,
    ) -> Hosted<Result<(String, SeenFile), WorkspaceError>> {
        let mut first = self.seen_first(&path).await?;
        let Some(real) = first.leads.take() else {
            return Ok(Ok((path, first)));
        };
        if !is_written && !first.by_folder {
            return Ok(Err(stays(&path, &real)));
        }
        let first = self.seen_first(&real).await?;
        if is_written {
            or_told!(self.has_room(&real).await?);
        }
        Ok(Ok((real, first)))
    }
}

/// A link is a person's: what it stands for can go, it can't.
fn stays(link: &str, real: &str) -> WorkspaceError {
    WorkspaceError::new(
        WorkspaceErrorKind::InvalidPath,
        format!(
            "`{link}` is a symbolic link, which no step removes; the file that it leads to is `{real}`"
        ),
    )
}

fn lay_over(entries: &mut BTreeMap<String, u32>, pattern: &str, path: &str, size: Option<usize>) {
    match size {
        Some(size) if Workspace::matches(pattern, path).unwrap_or(false) => {
            entries.insert(path.to_owned(), count(size));
        }
        Some(_) => {}
        None => {
            entries.remove(path);
        }
    }
}

fn by_path(entries: Vec<WorkspaceEntry>) -> BTreeMap<String, u32> {
    let entries = entries.into_iter();
    entries.map(|entry| (entry.path, entry.bytes)).collect()
}

fn as_list(entries: BTreeMap<String, u32>) -> Vec<WorkspaceEntry> {
    entries
        .into_iter()
        .map(|(path, bytes)| WorkspaceEntry { path, bytes })
        .collect()
}
