//! What the cells of a comparison ask of the file system before they begin.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use stepwell_definition::LARGEST_DEFINITION;
use stepwell_store::RunRecord;
use stepwell_workers::{off_the_workers, read_text};
use tokio::sync::OnceCell;

use super::lock::lock;
use crate::words::OpenError;
use crate::workspace::Workspace;

/// What each cell needs of the file system before it begins. Most of them need the same, and ask for it once.
///
/// Nobody waits for what another cell reads unless it is the same: one slow folder would hold up all of them.
#[derive(Default)]
pub(crate) struct SharedFiles {
    definitions: Once<String, Option<String>>,
    workspaces: Once<(PathBuf, Vec<PathBuf>), Workspace>,
}

/// What is read once for each key: by the first who asks for it, while the others wait. Where that fails the next one tries.
struct Once<K, T>(Mutex<BTreeMap<K, Arc<OnceCell<T>>>>);

impl<K, T> Default for Once<K, T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Ord, T> Once<K, T> {
    fn of(&self, key: K) -> Arc<OnceCell<T>> {
        Arc::clone(lock(&self.0).entry(key).or_default())
    }
}

impl SharedFiles {
    /// The text of a run's definition as its file has it now; none where there is none any more.
    pub(crate) async fn definition(&self, run: &RunRecord) -> Option<String> {
        let file = run.definition_file.as_ref()?;
        let definition = self.definitions.of(file.clone());
        let text = definition.get_or_init(|| definition_of_now(run)).await;
        text.clone()
    }

    /// As [`Workspace::open`].
    pub(crate) async fn workspace(
        &self,
        root: PathBuf,
        closed: Vec<PathBuf>,
    ) -> Result<Workspace, OpenError> {
        let workspace = self.workspaces.of((root.clone(), closed.clone()));
        let opened = workspace.get_or_try_init(|| Workspace::open(root, closed));
        Ok(opened.await?.clone())
    }
}

/// The text of a run's definition as its file has it now. The person may have removed it: then it is the one that was
/// pinned that counts.
pub(crate) async fn definition_of_now(run: &RunRecord) -> Option<String> {
    let file = run.definition_file.clone()?;
    off_the_workers(move || read_text(Path::new(&file), LARGEST_DEFINITION as u64).ok()).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_one_is_slow_to_read_holds_up_no_other() {
        let once: Once<&str, u32> = Once::default();
        let slow = once.of("slow");
        let reads = slow.get_or_init(std::future::pending);
        tokio::pin!(reads);
        // It has begun to read, and never ends.
        assert!(futures_util::poll!(&mut reads).is_pending());
        assert_eq!(*once.of("other").get_or_init(async || 1).await, 1);
        // Who asks for the same waits for it.
        let same = once.of("slow");
        let waits = same.get_or_init(async || 2);
        tokio::pin!(waits);
        assert!(futures_util::poll!(&mut waits).is_pending());
    }

    #[tokio::test]
    async fn what_could_not_be_opened_is_tried_again() {
        let files = SharedFiles::default();
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("later");
        let open = || files.workspace(root.clone(), Vec::new());
        assert!(open().await.is_err());
        std::fs::create_dir(&root).unwrap();
        assert!(open().await.is_ok());
    }
}
