//! The branch of a run that puts what it writes onto one: pinned when the run begins, before anything is paid.

use std::path::PathBuf;

use stepwell_contract::RunId;
use stepwell_git::{GitError, Repository};
use stepwell_store::RunBranch;
use stepwell_workers::off_the_workers;

/// What the branches of runs begin with.
const ABOVE: &str = "stepwell";

/// How much of a run's id its branch has: as much as a person gives to name the run.
const TAIL: usize = 8;

/// Where a run's branch begins, and how it is called: by the workflow and the end of the run's id.
///
/// # Errors
/// The workspace lies in no repository with a working tree and a commit, or that can't be read.
pub(crate) async fn branch_of(
    workspace: &str,
    workflow: &str,
    run: RunId,
) -> Result<RunBranch, GitError> {
    let folder = PathBuf::from(workspace);
    let id = run.to_string();
    let tail = &id[id.len().saturating_sub(TAIL)..];
    let wanted = format!("{ABOVE}/{workflow}-{tail}");
    off_the_workers(move || {
        let repository = Repository::of(&folder)?;
        Ok(RunBranch {
            base: repository.head()?,
            name: repository.free_name(&wanted)?,
            author: repository.user(),
            tip: None,
            other: Default::default(),
        })
    })
    .await
}
