//! What the run changed: which paths, what each held before it, and what stands now where the run publishes.
//!
//! What an execution itself writes is none of it, and neither is what it sees of the workspace otherwise.

use serde::{Deserialize, Serialize};
use serde_json::json;
use stepwell_contract::{Digest, Hosted, WorkspaceError, WorkspaceErrorKind, WorkspaceGrant};
use stepwell_store::MemoKind;

use super::seen::published_question;
use super::services::Services;
use crate::state::Published;

/// The memo of a look at what a path of the run holds, or held, elsewhere than where the execution sees it.
#[derive(Serialize, Deserialize)]
pub(super) struct Elsewhere {
    /// Whether the run wrote or removed it.
    pub(super) changed: bool,
    /// What it holds there; none is no file.
    pub(super) digest: Option<Digest>,
}

impl Services {
    /// The paths that the run had written or removed when this execution first asked.
    pub(super) async fn changed_paths(&self) -> Hosted<Result<Vec<String>, WorkspaceError>> {
        if let Err(denied) = self.need_grant(WorkspaceGrant::Read) {
            // A gate that sees no files has to say so, but where there is none to be seen.
            return match self.run.gates.is_gate(self.step) && !self.changes_any().await? {
                true => Ok(Ok(Vec::new())),
                false => Ok(Err(denied)),
            };
        }
        let question = json!({ "changed": true });
        let see = async {
            let outside = self.run.published.read().await;
            let paths = outside.originals.keys().cloned().collect();
            Ok((Ok(paths), Vec::new()))
        };
        self.look(MemoKind::Entries, question, see).await
    }

    /// Whether the run had written or removed any file when this execution first asked.
    async fn changes_any(&self) -> Hosted<bool> {
        let see = async {
            let outside = self.run.published.read().await;
            Ok((Ok(!outside.originals.is_empty()), Vec::new()))
        };
        let question = json!({ "changed": "any" });
        let any: Result<bool, WorkspaceError> = self.look(MemoKind::Entries, question, see).await?;
        Ok(any.unwrap_or(true))
    }

    /// The bytes of a file before the run changed it; of one that it left alone those that are there.
    pub(super) async fn bytes_before(
        &self,
        given: &str,
    ) -> Hosted<Result<Vec<u8>, WorkspaceError>> {
        let path = or_told!(self.granted(WorkspaceGrant::Read, given));
        let question = json!({ "before": path });
        let see = async {
            let outside = self.run.published.read().await;
            let real = self.changed_as(&outside, &path).await;
            let original = real.and_then(|real| outside.originals.get(&real));
            let seen = Elsewhere {
                changed: original.is_some(),
                digest: original.copied().flatten(),
            };
            Ok((Ok(seen), Vec::new()))
        };
        let seen: Result<Elsewhere, WorkspaceError> =
            self.look(MemoKind::Read, question, see).await?;
        self.text_elsewhere(&path, seen, "before this run").await
    }

    /// The bytes of a file as it stands where the run publishes: in the workspace, or on the run's branch, without what waits for a
    /// yes. Of one that the run left alone those that are there.
    pub(super) async fn bytes_published(
        &self,
        given: &str,
    ) -> Hosted<Result<Vec<u8>, WorkspaceError>> {
        let path = or_told!(self.granted(WorkspaceGrant::Read, given));
        let question = published_question(&path);
        let see = async {
            let outside = self.run.published.read().await;
            let Some(real) = self.changed_as(&outside, &path).await else {
                let seen = Elsewhere {
                    changed: false,
                    digest: None,
                };
                return Ok((Ok(seen), Vec::new()));
            };
            let mut texts = Vec::new();
            let digest = match self.run.pins.branch.is_some() {
                true => outside.on_branch(&real),
                false => {
                    let limit = self.planned().limits.transfer;
                    match self.run.workspace.read(&real, limit).await {
                        Ok(there) => there.map(|(digest, text)| {
                            texts.push(text);
                            digest
                        }),
                        Err(error) => return Ok((Err(error), Vec::new())),
                    }
                }
            };
            let seen = Elsewhere {
                changed: true,
                digest,
            };
            Ok((Ok(seen), texts))
        };
        let seen: Result<Elsewhere, WorkspaceError> =
            self.look(MemoKind::Read, question, see).await?;
        self.text_elsewhere(&path, seen, "where this run publishes")
            .await
    }

    /// The path under which the run changed what a path names, which may be a link; none where it left it alone.
    async fn changed_as(&self, outside: &Published, path: &str) -> Option<String> {
        if outside.originals.contains_key(path) {
            return Some(path.to_owned());
        }
        let real = self.run.workspace.behind_link(path).await?;
        outside.originals.contains_key(&real).then_some(real)
    }

    async fn text_elsewhere(
        &self,
        path: &str,
        seen: Result<Elsewhere, WorkspaceError>,
        place: &str,
    ) -> Hosted<Result<Vec<u8>, WorkspaceError>> {
        let seen = or_told!(seen);
        if !seen.changed {
            return self.file_bytes(path).await;
        }
        match seen.digest {
            Some(digest) => Ok(Ok(self.blob(&digest).await?.to_vec())),
            None => Ok(Err(WorkspaceError::new(
                WorkspaceErrorKind::NotFound,
                format!("there was no file `{path}` {place}"),
            ))),
        }
    }
}
