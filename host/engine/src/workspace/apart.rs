//! A workspace for tasks of a runtime, which may not wait for a disk: each look and each write is done on a thread that may.
//!
//! It decides nothing: what a look gives and what may be written says [`WorkspaceFolder`].

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use stepwell_contract::{Digest, WorkspaceEntry, WorkspaceError, WorkspaceQuery};
use stepwell_workers::off_the_workers;
use tokio::sync::RwLock;

use super::{
    Aside, Known, Leads, Mode, RulesBefore, Search, Searched, Shown, Skimmed, Taken,
    WorkspaceFolder,
};
use crate::words::{OpenError, PublishError};

/// What a look at a path finds.
#[derive(Debug)]
pub(crate) struct Look {
    /// What the path holds.
    pub(crate) looked: Looked,
    /// The file itself, where the path that was looked at has a link in it.
    pub(crate) leads: Option<Leads>,
}

/// What a path holds.
#[derive(Debug)]
pub(crate) enum Looked {
    /// A text.
    Text(Digest, Bytes),
    /// No file.
    Nothing,
    /// A path that .gitignore names, whether something is there or not.
    Ignored,
}

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
        Ok(match self.look(path, max_bytes, None).await?.looked {
            Looked::Text(digest, bytes) => Some((digest, bytes)),
            Looked::Nothing | Looked::Ignored => None,
        })
    }

    /// As [`Workspace::read`], and nothing of it where .gitignore names the file, or did by the rules `before`.
    pub(crate) async fn look(
        &self,
        path: &str,
        max_bytes: u64,
        before: Option<RulesBefore>,
    ) -> Result<Look, WorkspaceError> {
        let path = path.to_owned();
        self.apart(move |folder| {
            let leads = folder.behind_link(&path);
            if before.is_some_and(|before| folder.is_ignored(&path, &before)) {
                let looked = Looked::Ignored;
                return Ok(Look { looked, leads });
            }
            let looked = match folder.read(&path, max_bytes)? {
                Some(content) => Looked::Text(Digest::of(&content), content.into()),
                None => Looked::Nothing,
            };
            Ok(Look { looked, leads })
        })
        .await
    }

    /// As [`WorkspaceFolder::behind_link`].
    pub(crate) async fn behind_link(&self, path: &str) -> Option<String> {
        let path = path.to_owned();
        let leads = self.apart(move |folder| folder.behind_link(&path)).await;
        leads.map(|leads| leads.path)
    }

    /// As [`WorkspaceFolder::has_folder`].
    pub(crate) async fn has_folder(&self, path: &str) -> bool {
        let path = path.to_owned();
        self.apart(move |folder| folder.has_folder(&path)).await
    }

    /// As [`WorkspaceFolder::refuse_link`].
    pub(crate) async fn refuse_link(&self, path: &str) -> Result<(), PublishError> {
        let path = path.to_owned();
        self.apart(move |folder| folder.refuse_link(&path)).await
    }

    /// As [`WorkspaceFolder::skim`].
    pub(crate) async fn skim(
        &self,
        paths: Vec<String>,
        most_bytes: u64,
        shown: Shown,
        before: RulesBefore,
    ) -> Vec<Skimmed> {
        self.apart(move |folder| folder.skim(&paths, most_bytes, &shown, &before))
            .await
    }

    /// As [`WorkspaceFolder::search`], of a query that is checked first.
    pub(crate) async fn search(
        &self,
        query: WorkspaceQuery,
        known: BTreeMap<String, Known>,
        most_bytes: u64,
        shown: Shown,
        before: RulesBefore,
    ) -> Result<Searched, WorkspaceError> {
        self.apart(move |folder| {
            let search = Search::of(query)?;
            folder.search(&search, &known, most_bytes, &shown, &before)
        })
        .await
    }

    /// As [`WorkspaceFolder::entries`].
    pub(crate) async fn entries(
        &self,
        pattern: &str,
        shown: Shown,
        before: RulesBefore,
    ) -> Result<Vec<WorkspaceEntry>, WorkspaceError> {
        let pattern = pattern.to_owned();
        self.apart(move |folder| folder.entries(&pattern, &shown, &before))
            .await
    }

    /// As [`WorkspaceFolder::hidden`].
    pub(crate) async fn hidden(
        &self,
        pattern: &str,
        shown: Shown,
        before: RulesBefore,
    ) -> Result<Vec<WorkspaceEntry>, WorkspaceError> {
        let pattern = pattern.to_owned();
        self.apart(move |folder| folder.hidden(&pattern, &shown, &before))
            .await
    }

    /// As [`WorkspaceFolder::check_write`].
    pub(crate) async fn check_write(
        &self,
        path: &str,
        gone: BTreeSet<String>,
    ) -> Result<(), WorkspaceError> {
        let path = path.to_owned();
        self.apart(move |folder| folder.check_write(&path, &gone))
            .await
    }

    /// As [`WorkspaceFolder::gives_way`].
    pub(crate) async fn gives_way(
        &self,
        path: &str,
        gone: BTreeSet<String>,
    ) -> Result<(), WorkspaceError> {
        let path = path.to_owned();
        self.apart(move |folder| folder.gives_way(&path, &gone))
            .await
    }

    /// As [`WorkspaceFolder::exchange`]. A write that has begun is made, also when nobody waits for it any more.
    pub(crate) async fn exchange(
        &self,
        path: &str,
        content: Option<Bytes>,
        mode: Option<Mode>,
        aside: &Aside,
    ) -> Result<Taken, PublishError> {
        self.writing(path, aside, move |folder, path, aside| {
            folder.exchange(path, content.as_deref(), mode, aside)
        })
        .await
    }

    /// As [`WorkspaceFolder::left_aside`].
    pub(crate) async fn left_aside(
        &self,
        path: &str,
        aside: &Aside,
    ) -> Result<Option<Taken>, PublishError> {
        self.writing(path, aside, WorkspaceFolder::left_aside).await
    }

    /// As [`WorkspaceFolder::let_go`].
    pub(crate) async fn let_go(
        &self,
        path: &str,
        aside: &Aside,
        removed: bool,
    ) -> Result<(), PublishError> {
        self.writing(path, aside, move |folder, path, aside| {
            folder.let_go(path, aside, removed)
        })
        .await
    }

    async fn writing<T: Send + 'static>(
        &self,
        path: &str,
        aside: &Aside,
        work: impl FnOnce(&WorkspaceFolder, &str, &Aside) -> T + Send + 'static,
    ) -> T {
        let (path, aside) = (path.to_owned(), aside.clone());
        let under_way = Arc::clone(&self.writes).read_owned().await;
        self.apart(move |folder| {
            let done = work(folder, &path, &aside);
            drop(under_way);
            done
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
