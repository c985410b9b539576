//! A commit: files of one outcome, on top of what was committed before.

use std::collections::BTreeSet;

use bytes::Bytes;
use gix::ObjectId;
use gix::actor::Signature;
use gix::objs::tree::EntryKind;
use jiff::Timestamp;
use stepwell_contract::CommitId;

use crate::attributes::Attributes;
use crate::error::GitError;
use crate::held::refuse_what_is_no_file;
use crate::paths::{Entry, InRepository, entry, refuse_files_on_the_way, without_gone};
use crate::repository::{Repository, commit_id, object_id};

/// What a commit is made of. From the same things follows the same commit.
#[derive(Debug, Clone)]
pub struct NewCommit {
    /// The commit that the run began at: files that it removed and writes again have the permission that they had there.
    pub base: CommitId,
    /// The commit before.
    pub parent: CommitId,
    /// Author and committer: `Name <address>`.
    pub author: String,
    /// When it was written.
    pub at: Timestamp,
    /// What it says.
    pub message: String,
    /// What it changes.
    pub files: Vec<CommittedFile>,
}

/// What a commit does to one path.
#[derive(Debug, Clone)]
pub struct CommittedFile {
    /// The path, as the workspace knows it.
    pub path: String,
    /// What is there then; none removes it.
    pub content: Option<Bytes>,
}

impl Repository {
    /// Writes a commit, which no branch has yet. None where it changes nothing.
    ///
    /// # Errors
    /// A path lies in a submodule, has a filter or an encoding, or is no file in the commit before; or something can't be read
    /// or written.
    pub fn commit(&self, new: &NewCommit) -> Result<Option<CommitId>, GitError> {
        let before = self.tree(&new.parent)?;
        let tree = self.changed_tree(&before, new)?;
        if tree == before.id {
            return Ok(None);
        }
        let who = signature(&new.author, new.at);
        let commit = gix::objs::Commit {
            tree,
            parents: [object_id(&new.parent)?].into_iter().collect(),
            author: who.clone(),
            committer: who,
            encoding: None,
            message: new.message.as_str().into(),
            extra_headers: Vec::new(),
        };
        let written = self.git.write_object(&commit);
        let id = written.map_err(GitError::failed("a commit can't be written"))?;
        commit_id(id.detach()).map(Some)
    }

    /// The tree of the commit before, with what changes.
    fn changed_tree(&self, before: &gix::Tree<'_>, new: &NewCommit) -> Result<ObjectId, GitError> {
        let unwritten = || GitError::failed("the files of a commit can't be written");
        let mut attributes = Attributes::of(self, before);
        let placed: Vec<(InRepository, Option<&Bytes>)> = new
            .files
            .iter()
            .map(|file| (self.place(&file.path), file.content.as_ref()))
            .collect();
        for (at, content) in &placed {
            attributes.lay_over(&at.path, *content);
        }
        let mut editor = self.git.edit_tree(before.id).map_err(unwritten())?;
        // What goes makes room for what comes: a file may become a folder.
        for (at, _) in placed.iter().filter(|(_, content)| content.is_none()) {
            refuse_what_is_no_file(at, entry(before, at)?)?;
            editor.remove(at.path.as_str()).map_err(unwritten())?;
        }
        let gone = placed.iter().filter(|(_, content)| content.is_none());
        let gone: BTreeSet<String> = gone.map(|(at, _)| at.path.clone()).collect();
        for (at, content) in &placed {
            if let Some(content) = content {
                refuse_files_on_the_way(before, at, |path| gone.contains(path))?;
                let found = without_gone(before, at, &gone)?;
                let (kind, id) = self.stored(found, &mut attributes, new, at, content)?;
                editor
                    .upsert(at.path.as_str(), kind, id)
                    .map_err(unwritten())?;
            }
        }
        let tree = editor.write().map_err(unwritten())?;
        Ok(tree.detach())
    }

    /// Stores a file as git would, and says with which permission.
    fn stored(
        &self,
        found: Option<Entry>,
        attributes: &mut Attributes<'_>,
        new: &NewCommit,
        at: &InRepository,
        content: &Bytes,
    ) -> Result<(EntryKind, ObjectId), GitError> {
        refuse_what_is_no_file(at, found)?;
        let had = match found {
            Some(found) => Some(found),
            None => entry(&self.tree(&new.base)?, at)?,
        };
        let kind = match had.map(|had| had.kind) {
            Some(EntryKind::BlobExecutable) => EntryKind::BlobExecutable,
            _ => EntryKind::Blob,
        };
        let said = attributes.said_of(at)?;
        let stored = || {
            let mut blob = self.git.find_blob(found?.id).ok()?;
            Some(std::mem::take(&mut blob.data))
        };
        let cleaned = self.cleaned(at, &said, content, stored)?;
        let written = self.git.write_blob(cleaned.as_deref().unwrap_or(content));
        let unwritten = GitError::failed(format!("`{}` can't be stored", at.given));
        Ok((kind, written.map_err(unwritten)?.detach()))
    }
}

/// `Name <address>`, at a time; in Greenwich, wherever that was.
fn signature(author: &str, at: Timestamp) -> Signature {
    let (name, address) = author.split_once('<').unwrap_or((author, ""));
    Signature {
        name: name.trim().into(),
        email: address.trim_end_matches('>').trim().into(),
        time: gix::date::Time::new(at.as_second(), 0),
    }
}
