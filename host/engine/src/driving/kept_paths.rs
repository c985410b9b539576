//! The files of the workspace that a definition itself names: what is wrong with them is found before anything is paid.

use std::path::PathBuf;

use stepwell_contract::{WorkspaceError, WorkspaceErrorKind};
use stepwell_git::Repository;
use stepwell_store::RunRecord;
use stepwell_workers::off_the_workers;

use super::opening::closed_paths;
use crate::state::{House, PreparedRun};
use crate::words::{EngineError, RunError};
use crate::workspace::Workspace;

/// What is looked at of a file that will be written over.
const LARGEST: u64 = 64 << 20;

/// Holds each file in which a document is kept against the workspace, and against the commit that the run's branch begins at.
///
/// # Errors
/// The first that can't be written.
pub(crate) async fn check_kept_paths(
    house: &House,
    prepared: &PreparedRun,
    record: &RunRecord,
) -> Result<(), EngineError> {
    let steps = prepared.plan.steps.iter();
    let kept: Vec<_> = steps
        .flat_map(|step| step.keep.iter().map(move |kept| (&step.path, &kept.path)))
        .collect();
    if kept.is_empty() {
        return Ok(());
    }
    let folder = PathBuf::from(&record.workspace);
    let workspace = Workspace::open(folder.clone(), closed_paths(house, record)).await?;
    for (step, path) in kept {
        let refused = |reason: String| RunError::KeptFile {
            step: step.clone(),
            path: path.clone(),
            reason,
        };
        let there = there(&workspace, path).await;
        let there = there.map_err(|error| refused(error.message))?;
        if let Some(branch) = &record.branch {
            // What is kept through a linked folder is committed where it is.
            let real = workspace.behind_link(path).await;
            let path = real.unwrap_or_else(|| path.clone());
            let (folder, base) = (folder.clone(), branch.base.clone());
            let hold = move || Repository::of(&folder)?.hold(&base, &path, there.as_deref());
            let held = off_the_workers(hold).await;
            held.map_err(|error| refused(error.to_string()))?;
        }
    }
    Ok(())
}

async fn there(workspace: &Workspace, path: &str) -> Result<Option<Vec<u8>>, WorkspaceError> {
    let path = workspace.normalise(path)?;
    for (end, _) in path.match_indices('/') {
        let above = &path[..end];
        // Nothing is read where a folder is: that is refused.
        if let Ok(Some(_)) = workspace.read(above, LARGEST).await {
            let message = format!("`{above}` is a file, and would have to be a folder");
            return Err(WorkspaceError::new(
                WorkspaceErrorKind::InvalidPath,
                message,
            ));
        }
    }
    let read = workspace.read(&path, LARGEST).await?;
    Ok(read.map(|(_, bytes)| bytes.to_vec()))
}
