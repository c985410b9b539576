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
}

impl BranchView {
    /// The command that shows what the run changed; none where there is nothing to look at.
    #[must_use]
    pub fn look(&self) -> Option<String> {
        self.commit.as_ref()?;
        Some(format!("git diff {}...{}", self.base.short(), self.name))
    }
}

impl From<&RunBranch> for BranchView {
    fn from(branch: &RunBranch) -> Self {
        Self {
            name: branch.name.clone(),
            base: branch.base.clone(),
            commit: branch.tip.clone(),
        }
    }
}

/// What helps where a run can't begin a branch.
pub(crate) fn repository_for(error: &GitError) -> Remedy {
    match error {
        GitError::NoRepository { .. } | GitError::Bare { .. } | GitError::NoCommit { .. } => {
            Remedy::HaveRepository
        }
        _ => Remedy::PublishFiles,
    }
}

/// What helps where a branch can't be moved: to put it back where the run left it, if somebody moved it.
pub(crate) fn clear_branch(branch: &RunBranch, left_at: Option<CommitId>, then: GoOn) -> Remedy {
    Remedy::ClearBranch {
        branch: branch.name.clone(),
        left_at,
        then,
    }
}
