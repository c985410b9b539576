//! What a run has committed of files: who wrote which, and what the workspace lacks yet (rules E5, E6, E17).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use stepwell_contract::{Digest, ExecutionKey, Problem};
use stepwell_store::{ExecutionRecord, ExecutionState, FileChange};

/// The executions that have an outcome, in the order in which it was committed. Where that wasn't counted yet, the clock
/// has to say. What is left out has one where that removes files of an earlier take or round.
pub(crate) fn outcomes_of(mut executions: Vec<ExecutionRecord>) -> Vec<ExecutionRecord> {
    executions.retain(|execution| match execution.state {
        ExecutionState::Success => true,
        ExecutionState::Skipped => !execution.files.is_empty() || !execution.dropped.is_empty(),
        _ => false,
    });
    executions.sort_by_key(|execution| (execution.outcome, execution.ended_at));
    executions
}

/// What a run has committed of files: who wrote which, and what the workspace lacks yet.
///
/// Behind a lock that looks share and publishing holds alone, so that no look sees half an outcome.
#[derive(Debug, Default)]
pub(crate) struct Published {
    /// Committed and not yet published; none is removed.
    pub(crate) overlay: BTreeMap<String, Option<Digest>>,
    /// Whether what is published goes elsewhere, so that the workspace never has it, and all of it stays laid over.
    apart: bool,
    /// Why an outcome isn't on the run's branch: no later one goes there before it, since each is a commit on top of the last.
    pub(crate) stuck: Option<Problem>,
    /// Every path that this run ever wrote: what .gitignore names is seen only if it is among them (rule E6).
    pub(crate) written: Arc<BTreeSet<String>>,
    /// What the .gitignore files that this run wrote held before it: the rules that they had still hold for its steps.
    pub(crate) rules_before: BTreeMap<String, Option<Digest>>,
    /// What outcomes that aren't published were to replace: the workspace may hold that where a later one has seen theirs.
    beneath: BTreeMap<String, BTreeSet<Option<Digest>>>,
    /// What each path held before the run first wrote or removed it; none is nothing.
    pub(crate) originals: BTreeMap<String, Option<Digest>>,
    /// The permission bits of files that the run replaced or removed: what is written there again has them.
    modes: BTreeMap<String, u32>,
    /// What the run has brought to where it publishes: what each path held there last by its doing; none is removed.
    brought: BTreeMap<String, Option<Digest>>,
    /// How many outcomes were committed.
    outcomes: u64,
    /// The executions whose files aren't all where they belong, in the order of their outcomes.
    waiting: Vec<ExecutionKey>,
    /// The last execution that changed a path, and what it wrote.
    writers: BTreeMap<String, (ExecutionKey, Option<Digest>)>,
}

impl Published {
    /// Takes over what is committed already, in the order in which it was.
    pub(crate) fn of(executions: Vec<ExecutionRecord>, apart: bool) -> Self {
        let mut published = Self {
            apart,
            ..Self::default()
        };
        for execution in outcomes_of(executions) {
            published.keep(&execution);
        }
        published
    }

    /// Takes over an outcome that was just committed.
    pub(crate) fn keep(&mut self, execution: &ExecutionRecord) {
        self.outcomes = self.outcomes.max(execution.outcome);
        if execution.files.iter().any(|file| !file.published) {
            self.waiting.push(execution.key.clone());
        }
        for file in &execution.files {
            Arc::make_mut(&mut self.written).insert(file.path.clone());
            self.originals
                .entry(file.path.clone())
                .or_insert(file.before);
            if let Some(folder) = file.path.strip_suffix(".gitignore")
                && (folder.is_empty() || folder.ends_with('/'))
            {
                let folder = folder.to_owned();
                self.rules_before.entry(folder).or_insert(file.before);
            }
            self.note_mode(file);
            self.writers
                .insert(file.path.clone(), (execution.key.clone(), file.after));
            if file.published {
                self.brought.insert(file.path.clone(), file.after);
            }
            if file.published && !self.apart {
                self.overlay.remove(&file.path);
                self.beneath.remove(&file.path);
            } else {
                self.overlay.insert(file.path.clone(), file.after);
                let beneath = self.beneath.entry(file.path.clone()).or_default();
                beneath.insert(file.before);
            }
        }
    }

    /// Forgets what is in the overlay of executions whose files were dropped, from what is committed now.
    pub(crate) fn without_dropped(&mut self, executions: Vec<ExecutionRecord>) {
        let (outcomes, stuck) = (self.outcomes, self.stuck.take());
        *self = Self::of(executions, self.apart);
        self.outcomes = self.outcomes.max(outcomes);
        self.stuck = stuck;
    }

    /// The executions whose files aren't all where they belong, in the order of their outcomes.
    pub(crate) fn waiting(&self) -> &[ExecutionKey] {
        &self.waiting
    }

    /// All files of an execution are where they belong.
    pub(crate) fn has_all_of(&mut self, execution: &ExecutionKey) {
        self.waiting.retain(|waiting| waiting != execution);
    }

    /// The number of the next outcome. Whoever holds the lock commits it before another one asks.
    pub(crate) fn next_outcome(&self) -> u64 {
        self.outcomes + 1
    }

    /// Lays the files of a comparison's case over a workspace that has none.
    pub(crate) fn lay_over(&mut self, files: Option<&BTreeMap<String, Digest>>) {
        for (path, digest) in files.into_iter().flatten() {
            Arc::make_mut(&mut self.written).insert(path.clone());
            self.overlay.insert(path.clone(), Some(*digest));
        }
    }

    /// Whether a later outcome than that of an execution wrote a path, and the workspace has it: it needs that of the
    /// execution no more.
    pub(crate) fn is_superseded(&self, path: &str, by_other_than: &ExecutionKey) -> bool {
        !self.overlay.contains_key(path) && !self.is_last_writer(path, by_other_than)
    }

    /// What a path holds on the run's branch, as far as the run has come there.
    pub(crate) fn on_branch(&self, path: &str) -> Option<Digest> {
        let brought = self.brought.get(path).or_else(|| self.originals.get(path));
        brought.copied().flatten()
    }

    /// What an execution wrote to a path is where the run publishes.
    pub(crate) fn has_published(&mut self, file: &FileChange, writer: &ExecutionKey) {
        let path = file.path.as_str();
        self.brought.insert(file.path.clone(), file.after);
        if self.is_last_writer(path, writer) && !self.apart {
            self.overlay.remove(path);
            self.beneath.remove(path);
        }
    }

    /// The files that the run has written, isn't done with publishing, and that are in the way of a path or have it in theirs; each
    /// with whether it is there, or removed.
    pub(crate) fn around(&self, path: &str) -> BTreeMap<String, bool> {
        let around = around(&self.overlay, path);
        around
            .map(|(path, digest)| (path.clone(), digest.is_some()))
            .collect()
    }

    /// Whether the workspace may hold this at a path because an outcome of the run isn't published there.
    pub(crate) fn is_beneath(&self, path: &str, digest: Option<Digest>) -> bool {
        let beneath = self.beneath.get(path);
        beneath.is_some_and(|beneath| beneath.contains(&digest))
    }

    /// Remembers the permission bits of what a change replaced.
    pub(crate) fn note_mode(&mut self, file: &FileChange) {
        if let Some(mode) = file.mode {
            self.modes.insert(file.path.clone(), mode);
        }
    }

    /// The permission bits that a file had before the run removed it.
    pub(crate) fn mode_of(&self, path: &str) -> Option<u32> {
        self.modes.get(path).copied()
    }

    fn is_last_writer(&self, path: &str, execution: &ExecutionKey) -> bool {
        let last = self.writers.get(path);
        last.is_none_or(|(writer, _)| writer == execution)
    }

    /// The execution that wrote just this, if one of the run did.
    pub(crate) fn writer_of(&self, path: &str, digest: Option<Digest>) -> Option<&ExecutionKey> {
        self.writers
            .get(path)
            .filter(|(_, written)| *written == digest)
            .map(|(key, _)| key)
    }
}

/// What a map has of the folders that a path lies in, and of what lies below the path.
pub(crate) fn around<'m, T>(
    map: &'m BTreeMap<String, T>,
    path: &'m str,
) -> impl Iterator<Item = (&'m String, &'m T)> {
    let above = path
        .match_indices('/')
        .filter_map(|(end, _)| map.get_key_value(&path[..end]));
    let folder = format!("{path}/");
    let below = map
        .range(folder.clone()..)
        .take_while(move |(other, _)| other.starts_with(&folder));
    above.chain(below)
}
