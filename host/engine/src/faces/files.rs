//! The files that a run wrote: listed and compared (rule E14).

use std::collections::BTreeMap;

use stepwell_contract::RunId;
use stepwell_store::{ExecutionRecord, Gaps};

use super::Operations;
use super::branches::{Differing, as_stored};
use crate::state::outcomes_of;
use crate::words::{EngineError, FileChangeKind, FileError, FileFate, FileView, Selection};
use crate::workspace::unified_diff_with;

impl Operations {
    pub(super) async fn files(
        &self,
        run: RunId,
        selection: &Selection,
    ) -> Result<Vec<FileView>, EngineError> {
        let mut views = Vec::new();
        for execution in self.outcomes(run, selection, Gaps::LeaveOut).await? {
            views.extend(self.file_views(&execution).await?);
        }
        Ok(views)
    }

    pub(super) async fn file_diff(
        &self,
        run: RunId,
        selection: &Selection,
        path: Option<&str>,
        context: Option<u32>,
        of: FileFate,
    ) -> Result<String, EngineError> {
        // For each path, what was there before those executions of the run and what they made of it.
        let mut net = BTreeMap::new();
        for execution in self.outcomes(run, selection, Gaps::LeaveOut).await? {
            let files = match of {
                FileFate::Written => execution.files,
                FileFate::Dropped => execution.dropped,
            };
            for file in files {
                net.entry(file.path).or_insert((file.before, file.after)).1 = file.after;
            }
        }
        if let Some(only) = path {
            net.retain(|path, _| path == only);
            if net.is_empty() {
                return Err(not_written(run, only));
            }
        }
        let mut files = Vec::new();
        for (path, (first, last)) in net {
            files.push(Differing {
                path,
                before: self.house.blob_if_any(first).await?,
                after: self.house.blob_if_any(last).await?,
            });
        }
        let record = self.house.run_record(run).await?;
        let files = as_stored(&record, files).await;
        let diffs = files.iter().map(|file| {
            let (before, after) = (file.before.as_deref(), file.after.as_deref());
            unified_diff_with(before, after, &file.path, context)
        });
        Ok(diffs.collect())
    }

    pub(super) async fn outcomes(
        &self,
        run: RunId,
        selection: &Selection,
        gaps: Gaps,
    ) -> Result<Vec<ExecutionRecord>, EngineError> {
        self.house.run_record(run).await?;
        let executions = self.house.store.executions(run, gaps).await?;
        let mut executions = outcomes_of(executions);
        executions.retain(|execution| {
            let step = selection.step.as_ref();
            step.is_none_or(|step| execution.key.path == *step)
                && selection.has_round_of(&execution.key)
        });
        Ok(executions)
    }

    /// The files of one outcome that it changed.
    pub(super) async fn file_views(
        &self,
        execution: &ExecutionRecord,
    ) -> Result<Vec<FileView>, EngineError> {
        let mut views = Vec::new();
        let kept = execution.files.iter().map(|file| (file, false));
        let dropped = execution.dropped.iter().map(|file| (file, true));
        let all = kept.chain(dropped);
        for (file, dropped) in all.filter(|(file, _)| file.before != file.after) {
            let change = match (file.before, file.after) {
                (None, _) => FileChangeKind::Added,
                (_, None) => FileChangeKind::Removed,
                _ => FileChangeKind::Changed,
            };
            let text = self.house.blob_if_any(file.after).await?;
            views.push(FileView {
                path: file.path.clone(),
                execution: execution.key.to_string(),
                change,
                before: file.before,
                after: file.after,
                published: file.published,
                dropped,
                commit: execution.commit.clone(),
                replaced_foreign: file.foreign.as_ref().is_some_and(|other| !other.stands),
                foreign: file.foreign.as_ref().and_then(|other| other.digest),
                bytes: text.map_or(0, |text| text.len() as u64),
            });
        }
        Ok(views)
    }
}

pub(super) fn not_written(run: RunId, path: &str) -> EngineError {
    FileError::NotWritten {
        run,
        path: path.to_owned(),
    }
    .into()
}
