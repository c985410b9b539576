//! The forms of a run that wait, as they are now: what stands where a yes puts something is looked at anew by who shows or answers one.

use std::collections::BTreeMap;
use std::path::PathBuf;

use stepwell_contract::ExecutionKey;
use stepwell_store::{ExecutionRecord, RunRecord};

use super::Operations;
use crate::state::{FormNow, OpenForm, changed_since, form_id, open_forms, pending};
use crate::words::{EngineError, QuestionView};
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

    /// The questions of a run that wait, as [`forms_now`](Self::forms_now) has their forms.
    pub(super) async fn questions(
        &self,
        record: &RunRecord,
        executions: &[ExecutionRecord],
        forms: &BTreeMap<ExecutionKey, FormNow>,
    ) -> Result<Vec<QuestionView>, EngineError> {
        let mut questions = Vec::new();
        // What no longer fits what it asked about is asked anew, and nobody is to answer it.
        let asks = executions.iter();
        for execution in asks.filter(|it| record.counts(&it.key) && !record.is_stale(&it.key)) {
            let Some(form) = pending(execution) else {
                continue;
            };
            let shown = match forms.get(&execution.key) {
                Some(now) => now.shown(&self.house).await?,
                None => form.form.clone(),
            };
            questions.push(QuestionView {
                step: execution.key.to_string(),
                path: execution.key.path.clone(),
                items: execution.key.items(),
                id: form_id(&execution.key, form),
                form: shown,
                answers: form.answers.clone(),
                asked_at: form.asked_at,
                changed: changed_since(form),
            });
        }
        Ok(questions)
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
