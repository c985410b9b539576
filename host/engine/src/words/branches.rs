//! The branch of a run: what is told of it, and what helps with it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::{CommitId, GoOn, Remedy};
use stepwell_git::GitError;
use stepwell_store::RunBranch;

/// The branch onto which a run puts what its steps write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BranchView {
    /// Its name.
    pub name: String,
    /// The commit that it began at: where HEAD stood.
    pub base: CommitId,
    /// The last commit of the run; none where it wrote nothing yet, so that there is no branch.
    pub commit: Option<CommitId>,
    /// Where the branch is now.
    #[serde(default)]
    pub state: BranchState,
}

/// Where a run's branch is now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BranchState {
    /// Nobody has looked, or the repository can't be looked at.
    #[default]
    Unknown,
    /// The run has nothing on it yet.
    Unmade,
    /// Where the run left it.
    There,
    /// Elsewhere: somebody went on with it.
    Moved,
    /// Somebody deleted it. The run's commits are there.
    Gone,
    /// Somebody deleted it, and git has removed the run's commits. They can be made again.
    Removed,
}

impl BranchView {
    /// The command that shows what the run changed; none where there is nothing to look at.
    #[must_use]
    pub fn look(&self) -> Option<String> {
        self.commit.as_ref().filter(|_| !self.is_gone())?;
        Some(format!("git diff {}...{}", self.base.short(), self.name))
    }

    /// Whether somebody deleted it.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        matches!(self.state, BranchState::Gone | BranchState::Removed)
    }
}

impl From<&RunBranch> for BranchView {
    fn from(branch: &RunBranch) -> Self {
        Self {
            name: branch.name.clone(),
            base: branch.base.clone(),
            commit: branch.tip.clone(),
            state: match branch.tip {
                Some(_) => BranchState::Unknown,
                None => BranchState::Unmade,
            },
        }
    }
}

/// What helps where a run can't begin a branch.
pub(crate) fn repository_for(error: &GitError) -> Remedy {
    match error {
        GitError::NoRepository { .. } | GitError::NoCommit { .. } => Remedy::HaveRepository,
        _ => Remedy::PublishFiles,
    }
}

/// What helps where a branch can't be moved: to put it back where the run left it, if somebody moved or deleted it.
pub(crate) fn clear_branch(branch: &RunBranch, error: &GitError, then: GoOn) -> Option<Remedy> {
    let (left_at, is_gone) = match error {
        GitError::Moved {
            expected, found, ..
        } => (expected.clone(), found.is_none()),
        GitError::CheckedOut { .. } => (None, false),
        _ => return None,
    };
    Some(Remedy::ClearBranch {
        branch: branch.name.clone(),
        left_at,
        is_gone,
        then,
    })
}
