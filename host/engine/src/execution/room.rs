//! Whether there is room for a file that is written: nothing is in its way, and no path would have to be a file and a folder at once.
//!
//! What the run removed makes room, also where the workspace has it still, because a gate waits or a branch gets it all.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use stepwell_contract::{Hosted, WorkspaceError, WorkspaceErrorKind};
use stepwell_store::MemoKind;

use super::services::Services;
use crate::state::{Published, around, lock};

impl Services {
    /// Whether something was in the way of a file when it was first written: a look as any other.
    pub(super) async fn has_room(&self, path: &str) -> Hosted<Result<(), WorkspaceError>> {
        let staged = self.staged_around(path);
        let see = async {
            let outside = self.run.published.read().await;
            let around = on_top(outside.around(path), &staged);
            let other = around.iter().find(|(_, is_there)| **is_there);
            let refused = match other {
                Some((other, _)) => Some(in_the_way(path, other)),
                None => {
                    let gone = around.into_keys().collect();
                    let checked = self.run.workspace.check_write(path, gone).await;
                    checked.err()
                }
            };
            Ok((refused, Vec::new()))
        };
        let question = with_staged(json!({ "write": path }), &staged);
        let refused: Option<WorkspaceError> = self.look(MemoKind::Write, question, see).await?;
        Ok(refused.map_or(Ok(()), Err))
    }

    /// Whether the run removed all that was in a folder, so that a file may take its place.
    pub(super) async fn folder_gives_way(&self, path: &str) -> Hosted<Result<(), WorkspaceError>> {
        let staged = self.staged_around(path);
        let see = async {
            let outside = self.run.published.read().await;
            let gone = gone(on_top(outside.around(path), &staged));
            let gives_way = self.run.workspace.gives_way(path, gone).await;
            Ok((gives_way.err(), Vec::new()))
        };
        let question = with_staged(json!({ "folder": path }), &staged);
        let refused: Option<WorkspaceError> = self.look(MemoKind::Write, question, see).await?;
        Ok(refused.map_or(Ok(()), Err))
    }

    /// What the execution itself staged around a path; each with whether it is there then, or removed.
    pub(super) fn staged_around(&self, path: &str) -> BTreeMap<String, bool> {
        let memory = lock(&self.memory);
        let around = around(&memory.staging.files, path);
        around
            .map(|(path, text)| (path.clone(), text.is_some()))
            .collect()
    }
}

/// What the run removed around a path, with what the execution staged on top of it.
pub(super) fn gone_around(
    outside: &Published,
    path: &str,
    staged: &BTreeMap<String, bool>,
) -> BTreeSet<String> {
    gone(on_top(outside.around(path), staged))
}

/// A question that has other answers where the execution itself staged something around its path.
pub(super) fn with_staged(mut question: Value, staged: &BTreeMap<String, bool>) -> Value {
    if !staged.is_empty() {
        question["staged"] = json!(staged);
    }
    question
}

fn on_top(
    mut outside: BTreeMap<String, bool>,
    staged: &BTreeMap<String, bool>,
) -> BTreeMap<String, bool> {
    let staged = staged.iter();
    outside.extend(staged.map(|(path, is_there)| (path.clone(), *is_there)));
    outside
}

fn gone(around: BTreeMap<String, bool>) -> BTreeSet<String> {
    let gone = around.into_iter().filter(|(_, is_there)| !is_there);
    gone.map(|(path, _)| path).collect()
}

fn in_the_way(path: &str, other: &str) -> WorkspaceError {
    WorkspaceError::new(
        WorkspaceErrorKind::InvalidPath,
        format!(
            "`{path}` can't be written: the run wrote `{other}`, and one of them would be a folder"
        ),
    )
}
