//! The branch of a run: where it is now, and made again where somebody deleted it.

use std::path::PathBuf;

use bytes::Bytes;
use stepwell_contract::RunId;
use stepwell_git::{GitError, Repository};
use stepwell_store::{RunBranch, RunRecord};
use stepwell_workers::off_the_workers;

use super::Operations;
use crate::execution::remake;
use crate::words::{BranchState, BranchView, EngineError, FileError};

impl Operations {
    /// A run's branch as it is now, where its repository can be looked at.
    pub(super) async fn branch_view(&self, record: &RunRecord, branch: &RunBranch) -> BranchView {
        let view = BranchView::from(branch);
        let is_ours = self.house.require_home(record).await.is_ok();
        match is_ours && self.reach.require(&record.workspace).await.is_ok() {
            true => looked_at(view, &record.workspace).await,
            false => view,
        }
    }

    /// Makes a run's branch again, from what is kept of the run, where there is none any more.
    pub(super) async fn remake_branch(&self, run: RunId) -> Result<BranchView, EngineError> {
        // Nobody commits beside it.
        let _active = self.house.take(run)?;
        let record = self.house.own_run(run).await?;
        self.house.require_home(&record).await?;
        self.reach.require(&record.workspace).await?;
        let Some(branch) = &record.branch else {
            return Err(FileError::NoBranch { run }.into());
        };
        let Some(tip) = &branch.tip else {
            let branch = branch.name.clone();
            return Err(FileError::NothingOnBranch { run, branch }.into());
        };
        let failed = |error| FileError::Branch {
            run,
            branch: branch.name.clone(),
            error,
        };
        let (folder, name) = (PathBuf::from(&record.workspace), branch.name.clone());
        let found = off_the_workers(move || Repository::of(&folder)?.position(&name)).await;
        let found = found.map_err(failed)?;
        if let Some(other) = found.as_ref().filter(|found| *found != tip) {
            return Err(failed(GitError::Moved {
                branch: branch.name.clone(),
                expected: Some(tip.clone()),
                found: Some(other.clone()),
            })
            .into());
        }
        if found.is_none() {
            let remade = remake(&self.house, run, &record.workspace, branch, tip).await?;
            remade.map_err(failed)?;
            let (folder, name, tip) = (
                PathBuf::from(&record.workspace),
                branch.name.clone(),
                tip.clone(),
            );
            let advanced =
                off_the_workers(move || Repository::of(&folder)?.advance(&name, None, &tip));
            advanced.await.map_err(failed)?;
        }
        Ok(self.branch_view(&record, branch).await)
    }
}

/// A file before a run and after it; none is no file.
pub(super) struct Differing {
    pub(super) path: String,
    pub(super) before: Option<Bytes>,
    pub(super) after: Option<Bytes>,
}

/// Files as git would store them, where the run puts what it writes onto a branch: what only the working tree has otherwise, such as
/// its line ends, changes nothing there. As they are where that can't be said.
pub(super) async fn as_stored(record: &RunRecord, files: Vec<Differing>) -> Vec<Differing> {
    let Some(branch) = &record.branch else {
        return files;
    };
    let (folder, base) = (PathBuf::from(&record.workspace), branch.base.clone());
    off_the_workers(move || {
        let Ok(repository) = Repository::of(&folder) else {
            return files;
        };
        let stored = |path: &str, text: Option<Bytes>| {
            let text = text?;
            let stored = repository.stored_as(&base, path, &text);
            Some(stored.map_or(text, Bytes::from))
        };
        let files = files.into_iter().map(|file| Differing {
            before: stored(&file.path, file.before),
            after: stored(&file.path, file.after),
            path: file.path,
        });
        files.collect()
    })
    .await
}

/// A branch as it is in its repository.
async fn looked_at(view: BranchView, workspace: &str) -> BranchView {
    let Some(commit) = view.commit.clone() else {
        return view;
    };
    let (folder, name) = (PathBuf::from(workspace), view.name.clone());
    let looked = off_the_workers(move || -> Result<BranchState, GitError> {
        let repository = Repository::of(&folder)?;
        Ok(match repository.position(&name)? {
            Some(found) if found == commit => BranchState::There,
            Some(_) => BranchState::Moved,
            None if repository.has(&commit)? => BranchState::Gone,
            None => BranchState::Removed,
        })
    });
    let state = looked.await.unwrap_or_default();
    BranchView { state, ..view }
}
