//! A branch: a name that nobody has, and moved only by whoever knows where it is.

use std::path::{Path, PathBuf};
use std::time::Duration;

use gix::refs::transaction::{Change, LogChange, PreviousValue, RefEdit, RefLog};
use gix::refs::{FullName, Target};
use stepwell_contract::CommitId;

use crate::error::GitError;
use crate::fit::{read_bounded, require};
use crate::repository::{Repository, commit_id, object_id};

/// How long an empty lock on a branch of a run's own is given. Git holds one for as long as it writes an id.
const PATIENCE: Duration = Duration::from_secs(2);

/// No lock and no HEAD is longer.
const LONGEST: u64 = 4096;

/// How many names are tried.
const MOST_NAMES: u32 = 1000;

impl Repository {
    /// A name for a branch that there isn't: the one that is given, or that with a number behind it.
    ///
    /// # Errors
    /// A branch with a shorter name leaves no room for it, or the branches can't be read.
    pub fn free_name(&self, wanted: &str) -> Result<String, GitError> {
        for (place, _) in wanted.match_indices('/') {
            if self.position(&wanted[..place])?.is_some() {
                let obstacle = wanted[..place].to_owned();
                return Err(GitError::InTheWay { obstacle });
            }
        }
        let numbered = (2..MOST_NAMES).map(|number| format!("{wanted}-{number}"));
        for name in std::iter::once(wanted.to_owned()).chain(numbered) {
            if self.position(&name)?.is_none() {
                return Ok(name);
            }
        }
        Err(GitError::InTheWay {
            obstacle: wanted.to_owned(),
        })
    }

    /// Where a branch is; none where there is none.
    ///
    /// # Errors
    /// It can't be read.
    pub fn position(&self, branch: &str) -> Result<Option<CommitId>, GitError> {
        let unread = || GitError::failed(format!("the branch `{branch}` can't be read"));
        let name = full_name(branch)?;
        require(&self.git.common_dir().join(format!("refs/heads/{branch}")))?;
        let found = self.git.try_find_reference(name.as_ref());
        let Some(mut found) = found.map_err(unread())? else {
            return Ok(None);
        };
        let id = found.peel_to_id().map_err(unread())?;
        commit_id(id.detach()).map(Some)
    }

    /// Moves a branch from where it was left to a commit, which is written already. That it is there already is as good: a
    /// process that was killed had done it.
    ///
    /// # Errors
    /// Somebody else moved it, or has it checked out; nothing is changed then.
    pub fn advance(
        &self,
        branch: &str,
        left_at: Option<&CommitId>,
        to: &CommitId,
    ) -> Result<(), GitError> {
        let found = self.position(branch)?;
        if found.as_ref() == Some(to) {
            return Ok(());
        }
        if found.as_ref() != left_at {
            return Err(GitError::Moved {
                branch: branch.to_owned(),
                expected: left_at.cloned(),
                found,
            });
        }
        if let Some(worktree) = self.checked_out_in(branch) {
            let branch = branch.to_owned();
            return Err(GitError::CheckedOut { branch, worktree });
        }
        let edit = || edit(branch, left_at, to);
        let Err(refused) = self.edit(edit()?) else {
            return Ok(());
        };
        // Whoever was killed while it moved the branch left its lock, and nobody else would ever take that away.
        let moved = match self.take_away_own_lock(branch, to) {
            true => self.edit(edit()?),
            false => Err(refused),
        };
        match moved {
            Ok(()) => Ok(()),
            Err(refused) => self.why_not(branch, left_at, to, refused),
        }
    }

    fn edit(&self, edit: RefEdit) -> Result<(), gix::Error> {
        let mut git = self.git.clone();
        // A log needs somebody who writes it, and the branch says all of it itself.
        git.refs.write_reflog = gix::refs::store::WriteReflog::Disable;
        git.edit_references_as([edit], None).map(drop)
    }

    /// Somebody may have moved it in the very last moment.
    fn why_not(
        &self,
        branch: &str,
        left_at: Option<&CommitId>,
        to: &CommitId,
        refused: gix::Error,
    ) -> Result<(), GitError> {
        let found = self.position(branch)?;
        match found {
            found if found.as_ref() == Some(to) => Ok(()),
            found if found.as_ref() == left_at => Err(GitError::failed(format!(
                "the branch `{branch}` can't be moved to {to}"
            ))(refused)),
            found => Err(GitError::Moved {
                branch: branch.to_owned(),
                expected: left_at.cloned(),
                found,
            }),
        }
    }

    /// Removes the lock of a process that was killed in between: it holds the very commit that the branch is moved to, or
    /// nothing, and goes on holding nothing. Gives whether there was one.
    fn take_away_own_lock(&self, branch: &str, to: &CommitId) -> bool {
        let lock = format!("refs/heads/{branch}.lock");
        let lock = self.git.common_dir().join(lock);
        let holds = || read_bounded(&lock, LONGEST).map(|text| text.trim().to_owned());
        let is_ours = match holds().as_deref() {
            Some("") => {
                std::thread::sleep(PATIENCE);
                holds().as_deref() == Some("")
            }
            held => held == Some(to.as_str()),
        };
        is_ours && std::fs::remove_file(&lock).is_ok()
    }

    /// The working tree whose HEAD a branch is.
    fn checked_out_in(&self, branch: &str) -> Option<PathBuf> {
        let common = self.git.common_dir();
        let own = format!("ref: refs/heads/{branch}");
        let is_head = |folder: &Path| {
            read_bounded(&folder.join("HEAD"), LONGEST).is_some_and(|head| head.trim() == own)
        };
        if is_head(common) {
            return Some(common.parent().unwrap_or(common).to_owned());
        }
        let others = std::fs::read_dir(common.join("worktrees"));
        let mut others = others.into_iter().flatten().flatten();
        let other = others.find(|other| is_head(&other.path()))?.path();
        // The file names the `.git` of the working tree.
        let named = read_bounded(&other.join("gitdir"), LONGEST);
        let named = named.map(|named| PathBuf::from(named.trim()));
        let worktree = named.and_then(|named| named.parent().map(Path::to_owned));
        Some(worktree.unwrap_or(other))
    }
}

fn edit(branch: &str, left_at: Option<&CommitId>, to: &CommitId) -> Result<RefEdit, GitError> {
    let expected = match left_at {
        Some(left_at) => PreviousValue::MustExistAndMatch(Target::Object(object_id(left_at)?)),
        None => PreviousValue::MustNotExist,
    };
    Ok(RefEdit {
        change: Change::Update {
            log: LogChange {
                mode: RefLog::AndReference,
                force_create_reflog: false,
                message: "stepwell".into(),
            },
            expected,
            new: Target::Object(object_id(to)?),
        },
        name: full_name(branch)?,
        deref: false,
    })
}

fn full_name(branch: &str) -> Result<FullName, GitError> {
    let name = format!("refs/heads/{branch}");
    FullName::try_from(name).map_err(|error| GitError::Failed {
        what: format!("`{branch}` is no name of a branch"),
        reason: error.to_string(),
    })
}
