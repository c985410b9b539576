//! What the cells of a comparison have in common: the step, its plugin, and the run or definition it comes from.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use stepwell_contract::{Description, Position, RunId, StepPath, Text};
use stepwell_definition::PlannedStep;
use stepwell_store::{Change, ExecutionRecord, Gaps, MemoRecord, RunRecord};

use super::Comparing;
use crate::driving::{Asking, Begun, definition_alone, note_operator, prepare, prepare_pinned};
use crate::state::PreparedRun;
use crate::words::{
    CompareIn, ComparisonError, DefinitionSource, EngineError, RunAlone, StartComparison,
};

/// What every cell begins with.
pub(super) struct Base {
    pub(super) prepared: Arc<PreparedRun>,
    /// The step's place in the plan.
    pub(super) index: usize,
    pub(super) description: Arc<Description>,
    /// What the run of a cell begins as.
    pub(super) template: RunRecord,
    /// The run whose documents the step may read.
    pub(super) documents_of: Option<RunId>,
    /// The executions of a run that the cases come from.
    pub(super) found: Vec<FoundCase>,
    /// What they looked at.
    pub(super) looks: Vec<MemoRecord>,
    /// What has to be in the store before a cell can be opened.
    pub(super) changes: Vec<Change>,
}

/// An execution of a run, as a case.
pub(super) struct FoundCase {
    pub(super) inputs: Vec<Text>,
    pub(super) at: Vec<Position>,
    pub(super) items: Vec<Option<u32>>,
}

impl Base {
    pub(super) fn step(&self) -> &PlannedStep {
        &self.prepared.plan.steps[self.index]
    }
}

impl Comparing {
    /// Finds the step of a comparison, with all that its cells share.
    pub(super) async fn base_of(&self, request: &StartComparison) -> Result<Base, EngineError> {
        match &request.within {
            CompareIn::Run { run } => self.base_in_run(*run, &request.step).await,
            CompareIn::Definition { definition } => {
                let prepared =
                    prepare(&self.house, &self.reach, definition, None, Asking::Now).await?;
                let path = path_of(&request.step)?;
                let index = prepared.require_step(&path)?;
                self.base_of_definition(prepared, definition, index).await
            }
            CompareIn::Plugin {
                folder,
                settings,
                grant_workspace,
            } => {
                let alone = RunAlone {
                    plugin: request.step.clone(),
                    folder: folder.clone(),
                    settings: settings.clone(),
                    grant_workspace: grant_workspace.clone(),
                    ..RunAlone::default()
                };
                let definition = definition_alone(&self.house, &self.reach, &alone).await?;
                // Whoever names models needn't have a default one.
                let model = request.models.first().map(String::as_str);
                let prepared =
                    prepare(&self.house, &self.reach, &definition, model, Asking::Now).await?;
                self.base_of_definition(prepared, &definition, 0).await
            }
        }
    }

    async fn base_of_definition(
        &self,
        mut prepared: PreparedRun,
        definition: &DefinitionSource,
        index: usize,
    ) -> Result<Base, EngineError> {
        let workspace = self
            .house
            .workspace_of(&self.reach, &prepared, definition, None)
            .await?;
        let mut template = self.house.new_record(&prepared, definition, workspace);
        template.prompts = prepared.pin_prompts(&self.house).await?.pins;
        note_operator(&self.house.configuration, &mut template);
        let changes = self.house.kept_by_runs(&mut prepared, definition).await?;
        Ok(Base {
            description: description_of(&prepared, index)?,
            prepared: Arc::new(prepared),
            index,
            template,
            documents_of: None,
            found: Vec::new(),
            looks: Vec::new(),
            changes,
        })
    }

    async fn base_in_run(&self, run: RunId, step: &str) -> Result<Base, EngineError> {
        let record = self.house.run_record(run).await?;
        let prepared = prepare_pinned(&self.house, &record).await?;
        let path = path_of(step)?;
        let index = prepared.require_step(&path)?;
        let begun = Begun::of_run(&self.house, &record, |other| *other == path);
        self.house.hold_begun(&begun).await?;
        let mut executions = self.house.store.executions(run, Gaps::Refuse).await?;
        executions.retain(|execution| {
            execution.key.path == path
                && execution.inputs.is_some()
                && record.counts(&execution.key)
        });
        let (mut found, mut looks) = (Vec::new(), Vec::new());
        for execution in in_the_last_rounds(executions) {
            let Some(digest) = execution.inputs else {
                continue;
            };
            let what = || format!("the inputs of {} in run {run}", execution.key);
            found.push(FoundCase {
                inputs: self.house.json(&digest, what).await?,
                at: execution.key.at.clone(),
                items: execution.items.clone(),
            });
            let memos = self.house.store.memos(&execution.key).await?;
            looks.push((execution.outcome, memos));
        }
        if found.is_empty() {
            return Err(ComparisonError::NotBegun { step: path, run }.into());
        }
        let mut template = record;
        template.takes.clear();
        template.takes_from.clear();
        template.takes_at.clear();
        template.stale.clear();
        template.stale_from.clear();
        template.stale_at.clear();
        template.given.clear();
        template.answers.clear();
        template.until = None;
        note_operator(&self.house.configuration, &mut template);
        Ok(Base {
            description: description_of(&prepared, index)?,
            prepared,
            index,
            documents_of: Some(run),
            template,
            found,
            looks: first_of_each(looks),
            changes: Vec::new(),
        })
    }
}

fn path_of(step: &str) -> Result<StepPath, EngineError> {
    step.parse().map_err(|_| {
        ComparisonError::StepName {
            given: step.to_owned(),
        }
        .into()
    })
}

fn description_of(prepared: &PreparedRun, index: usize) -> Result<Arc<Description>, EngineError> {
    prepared.descriptions[index].clone().ok_or_else(|| {
        ComparisonError::NoOwnWork {
            step: prepared.plan.steps[index].path.clone(),
        }
        .into()
    })
}

/// Of executions that differ in their rounds alone, the last.
fn in_the_last_rounds(executions: Vec<ExecutionRecord>) -> Vec<ExecutionRecord> {
    let mut last: BTreeMap<Vec<u32>, ExecutionRecord> = BTreeMap::new();
    for execution in executions {
        let items = execution.key.items();
        let later = |before: &ExecutionRecord| before.key.rounds() <= execution.key.rounds();
        if last.get(&items).is_none_or(later) {
            last.insert(items, execution);
        }
    }
    last.into_values().collect()
}

/// Of looks at the same thing by several executions, each given with the number of its outcome, those of the execution whose
/// outcome came first. One without an outcome is later than all that have one.
fn first_of_each(mut looks: Vec<(u64, Vec<MemoRecord>)>) -> Vec<MemoRecord> {
    looks.sort_by_key(|(outcome, _)| outcome.wrapping_sub(1));
    let mut looks: Vec<_> = looks.into_iter().flat_map(|(_, memos)| memos).collect();
    let mut known = BTreeSet::new();
    looks.retain(|memo| known.insert(memo.key.question));
    looks
}
