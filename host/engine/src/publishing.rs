//! From the store into the workspace: files of an outcome, one by one, each marked (rules E5, E14, E16).

use std::collections::{BTreeMap, BTreeSet};

use stepwell_contract::{Digest, ExecutionKey};
use stepwell_store::{Change, ExecutionRecord, ExecutionState, Problem, StoreError};

use crate::application::Event;
use crate::runs::RunContext;
use crate::workspace::RulesBefore;

/// What a run has committed of files: who wrote which, and what the workspace lacks yet.
///
/// Behind a lock that looks share and publishing holds alone, so that no look sees half an outcome.
#[derive(Debug, Default)]
pub(crate) struct Published {
    /// Committed and not yet published; none is removed.
    pub(crate) overlay: BTreeMap<String, Option<Digest>>,
    /// Every path that this run ever wrote: what .gitignore names is seen only if it is among them (rule E6).
    pub(crate) written: BTreeSet<String>,
    /// What the .gitignore files that this run wrote held before it: the rules that they had still hold for its steps.
    rules_before: BTreeMap<String, Option<Digest>>,
    /// The last execution that changed a path, and what it wrote.
    writers: BTreeMap<String, (ExecutionKey, Option<Digest>)>,
}

impl Published {
    /// Takes over what is committed already, in the order in which it was.
    pub(crate) fn of(mut executions: Vec<ExecutionRecord>) -> Self {
        executions.retain(|execution| execution.state == ExecutionState::Success);
        executions.sort_by_key(|execution| execution.ended_at);
        let mut published = Self::default();
        for execution in &executions {
            published.keep(execution);
        }
        published
    }

    /// Takes over an outcome that was just committed.
    pub(crate) fn keep(&mut self, execution: &ExecutionRecord) {
        for file in &execution.files {
            self.written.insert(file.path.clone());
            if let Some(folder) = file.path.strip_suffix(".gitignore")
                && (folder.is_empty() || folder.ends_with('/'))
            {
                let folder = folder.to_owned();
                self.rules_before.entry(folder).or_insert(file.before);
            }
            self.writers
                .insert(file.path.clone(), (execution.key.clone(), file.after));
            if file.published {
                self.overlay.remove(&file.path);
            } else {
                self.overlay.insert(file.path.clone(), file.after);
            }
        }
    }

    /// Lays the files of a comparison's case over a workspace that has none.
    pub(crate) fn lay_over(&mut self, files: Option<&BTreeMap<String, Digest>>) {
        for (path, digest) in files.into_iter().flatten() {
            self.written.insert(path.clone());
            self.overlay.insert(path.clone(), Some(*digest));
        }
    }

    /// The execution that wrote just this, if one of the run did.
    pub(crate) fn writer_of(&self, path: &str, digest: Option<Digest>) -> Option<&ExecutionKey> {
        self.writers
            .get(path)
            .filter(|(_, written)| *written == digest)
            .map(|(key, _)| key)
    }
}

impl RunContext {
    /// The texts of the .gitignore files as they were before this run wrote them (rule E6).
    pub(crate) async fn rules_before(
        &self,
        published: &Published,
    ) -> Result<RulesBefore, StoreError> {
        let mut rules = RulesBefore::new();
        for (folder, digest) in &published.rules_before {
            let text = match digest {
                Some(digest) => Some(self.blob(digest).await?.to_vec()),
                None => None,
            };
            rules.insert(folder.clone(), text);
        }
        Ok(rules)
    }

    /// Publishes what is committed of an execution and not marked yet. Gives the problem that stopped it.
    pub(crate) async fn publish(
        &self,
        published: &mut Published,
        mut record: ExecutionRecord,
    ) -> Result<Option<Problem>, StoreError> {
        for index in 0..record.files.len() {
            let Some(file) = record
                .files
                .get(index)
                .filter(|file| !file.published)
                .cloned()
            else {
                continue;
            };
            // A later outcome of the run has the file by now: this one was published before its mark was written.
            if published
                .writer_of(&file.path, file.after)
                .is_some_and(|writer| *writer != record.key)
            {
                record.files[index].published = true;
                continue;
            }
            let there = self
                .workspace
                .read(&file.path, u64::MAX)
                .ok()
                .flatten()
                .map(Digest::of);
            if there != file.after {
                let content = match &file.after {
                    Some(digest) => Some(self.blob(digest).await?),
                    None => None,
                };
                if let Err(error) = self.workspace.publish(&file.path, content.as_deref()) {
                    let problem = Problem {
                        code: "publishing".into(),
                        message: error.to_string(),
                        hint: Some(format!(
                            "{}; then `stepwell resume` goes on there",
                            error.hint()
                        )),
                        step: Some(record.key.to_string()),
                        other: Default::default(),
                    };
                    self.house
                        .store
                        .commit(vec![Change::Execution(Box::new(record))])
                        .await?;
                    return Ok(Some(problem));
                }
            }
            record.files[index].published = true;
            published.overlay.remove(&file.path);
            let event = Event::FilePublished {
                path: file.path,
                removed: file.after.is_none(),
            };
            let changes = vec![
                Change::Execution(Box::new(record.clone())),
                self.event(Some(&record.key), event),
            ];
            self.house.store.commit(changes).await?;
        }
        Ok(None)
    }
}
