//! A search of the workspace as one execution sees it: the snapshot, and on top of it what the step staged (rule E33).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use stepwell_contract::{
    Digest, Hosted, WorkspaceError, WorkspaceFindings, WorkspaceGrant, WorkspaceQuery,
};
use stepwell_store::MemoKind;

use super::glimpses::Glimpse;
use super::services::Services;
use crate::state::{lock, store_halt};
use crate::workspace::{Known, Searched};

impl Services {
    /// The lines that match. They are remembered with the digests of their files, and no text beside them.
    ///
    /// What the step staged is a part of the question: a search before and one after it wrote are two.
    pub(super) async fn searched(
        &self,
        query: WorkspaceQuery,
    ) -> Hosted<Result<WorkspaceFindings, WorkspaceError>> {
        or_told!(self.need_grant(WorkspaceGrant::Read));
        let staged = lock(&self.memory).staging.files.clone();
        let question = match staged.is_empty() {
            true => json!({ "search": query }),
            false => {
                let over = staged
                    .iter()
                    .map(|(path, text)| (path, text.as_ref().map(Digest::of)));
                json!({ "search": query, "over": over.collect::<BTreeMap<_, _>>() })
            }
        };
        let staged_paths: BTreeSet<String> = staged.keys().cloned().collect();
        let remembered: Glimpse = self
            .look(MemoKind::Search, question, async {
                let mut known = lock(&self.memory).known_texts()?;
                for (path, text) in staged {
                    known.insert(path, Known::Holds(text));
                }
                let glimpse = match self.search_now(query, known).await? {
                    Ok(searched) => Glimpse::of_search(searched, &staged_paths),
                    Err(error) => Glimpse::failed(error),
                };
                Ok((glimpse, Vec::new()))
            })
            .await?;
        let Glimpse {
            saw,
            findings,
            failed,
            ..
        } = remembered;
        if let Some(error) = failed {
            return Ok(Err(error));
        }
        lock(&self.memory).note_glimpse(saw);
        Ok(Ok(findings.unwrap_or_default()))
    }

    async fn search_now(
        &self,
        query: WorkspaceQuery,
        mut known: BTreeMap<String, Known>,
    ) -> Hosted<Result<Searched, WorkspaceError>> {
        let outside = self.run.published.read().await;
        let before = self.run.rules_before(&outside).await.map_err(store_halt)?;
        for (path, digest) in &outside.overlay {
            if !known.contains_key(path) {
                let text = self
                    .run
                    .house
                    .blob_if_any(*digest)
                    .await
                    .map_err(store_halt)?;
                known.insert(path.clone(), Known::Holds(text));
            }
        }
        let limit = self.planned().limits.transfer;
        loop {
            let (shown, before) = (self.shown(&outside), before.clone());
            let workspace = &self.run.workspace;
            let searched = workspace
                .search(query.clone(), known.clone(), limit, shown, before)
                .await;
            let searched = or_told!(searched);
            if searched.lacks.is_empty() {
                return Ok(Ok(searched));
            }
            // What the step read, it goes on to read, whatever somebody made of it since.
            for (path, digest) in searched.lacks {
                let text = self.blob(&digest).await?;
                known.insert(path, Known::Holds(Some(text)));
            }
        }
    }
}
