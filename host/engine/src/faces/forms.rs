//! The forms of a run that wait, as they are now: what stands where a yes puts something is looked at anew by who shows or answers one.

use std::collections::BTreeMap;
use std::path::PathBuf;

use stepwell_contract::ExecutionKey;
use stepwell_store::{ExecutionRecord, RunRecord};

use super::Operations;
use crate::state::{FormNow, OpenForm, open_forms, pending};
use crate::workspace::Workspace;

impl Operations {
    /// Puts the forms of executions that wait into the state in which they are to be shown; gives those that a yes to touches files,
    /// where these can be looked at.
    pub(super) async fn forms_now(
        &self,
        record: &RunRecord,
        executions: &mut [ExecutionRecord],
    ) -> BTreeMap<ExecutionKey, FormNow> {
        let mut forms = BTreeMap::new();
        let has_files = |execution: &ExecutionRecord| {
            record.counts(&execution.key)
                && pending(execution).is_some_and(|form| !form.stakes.is_empty())
        };
        if !executions.iter().any(has_files) {
            return forms;
        }
        let is_ours = self.house.require_home(record).await.is_ok();
        if !is_ours || self.reach.require(&record.workspace).await.is_err() {
            return forms;
        }
        let folder = PathBuf::from(&record.workspace);
        let Ok(workspace) = Workspace::open(folder, Vec::new()).await else {
            return forms;
        };
        for execution in executions.iter_mut().filter(|it| has_files(it)) {
            let Some(form) = &mut execution.form else {
                continue;
            };
            let now = FormNow::of(form, &workspace).await;
            form.clone_from(&now.pending);
            forms.insert(execution.key.clone(), now);
        }
        forms
    }

    /// The open forms of a run, to which an answer may be one.
    pub(super) async fn open_forms_now(
        &self,
        record: &RunRecord,
        executions: &[ExecutionRecord],
    ) -> Vec<OpenForm> {
        let mut executions = executions.to_vec();
        let mut now = self.forms_now(record, &mut executions).await;
        let mut open = open_forms(record, &executions);
        for form in &mut open {
            let moved = now.remove(&form.key).map(|now| now.moved);
            form.moved = moved.unwrap_or_default();
        }
        open
    }
}
