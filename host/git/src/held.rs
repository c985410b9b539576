//! A path of the working tree, held against a commit: a run writes only what is as that commit has it.

use std::collections::BTreeSet;
use std::path::Path;

use gix::objs::tree::EntryKind;
use gix::validate::path::component;
use stepwell_contract::CommitId;

use crate::attributes::Attributes;
use crate::error::GitError;
use crate::paths::{Entry, InRepository, entry, folders, refuse_files_on_the_way, without_gone};
use crate::repository::Repository;

impl Repository {
    /// Says why a run that began at a commit can't write a path, if it can't. `there` is what the run saw there; none is no
    /// file.
    ///
    /// # Errors
    /// It is changed and not committed, lies in a submodule or in another repository, would be changed by a program first, or
    /// is no file in the commit.
    pub fn hold(&self, base: &CommitId, path: &str, there: Option<&[u8]>) -> Result<(), GitError> {
        self.hold_beside(base, path, there, &BTreeSet::new())
    }

    /// As [`hold`](Self::hold). `gone` is what the run removed: that makes room for a file, or for a folder.
    ///
    /// # Errors
    /// As [`hold`](Self::hold).
    pub fn hold_beside(
        &self,
        base: &CommitId,
        path: &str,
        there: Option<&[u8]>,
        gone: &BTreeSet<String>,
    ) -> Result<(), GitError> {
        let at = self.place(path);
        self.refuse_names(&at)?;
        self.refuse_other_repositories(&at)?;
        let tree = self.tree(base)?;
        let gone: BTreeSet<String> = gone.iter().map(|path| self.place(path).path).collect();
        let found = without_gone(&tree, &at, &gone)?;
        refuse_what_is_no_file(&at, found)?;
        refuse_files_on_the_way(&tree, &at, |path| gone.contains(path))?;
        let mut attributes = Attributes::of(self, &tree);
        let said = attributes.said_of(&at)?;
        let stored = || self.bytes_of(found);
        // Of a path without a file, too: what the run will write there would be refused later.
        let cleaned = self.cleaned(&at, &said, there.unwrap_or_default(), stored)?;
        let is_same = match (found, there) {
            (None, None) => true,
            (Some(found), Some(there)) => {
                let is_same = |bytes: &[u8]| self.id_of(bytes).is_ok_and(|id| id == found.id);
                (is_same(there) || cleaned.is_some_and(|bytes| is_same(&bytes)))
                    && self.has_mode_of(&at, found)
            }
            _ => false,
        };
        if is_same {
            return Ok(());
        }
        let is_newer = self.is_in_newer_head(base, &at, there);
        let (path, base) = (path.to_owned(), base.clone());
        match is_newer {
            true => Err(GitError::CommittedSince { path, base }),
            false => Err(GitError::NotCommitted {
                path,
                base,
                is_gone: there.is_none(),
            }),
        }
    }

    /// A name that git takes into no commit: found out now, and not when all that the step did is to be committed.
    fn refuse_names(&self, at: &InRepository) -> Result<(), GitError> {
        let config = self.git.config_snapshot();
        let protects = |key: &str, otherwise: bool| config.boolean(key).unwrap_or(otherwise);
        let options = component::Options {
            protect_windows: cfg!(windows),
            protect_hfs: protects("core.protectHFS", cfg!(target_os = "macos")),
            protect_ntfs: protects("core.protectNTFS", true),
        };
        for name in at.path.split('/') {
            gix::validate::path::component(name.into(), None, options).map_err(|error| {
                GitError::Name {
                    path: at.given.clone(),
                    reason: error.to_string(),
                }
            })?;
        }
        Ok(())
    }

    /// Whether HEAD stands elsewhere by now, and has at a path what is there.
    fn is_in_newer_head(&self, base: &CommitId, at: &InRepository, there: Option<&[u8]>) -> bool {
        let Ok(head) = self.head() else { return false };
        if head == *base {
            return false;
        }
        let found = self.tree(&head).and_then(|tree| entry(&tree, at));
        match (found, there) {
            (Ok(Some(found)), Some(there)) => self.id_of(there).is_ok_and(|id| id == found.id),
            (Ok(None), None) => true,
            _ => false,
        }
    }

    /// A folder that has a repository of its own, though the commit has no submodule there.
    fn refuse_other_repositories(&self, at: &InRepository) -> Result<(), GitError> {
        for folder in folders(&at.path).filter(|folder| !folder.is_empty()) {
            if std::fs::symlink_metadata(self.top.join(folder).join(".git")).is_ok() {
                return Err(GitError::InSubmodule {
                    path: at.given.clone(),
                    submodule: folder.to_owned(),
                });
            }
        }
        Ok(())
    }

    fn bytes_of(&self, found: Option<Entry>) -> Option<Vec<u8>> {
        let mut blob = self.git.find_blob(found?.id).ok()?;
        Some(std::mem::take(&mut blob.data))
    }

    fn id_of(&self, bytes: &[u8]) -> Result<gix::ObjectId, GitError> {
        let hash = self.git.object_hash();
        gix::objs::compute_hash(hash, gix::objs::Kind::Blob, bytes)
            .map_err(GitError::failed("an object can't be named"))
    }

    /// Whether the file on the disk may be executed as the commit says, where the repository minds that.
    fn has_mode_of(&self, at: &InRepository, found: Entry) -> bool {
        let config = self.git.config_snapshot();
        if !config.boolean("core.filemode").unwrap_or(true) {
            return true;
        }
        match is_executable(&self.top.join(&at.path)) {
            Some(executable) => executable == (found.kind == EntryKind::BlobExecutable),
            None => true,
        }
    }
}

/// A link or a folder of the commit, where a file is to be.
pub(crate) fn refuse_what_is_no_file(
    at: &InRepository,
    found: Option<Entry>,
) -> Result<(), GitError> {
    let what = match found.map(|found| found.kind) {
        Some(EntryKind::Link) => "a symbolic link",
        Some(EntryKind::Tree) => "a folder",
        _ => return Ok(()),
    };
    let path = at.given.clone();
    Err(GitError::NoFile { path, what })
}

/// Whether its owner may execute a file; none where there is no file, or no such thing.
#[cfg(unix)]
fn is_executable(path: &Path) -> Option<bool> {
    use std::os::unix::fs::PermissionsExt;

    let metadata = std::fs::symlink_metadata(path).ok()?;
    let is_file = metadata.file_type().is_file();
    is_file.then(|| metadata.permissions().mode() & 0o100 != 0)
}

#[cfg(not(unix))]
fn is_executable(_: &Path) -> Option<bool> {
    None
}
