//! One step again, or one step alone (rule E21).

use std::collections::BTreeMap;
use std::path::Path;

use stepwell_contract::{Position, RunId, StepPath};
use stepwell_store::{Change, Gaps, PinnedPlugin};

use super::Operations;
use crate::driving::{DriveOptions, definition_alone, outdated, prepare_pinned, require};
use crate::state::{Reach, pinned};
use crate::words::{EngineError, Event, RerunStep, RunAlone, RunError, StartRun};

impl Operations {
    /// Pins what a step uses from now on, and marks it and what depends on it to be run again.
    pub(super) async fn options_to_rerun(
        &self,
        run: RunId,
        step: &StepPath,
        request: RerunStep,
    ) -> Result<DriveOptions, EngineError> {
        let mut record = self.house.own_run(run).await?;
        let prepared = prepare_pinned(&self.house, &record).await?;
        let index = prepared.require_step(step)?;
        let mut changes = Vec::new();
        let mut description = prepared.descriptions[index].clone();
        let uses = request
            .plugin
            .clone()
            .or_else(|| prepared.plan.steps[index].uses.clone());
        if let Some(uses) = uses {
            // What the run was begun with stays its own. Another plugin would get what the run's workspace has.
            let reach = match &request.plugin {
                Some(_) => &self.reach,
                None => &Reach::Anywhere,
            };
            reach.require(&record.workspace).await?;
            let folder = record
                .definition_file
                .as_ref()
                .and_then(|file| Path::new(file).parent());
            let folder = folder.unwrap_or(&self.house.project);
            let plugin = require(&self.house, reach, &uses, folder).await?;
            changes.push(Change::Blob(plugin.component.to_vec().into()));
            record.plugins.insert(
                step.clone(),
                PinnedPlugin {
                    uses,
                    digest: plugin.digest,
                    other: Default::default(),
                },
            );
            description = Some(plugin.description);
            // Nothing is pinned that the definition can't be run with: the run could never be opened again.
            prepare_pinned(&self.house, &record).await?;
        }
        if let Some(description) = &description {
            let stored = |declared: &str| {
                let pinned = record
                    .prompts
                    .get(step)
                    .and_then(|prompts| prompts.get(declared));
                pinned.map_or_else(|| declared.to_owned(), |pinned| pinned.name.clone())
            };
            let names: BTreeMap<String, String> = description
                .prompts
                .iter()
                .map(|prompt| (prompt.name.clone(), stored(&prompt.name)))
                .collect();
            if let Some(unknown) = request
                .prompts
                .keys()
                .find(|declared| !names.contains_key(*declared))
            {
                return Err(RunError::UnknownPrompt {
                    step: step.clone(),
                    prompt: unknown.clone(),
                    known: names.keys().cloned().collect(),
                }
                .into());
            }
            let prompts = self
                .house
                .current_pins(description, &names, &request.prompts)
                .await?;
            record.prompts.insert(step.clone(), prompts);
        }
        if record.models.contains_key(step) || request.model.is_some() {
            let name = request
                .model
                .clone()
                .or_else(|| record.models.get(step).map(|pinned| pinned.name.clone()));
            let model = self
                .house
                .models
                .resolve(name.as_deref())
                .map_err(EngineError::Model)?;
            record.models.insert(step.clone(), pinned(model));
        }
        let executions = self.house.store.executions(run, Gaps::Refuse).await?;
        let begun = executions
            .iter()
            .any(|execution| execution.key.path == *step);
        // Its rounds begin anew: what it did in any of them no longer counts.
        let first = vec![Position::default(); step.depth()];
        let mut stale = outdated(&prepared.plan, &record, &executions, index, &first);
        stale.remove(step);
        if !stale.is_empty() {
            let steps = stale.keys().cloned().collect();
            changes.push(self.house.event(run, None, &Event::Stale { steps }));
        }
        if begun {
            stale.insert(step.clone(), Vec::new());
        }
        for (path, from) in stale {
            record.mark_stale(path, from);
        }
        record.given.remove(step);
        record
            .answers
            .extend(self.house.answers_for(&prepared, &request.answers)?);
        record.no_questions = request.no_questions;
        record.updated_at = self.house.now();
        changes.push(Change::Run(Box::new(record)));
        self.house.store.commit(changes).await?;
        Ok(DriveOptions {
            only: Some(step.clone()),
            ..DriveOptions::default()
        })
    }

    pub(super) async fn start_alone(&self, request: RunAlone) -> Result<RunId, EngineError> {
        let definition = definition_alone(&self.house, &self.reach, &request).await?;
        self.start(StartRun {
            inputs: request.inputs,
            workspace: request.workspace,
            answers: request.answers,
            no_questions: request.no_questions,
            model: request.model,
            ..StartRun::new(definition)
        })
        .await
    }
}
