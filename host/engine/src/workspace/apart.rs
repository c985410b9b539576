//! A workspace for tasks of a runtime, which may not wait for a disk: each look and each write is done on a thread that may.
//!
//! It decides nothing: what a look gives and what may be written says [`WorkspaceFolder`].

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use stepwell_contract::{Digest, WorkspaceEntry, WorkspaceError};
use stepwell_workers::off_the_workers;
use tokio::sync::RwLock;

use super::{RulesBefore, WorkspaceFolder};
use crate::words::{OpenError, PublishError};

/// A workspace's directory, as tasks use it.
#[derive(Debug, Clone)]
pub(crate) struct Workspace {
    folder: Arc<WorkspaceFolder>,
    /// Shared by the writes that are under way, also by those whose task is gone.
    writes: Arc<RwLock<()>>,
}

impl Workspace {
    /// As [`WorkspaceFolder::open`].
    pub(crate) async fn open(root: PathBuf, closed: Vec<PathBuf>) -> Result<Self, OpenError> {
        let folder = off_the_workers(move || WorkspaceFolder::open(&root, &closed)).await?;
        Ok(Self {
            folder: Arc::new(folder),
            writes: Arc::default(),
        })
    }

    /// As [`WorkspaceFolder::normalise`], which looks at nothing but the text.
    pub(crate) fn normalise(&self, given: &str) -> Result<String, WorkspaceError> {
        self.folder.normalise(given)
    }

    /// As [`WorkspaceFolder::matches`], likewise.
    pub(crate) fn matches(pattern: &str, path: &str) -> Result<bool, WorkspaceError> {
        WorkspaceFolder::matches(pattern, path)
    }

    /// The bytes of a file with their digest, as [`WorkspaceFolder::read`] has it.
    pub(crate) async fn read(
        &self,
        path: &str,
        max_bytes: u64,
    ) -> Result<Option<(Digest, Bytes)>, WorkspaceError> {
        self.look(path, max_bytes, None).await
    }

    /// As [`Workspace::read`], and none where .gitignore names the file, or did by the rules `before`.
    pub(crate) async fn look(
        &self,
        path: &str,
        max_bytes: u64,
        before: Option<RulesBefore>,
    ) -> Result<Option<(Digest, Bytes)>, WorkspaceError> {
        let path = path.to_owned();
        self.apart(move |folder| {
            if before.is_some_and(|before| folder.is_ignored(&path, &before)) {
                return Ok(None);
            }
            let content = folder.read(&path, max_bytes)?;
            Ok(content.map(|content| (Digest::of(&content), content.into())))
        })
        .await
    }

    /// As [`WorkspaceFolder::entries`].
    pub(crate) async fn entries(
        &self,
        pattern: &str,
        written: Arc<BTreeSet<String>>,
        before: RulesBefore,
    ) -> Result<Vec<WorkspaceEntry>, WorkspaceError> {
        let pattern = pattern.to_owned();
        self.apart(move |folder| folder.entries(&pattern, &written, &before))
            .await
    }

    /// As [`WorkspaceFolder::check_write`].
    pub(crate) async fn check_write(&self, path: &str) -> Result<(), WorkspaceError> {
        let path = path.to_owned();
        self.apart(move |folder| folder.check_write(&path)).await
    }

    /// As [`WorkspaceFolder::publish`]. A write that has begun is made, also when nobody waits for it any more.
    pub(crate) async fn publish(
        &self,
        path: &str,
        content: Option<Bytes>,
    ) -> Result<(), PublishError> {
        let path = path.to_owned();
        let under_way = Arc::clone(&self.writes).read_owned().await;
        self.apart(move |folder| {
            let published = folder.publish(&path, content.as_deref());
            drop(under_way);
            published
        })
        .await
    }

    /// Comes back when every write that has begun is made: what a person writes then is not overwritten by one of them.
    pub(crate) async fn settled(&self) {
        drop(self.writes.write().await);
    }

    async fn apart<T: Send + 'static>(
        &self,
        work: impl FnOnce(&WorkspaceFolder) -> T + Send + 'static,
    ) -> T {
        let folder = Arc::clone(&self.folder);
        off_the_workers(move || work(&folder)).await
    }
}
