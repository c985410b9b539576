//! The repository that a folder lies in, and where its HEAD stands.

use std::path::{Path, PathBuf};

use gix::{ObjectId, Tree};
use stepwell_contract::CommitId;

use crate::error::GitError;
use crate::fit;
use crate::paths::{InRepository, prefix};

/// The author of commits in a repository that knows nobody.
const NOBODY: (&str, &str) = ("Stepwell", "stepwell@localhost");

/// A repository, seen from a folder in its working tree.
#[derive(Debug)]
pub struct Repository {
    pub(crate) git: gix::Repository,
    /// The top of the working tree.
    pub(crate) top: PathBuf,
    /// The folder, from there: empty, or with a `/` at its end.
    prefix: String,
}

impl Repository {
    /// Finds the repository that a folder lies in.
    ///
    /// # Errors
    /// There is none, it is bare, or it can't be read.
    pub fn of(folder: &Path) -> Result<Self, GitError> {
        let unread = |error: gix::Error| GitError::Failed {
            what: format!(
                "the git repository of `{}` can't be opened",
                folder.display()
            ),
            reason: format!("{error:#}"),
        };
        // A working tree is known by its real path.
        let folder = std::fs::canonicalize(folder).map_err(|error| GitError::Failed {
            what: format!("`{}` can't be opened", folder.display()),
            reason: error.to_string(),
        })?;
        fit::look(&folder)?;
        let found = gix::ThreadSafeRepository::discover(&folder);
        let git = match found {
            Err(error) if error.is_not_found() => {
                return Err(GitError::NoRepository { folder });
            }
            found => found.map_err(unread)?.to_thread_local(),
        };
        let Some(top) = git.workdir() else {
            let repository = git.git_dir().to_owned();
            return Err(GitError::Bare { repository });
        };
        let top = std::fs::canonicalize(top).map_err(|error| GitError::Failed {
            what: format!("`{}` can't be opened", top.display()),
            reason: error.to_string(),
        })?;
        let Some(prefix) = prefix(&top, &folder) else {
            return Err(GitError::NoRepository { folder });
        };
        Ok(Self { git, top, prefix })
    }

    /// The commit that HEAD stands at.
    ///
    /// # Errors
    /// There is none yet, or it can't be read.
    pub fn head(&self) -> Result<CommitId, GitError> {
        let unread = || GitError::failed("HEAD can't be read");
        let head = self.git.head().map_err(unread())?;
        if head.is_unborn() {
            return Err(GitError::NoCommit {
                folder: self.top.clone(),
            });
        }
        let commit = self.git.head_commit().map_err(unread())?;
        commit_id(commit.id)
    }

    /// Who git says is the author, as it writes it: `Name <address>`. The variables `GIT_AUTHOR_NAME` and `GIT_AUTHOR_EMAIL` go
    /// before its configuration.
    #[must_use]
    pub fn user(&self) -> String {
        let author = self.git.author().and_then(Result::ok);
        let author = author.map(|author| (author.name.to_string(), author.email.to_string()));
        let config = self.git.config_snapshot();
        let said = |key: &str| config.string(key).map(|said| said.to_string());
        let (name, address) = author.map_or_else(
            || (said("user.name"), said("user.email")),
            |(name, address)| (Some(name), Some(address)),
        );
        let written = |said: Option<String>, otherwise: &str| {
            // What git's own format has no place for.
            let said = said.unwrap_or_default().replace(['<', '>', '\n', '\0'], "");
            match said.trim() {
                "" => otherwise.to_owned(),
                said => said.to_owned(),
            }
        };
        let (name, address) = (written(name, NOBODY.0), written(address, NOBODY.1));
        format!("{name} <{address}>")
    }

    /// A path of the folder, as the repository knows it.
    pub(crate) fn place(&self, given: &str) -> InRepository {
        InRepository {
            given: given.to_owned(),
            path: format!("{}{given}", self.prefix),
        }
    }

    /// The tree of a commit.
    pub(crate) fn tree(&self, commit: &CommitId) -> Result<Tree<'_>, GitError> {
        let unread = || GitError::failed(format!("commit {commit} can't be read"));
        if !self.has(commit)? {
            let commit = commit.clone();
            return Err(GitError::NoSuchCommit { commit });
        }
        let found = self.git.find_commit(object_id(commit)?).map_err(unread())?;
        found.tree().map_err(unread())
    }

    /// Whether a commit is there: git removes those that no branch has, in time.
    ///
    /// # Errors
    /// It can't be looked up.
    pub fn has(&self, commit: &CommitId) -> Result<bool, GitError> {
        let found = self.git.try_find_object(object_id(commit)?);
        let unread = GitError::failed(format!("commit {commit} can't be looked up"));
        found.map(|found| found.is_some()).map_err(unread)
    }
}

pub(crate) fn object_id(commit: &CommitId) -> Result<ObjectId, GitError> {
    ObjectId::from_hex(commit.as_str().as_bytes()).map_err(|_| GitError::Failed {
        what: format!("`{commit}` can't be looked up"),
        reason: "it is no id of an object here".to_owned(),
    })
}

pub(crate) fn commit_id(id: ObjectId) -> Result<CommitId, GitError> {
    CommitId::new(id.to_string()).map_err(|error| GitError::Failed {
        what: format!("`{id}` can't be kept"),
        reason: error.to_string(),
    })
}
