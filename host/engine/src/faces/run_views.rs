//! A whole run with its state, as plain data.

use std::collections::BTreeMap;

use stepwell_contract::{
    ExecutionKey, Position, ProblemCode, RunId, SkipReason, Spent, StepPath, Undertaking,
};
use stepwell_definition::{PlannedStep, WrittenStep, written_steps};
use stepwell_store::{
    CallRecord, CallTotals, DocumentRecord, ExecutionRecord, Gaps, LeftOut, RunRecord, RunState,
    Scope,
};

use super::Operations;
use super::costs::by_model;
use super::documents::summary_of;
use super::round_views::LastRounds;
use super::warnings::warnings_of;
use crate::driving::{beginning, prepare_pinned};
use crate::state::{PreparedRun, gate_of, unasked};
use crate::words::{
    EngineError, ExecutionView, PluginInUse, PromptUse, RunStatus, RunSummary, RunView,
    StepDefined, StepStatus, StepView, Totals, spent_of, stand_ins,
};

impl Operations {
    pub(super) async fn totals(&self) -> Result<Totals, EngineError> {
        let store = &self.house.store;
        let mut states = store.run_states().await?;
        let mut runs = BTreeMap::new();
        for active in self.house.all_active() {
            let Undertaking::Run(run) = active else {
                continue;
            };
            // The cell of a comparison isn't among the runs.
            let counted = |run: &RunRecord| run.scratch.is_none() && run.state == RunState::Started;
            if store.run(run).await?.as_ref().is_some_and(counted)
                && let Some(started @ 1..) = states.get_mut(&RunState::Started)
            {
                *started -= 1;
                *runs.entry(RunStatus::Started).or_default() += 1;
            }
        }
        for (state, count) in states.into_iter().filter(|(_, count)| *count > 0) {
            *runs.entry(status_of(state, false)).or_default() += count;
        }
        let mut calls = CallTotals::default();
        let groups = store.totals(None).await?;
        groups.iter().for_each(|(_, totals)| calls.add(totals));
        Ok(Totals {
            runs,
            spent: calls.spent(),
            models: by_model(&groups),
        })
    }

    pub(super) async fn run(&self, run: RunId) -> Result<RunView, EngineError> {
        // First of all: what happens while the rest is read is told after it, to whoever follows.
        let cursor = self.house.store.last_cursor(run).await?;
        let was_active = self.house.is_active(run);
        let record = self.house.run_record(run).await?;
        let prepared = prepare_pinned(&self.house, &record).await?;
        let text = self.house.text(&record.definition).await?;
        let left_out = LeftOut::default();
        let gaps = || Gaps::Count(left_out.clone());
        let scope = || Scope::of_run(run, gaps());
        let mut executions = self.house.store.executions(run, gaps()).await?;
        // The items of a step stand in their order, also where one of them has a take of its own.
        executions.sort_by(|one, other| one.key.at.cmp(&other.key.at));
        let forms = self.forms_now(&record, &mut executions).await;
        let material = Material {
            calls: self.house.store.calls(scope()).await?,
            documents: self.house.store.documents(scope()).await?,
            rounds: LastRounds::of(&prepared.plan, &record, &executions),
            executions,
            record: &record,
            prepared: &prepared,
            // It may have ended, or begun, since its record was read.
            alive: was_active || self.house.is_active(run),
            written: written_steps(&text),
            lost: left_out.executions(),
        };
        let mut steps = Vec::new();
        for (index, step) in prepared.plan.steps.iter().enumerate() {
            if step.parent.is_none() {
                steps.push(self.step_view(&material, index).await?);
            }
        }
        let warnings = warnings_of(&steps, &material.executions, &record.rounds_used_up);
        let questions = self.questions(&record, &material.executions, &forms);
        let questions = questions.await?;
        let branch = match &record.branch {
            None => None,
            Some(branch) => Some(self.branch_view(&record, branch).await),
        };
        Ok(RunView {
            summary: RunSummary {
                ..self.summary(&record, spent_of(material.calls.iter()), material.alive)
            },
            inputs: record.inputs.clone(),
            definition_file: record.definition_file.clone(),
            definition: record.definition,
            definition_text: Some(text),
            branch,
            until: record.until.clone(),
            estimate: record.estimate.clone(),
            unasked: unasked(&record),
            warnings,
            questions,
            steps,
            cursor,
            unreadable: left_out.count(),
        })
    }

    /// Where a run is, as a person is told; it may have ended since its record was read, when it was active or not.
    pub(super) fn status_of(&self, record: &RunRecord, was_active: bool) -> RunStatus {
        status_of(record.state, was_active || self.house.is_active(record.id))
    }

    pub(super) fn summary(&self, record: &RunRecord, spent: Spent, was_active: bool) -> RunSummary {
        RunSummary {
            id: record.id,
            workflow: record.workflow.clone(),
            label: record.label.clone(),
            about: about(record),
            status: self.status_of(record, was_active),
            waiting_for: record.waiting_for.clone(),
            problem: record.problem.clone(),
            rounds_used_up: record.rounds_used_up.iter().cloned().collect(),
            created_at: record.created_at,
            ended_at: record.ended_at,
            workspace: record.workspace.clone(),
            replayed: record
                .models
                .values()
                .any(|model| model.provider == stepwell_contract::REPLAY),
            spent,
        }
    }

    async fn step_view(
        &self,
        material: &Material<'_>,
        index: usize,
    ) -> Result<StepView, EngineError> {
        let step = &material.prepared.plan.steps[index];
        let path = &step.path;
        let record = material.record;
        let mut executions = Vec::new();
        for execution in material.executions_of(path) {
            executions.push(self.execution_view(material, execution).await?);
        }
        let mut steps = Vec::new();
        for child in &step.children {
            steps.push(Box::pin(self.step_view(material, *child)).await?);
        }
        let pinned = record.prompts.get(path).cloned().unwrap_or_default();
        let prompts = pinned.into_iter().map(|(declared, pin)| PromptUse {
            declared,
            name: pin.name,
            number: pin.number,
            unsaved: pin.unsaved,
        });
        let plan = &material.prepared.plan;
        let in_last_round = |execution: &&ExecutionRecord| {
            let key = &execution.key;
            material.rounds.hold(plan, key)
        };
        let last: Vec<_> = material.executions_of(path).filter(in_last_round).collect();
        let items = items_of(&last);
        let (documents, rounds) = (&material.documents, &material.rounds);
        let rounds = self.rounds_of(plan, record, documents, rounds, index);
        let pinned = record.plugins.get(path);
        Ok(StepView {
            id: path.id().to_owned(),
            path: path.clone(),
            uses: pinned
                .map(|plugin| plugin.uses.clone())
                .or_else(|| step.uses.clone()),
            plugin: pinned.map(|plugin| plugin.digest),
            plugin_title: pinned.and_then(|plugin| plugin.title.clone()),
            plugin_signed_by: pinned.and_then(|plugin| plugin.signed_by),
            plugin_before: pinned.and_then(PluginInUse::before),
            model: record.models.get(path).map(|model| model.name.clone()),
            stand_ins: stand_ins(
                material
                    .calls
                    .iter()
                    .filter(|call| call.execution.path == *path && record.counts(&call.execution)),
            ),
            prompts: prompts.collect(),
            status: material.status_of_step(path, &last, &steps, items, step.uses.is_none()),
            optional: step.optional,
            gate: gate_of(&material.prepared.descriptions, index),
            items,
            rounds: rounds.await?,
            executions,
            steps,
            defined: material.defined(step),
        })
    }

    async fn execution_view(
        &self,
        material: &Material<'_>,
        execution: &ExecutionRecord,
    ) -> Result<ExecutionView, EngineError> {
        let documents = material
            .documents
            .iter()
            .filter(|document| document.key.execution == execution.key);
        let calls = material
            .calls
            .iter()
            .filter(|call| call.execution == execution.key);
        Ok(ExecutionView {
            id: execution.id,
            name: execution.key.to_string(),
            take: execution.key.take,
            at: execution.key.at.clone(),
            status: material.status_of(execution),
            started_at: execution.started_at,
            ended_at: execution.ended_at,
            attempts: execution.attempts.clone(),
            problem: execution.problem.clone(),
            answered: execution.answered.clone(),
            stand_ins: stand_ins(calls.clone()),
            skipped: execution.skipped.clone(),
            warnings: execution.warnings.clone(),
            documents: documents
                .filter(|document| !document.deleted)
                .filter_map(summary_of)
                .collect(),
            files: self.file_views(execution).await?,
            kept: execution.kept.clone(),
            spent: spent_of(calls),
        })
    }
}

/// The beginning of what a run was given. Runs of earlier builds don't say which of their inputs comes first.
fn about(record: &RunRecord) -> Option<String> {
    let first = || record.inputs.values().find_map(|text| beginning(text));
    record.about.clone().or_else(first)
}

/// How many items a step has. A list below another one has items at each of its places.
fn items_of(executions: &[&ExecutionRecord]) -> Option<u32> {
    let items = executions.iter().filter_map(|execution| {
        let (_, parent_at) = execution.key.at.split_last()?;
        Some((parent_at, execution.items.last().copied().flatten()?))
    });
    let lists: BTreeMap<&[Position], u32> = items.collect();
    (!lists.is_empty()).then(|| lists.values().sum())
}

fn status_of(state: RunState, active: bool) -> RunStatus {
    match state {
        RunState::Started if active => RunStatus::Started,
        RunState::Started => RunStatus::Interrupted,
        RunState::Waiting => RunStatus::Waiting,
        RunState::Success => RunStatus::Success,
        RunState::Failure => RunStatus::Failure,
        RunState::Cancelled => RunStatus::Cancelled,
    }
}

/// What a view of a run is made from.
struct Material<'a> {
    record: &'a RunRecord,
    prepared: &'a PreparedRun,
    executions: Vec<ExecutionRecord>,
    rounds: LastRounds,
    documents: Vec<DocumentRecord>,
    calls: Vec<CallRecord>,
    alive: bool,
    /// The steps as the definition writes them.
    written: BTreeMap<StepPath, WrittenStep>,
    /// The executions whose records can't be read.
    lost: Vec<ExecutionKey>,
}

impl Material<'_> {
    fn executions_of(&self, path: &StepPath) -> impl Iterator<Item = &ExecutionRecord> {
        self.executions
            .iter()
            .filter(move |execution| execution.key.path == *path)
            .filter(|execution| self.record.counts(&execution.key))
    }

    /// Whether something that a step lies below was left out.
    fn lies_in_left_out(&self, path: &StepPath) -> bool {
        self.executions.iter().any(|execution| {
            let key = &execution.key;
            matches!(execution.skipped, Some(SkipReason::Condition(_)))
                && key.path != *path
                && path.is_within(&key.path)
                && self.record.counts(key)
                && !self.record.is_stale(key)
                && self.rounds.hold(&self.prepared.plan, key)
        })
    }

    /// What the definition says of a step.
    fn defined(&self, step: &PlannedStep) -> StepDefined {
        let written = self.written.get(&step.path).cloned().unwrap_or_default();
        let limits = serde_json::to_value(&step.limits).unwrap_or_default();
        StepDefined {
            inputs: written.inputs,
            settings: step.settings.clone(),
            grants: step.grants.clone(),
            limits: limits.as_object().cloned().unwrap_or_default(),
            retries: step.retries,
            for_each: written.for_each,
            concurrency: step.concurrency,
            repeat: written.repeat,
            when: written.when,
        }
    }

    fn status_of(&self, execution: &ExecutionRecord) -> StepStatus {
        let stale = self.record.is_stale(&execution.key);
        match execution.state {
            StepStatus::Success if stale => StepStatus::Stale,
            StepStatus::Running if !self.alive => StepStatus::Pending,
            state => state,
        }
    }

    /// The state of all executions of a step's last round together: the one that a person should look at first.
    fn status_of_step(
        &self,
        path: &StepPath,
        executions: &[&ExecutionRecord],
        steps: &[StepView],
        items: Option<u32>,
        is_group: bool,
    ) -> StepStatus {
        let given = self.record.given.iter().any(|given| path.is_within(given));
        if given {
            return StepStatus::Skipped;
        }
        let mut counts: BTreeMap<StepStatus, usize> = BTreeMap::new();
        let states = executions.iter().map(|execution| self.status_of(execution));
        let below = steps.iter().filter(|_| is_group).map(|step| step.status);
        for status in states.chain(below) {
            *counts.entry(status).or_default() += 1;
        }
        let is_lost = |key: &&ExecutionKey| key.path == *path && self.record.counts(key);
        let lost = self.lost.iter().filter(is_lost).count();
        if lost > 0 {
            *counts.entry(StepStatus::Unreadable).or_default() += lost;
        }
        let problem = self.record.problem.as_ref();
        let is_used_up = problem.is_some_and(|problem| {
            problem.code == ProblemCode::Rounds && problem.step.as_deref() == Some(path.as_str())
        });
        if is_used_up && self.record.state == RunState::Failure {
            *counts.entry(StepStatus::Failure).or_default() += 1;
        }
        let has = |status| counts.contains_key(&status);
        let order = [
            StepStatus::Failure,
            StepStatus::Waiting,
            StepStatus::Running,
            StepStatus::Unreadable,
            StepStatus::Cancelled,
            StepStatus::Stale,
        ];
        if let Some(first) = order.into_iter().find(|status| has(*status)) {
            return first;
        }
        // A list without items.
        let has_no_items = self.record.state == RunState::Success;
        if counts.is_empty() && (has_no_items || self.lies_in_left_out(path)) {
            return StepStatus::Skipped;
        }
        let open = items.is_some_and(|items| executions.len() < items as usize);
        if counts.is_empty() || has(StepStatus::Pending) || open {
            let begun = has(StepStatus::Success) && self.alive;
            return if begun {
                StepStatus::Running
            } else {
                StepStatus::Pending
            };
        }
        if has(StepStatus::Success) {
            StepStatus::Success
        } else {
            StepStatus::Skipped
        }
    }
}
