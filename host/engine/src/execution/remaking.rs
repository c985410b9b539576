//! The commits of a run, made again from what is kept of it: git removes what no branch has, and a branch may be deleted.
//!
//! It moves no branch. The same things give the same commits; where they give others, nothing is taken for them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use stepwell_contract::{CommitId, RunId};
use stepwell_git::{GitError, NewCommit, Repository};
use stepwell_store::{ExecutionRecord, Gaps, RunBranch, StoreError};
use stepwell_workers::off_the_workers;

use super::messages::commit_of;
use crate::state::House;
use crate::words::Event;

/// Writes all commits of a run up to this one again, as far as they aren't there.
///
/// # Errors
/// The store's. Inside, git's: where the run began isn't there any more, or what would be made is another commit.
pub(crate) async fn remake(
    house: &House,
    run: RunId,
    workspace: &str,
    branch: &RunBranch,
    tip: &CommitId,
) -> Result<Result<(), GitError>, StoreError> {
    let executions = house.store.executions(run, Gaps::Refuse).await?;
    let mut of_commit: BTreeMap<CommitId, ExecutionRecord> = executions
        .into_iter()
        .filter_map(|execution| Some((execution.commit.clone()?, execution)))
        .collect();
    let mut parent = branch.base.clone();
    for made in made_in_order(house, run).await? {
        let Some(record) = of_commit.remove(&made) else {
            continue;
        };
        let commit = NewCommit {
            parent,
            ..commit_of(house, branch, &record).await?
        };
        let (folder, expected) = (PathBuf::from(workspace), made.clone());
        let again = off_the_workers(move || {
            let again = Repository::of(&folder)?.commit(&commit)?;
            match again {
                Some(again) if again == expected => Ok(()),
                _ => Err(GitError::Another { commit: expected }),
            }
        });
        if let Err(error) = again.await {
            return Ok(Err(error));
        }
        parent = made;
        if parent == *tip {
            return Ok(Ok(()));
        }
    }
    let commit = tip.clone();
    Ok(Err(GitError::Another { commit }))
}

/// The commits of a run, in the order in which they were made: that is not the one of the outcomes where gates were asked.
async fn made_in_order(house: &House, run: RunId) -> Result<Vec<CommitId>, StoreError> {
    let events = house.store.events(run, 0, usize::MAX).await?;
    let made = events.into_iter().filter_map(|logged| {
        let event = serde_json::from_value(logged.body).ok()?;
        match event {
            Event::Committed { commit, .. } => Some(commit),
            _ => None,
        }
    });
    Ok(made.collect())
}
