//! What the cells of a comparison ask of the file system before they begin.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use stepwell_definition::LARGEST_DEFINITION;
use stepwell_store::RunRecord;
use stepwell_workers::{off_the_workers, read_text};

use crate::words::OpenError;
use crate::workspace::Workspace;

/// What each cell needs of the file system before it begins. Most of them need the same, and ask for it once.
#[derive(Default)]
pub(crate) struct SharedFiles {
    definitions: tokio::sync::Mutex<BTreeMap<String, Option<String>>>,
    workspaces: tokio::sync::Mutex<BTreeMap<(PathBuf, Vec<PathBuf>), Workspace>>,
}

impl SharedFiles {
    /// The text of a run's definition as its file has it now; none where there is none any more.
    pub(crate) async fn definition(&self, run: &RunRecord) -> Option<String> {
        let file = run.definition_file.as_ref()?;
        let mut definitions = self.definitions.lock().await;
        match definitions.get(file) {
            Some(text) => text.clone(),
            None => {
                let text = definition_of_now(run).await;
                definitions.insert(file.clone(), text.clone());
                text
            }
        }
    }

    /// As [`Workspace::open`].
    pub(crate) async fn workspace(
        &self,
        root: PathBuf,
        closed: Vec<PathBuf>,
    ) -> Result<Workspace, OpenError> {
        let mut workspaces = self.workspaces.lock().await;
        let place = (root, closed);
        if let Some(workspace) = workspaces.get(&place) {
            return Ok(workspace.clone());
        }
        let workspace = Workspace::open(place.0.clone(), place.1.clone()).await?;
        workspaces.insert(place, workspace.clone());
        Ok(workspace)
    }
}

/// The text of a run's definition as its file has it now. The person may have removed it: then it is the one that was
/// pinned that counts.
pub(crate) async fn definition_of_now(run: &RunRecord) -> Option<String> {
    let file = run.definition_file.clone()?;
    off_the_workers(move || read_text(Path::new(&file), LARGEST_DEFINITION as u64).ok()).await
}
