//! One step again (rule E21).

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use stepwell_contract::{Description, Position, RunId, SkipReason, StepPath};
use stepwell_store::{Change, ExecutionRecord, Gaps, PartOfStep, PinnedPlugin, RunRecord};

use super::Operations;
use crate::driving::{
    Amended, Asking, Begun, DriveOptions, Locks, Meant, WantedPrompts, answers_again, asks_above,
    confirmed, give_answers, mark_items_stale, mark_stale, outdated, prepare_pinned, require,
    rounds_from, tell,
};
use crate::state::{Gates, HeldAnswers, PreparedRun, Reach, pinned};
use crate::words::{BroughtPrompt, EngineError, ReprocessStep, RerunStep, RunError, ToStart};

/// A step of a run that is to be carried out again.
pub(super) struct Again {
    /// The run, with what the step is carried out with.
    pub(super) record: RunRecord,
    pub(super) prepared: Arc<PreparedRun>,
    /// The step's place in the plan.
    pub(super) index: usize,
    /// What the run has carried out so far.
    pub(super) executions: Vec<ExecutionRecord>,
    /// Whether anything of the step has begun.
    begun: bool,
    /// What has to be in the store with it.
    changes: Vec<Change>,
}

impl Operations {
    /// Pins what a step uses from now on, and marks it and what depends on it to be run again.
    pub(super) async fn options_to_rerun(
        &self,
        run: RunId,
        step: &StepPath,
        request: RerunStep,
        asking: Asking,
    ) -> Result<DriveOptions, EngineError> {
        let mut again = self.again(run, step, &request, asking).await?;
        // Who only looks sends nothing.
        let doubts = match asking {
            Asking::Now if asks_above(&self.house) => {
                let estimated = self.estimate_of_again(&again, &request.items).await?;
                confirmed(ToStart::Step, &estimated, request.confirmed)?
            }
            _ => None,
        };
        let gates = Gates::of(&again.prepared.plan, &again.prepared.descriptions);
        let first = first_place(&again, &gates, step, &request.items);
        let outdated = self.mark_outdated(&mut again, &first, step, &request.items);
        let Again {
            mut record,
            prepared,
            index,
            executions,
            mut changes,
            ..
        } = again;
        changes.extend(doubts.map(|doubts| self.house.event(run, None, &doubts)));
        changes.extend(outdated);
        if gates.is_gate(index) {
            forget_answers(&mut record, &executions, step);
            changes.extend(held_again(&executions, |path| {
                let step = prepared.plan.index_of(path);
                step.is_some_and(|step| gates.asks_about(index, step))
            }));
        }
        record.given.remove(step);
        HeldAnswers::of(&mut record).begin_anew();
        // What it asked before, and what no longer fits, is asked anew.
        let mut open = self.open_forms_now(&record, &executions).await;
        open.retain(|form| form.key.path != *step && !form.is_outdated);
        give_answers(&mut record, &prepared, &open, &request.answers)?;
        record.no_questions = request.no_questions;
        record.updated_at = self.house.now();
        changes.push(Change::Run(Box::new(record)));
        self.house.store.commit(changes).await?;
        Ok(DriveOptions {
            only: Some(step.clone()),
            items: request.items,
            ..DriveOptions::default()
        })
    }

    /// Marks a step, of these items where some are named, and what depends on it, as no longer fitting from this place on.
    fn mark_outdated(
        &self,
        again: &mut Again,
        first: &[Position],
        step: &StepPath,
        items: &[u32],
    ) -> Option<Change> {
        let (house, plan, record) = (&self.house, &again.prepared.plan, &mut again.record);
        let from = rounds_from(first);
        let mut stale = outdated(plan, record, &again.executions, again.index, first);
        stale.remove(step);
        if items.is_empty() {
            let told = mark_stale(house, record, stale);
            if again.begun {
                record.mark_stale(step.clone(), from);
            }
            return told;
        }
        let at = (again.index, items);
        let told = mark_items_stale(house, plan, record, at, stale);
        let part = PartOfStep {
            items: items.to_vec(),
            from,
            ..PartOfStep::default()
        };
        record.mark_part_stale(step.clone(), part);
        told
    }

    /// A step of a run with what it would be carried out with.
    pub(super) async fn again(
        &self,
        run: RunId,
        step: &StepPath,
        request: &RerunStep,
        asking: Asking,
    ) -> Result<Again, EngineError> {
        let mut record = self.house.own_run(run).await?;
        let prepared = prepare_pinned(&self.house, &record).await?;
        let index = prepared.require_step(step)?;
        let mut changes = Vec::new();
        let description = self
            .pin_plugin(
                &mut record,
                &prepared,
                index,
                request.plugin.as_ref(),
                &mut changes,
            )
            .await?;
        if let Some(description) = &description {
            let brought = self.pin_current(&mut record, step, description, request);
            changes.extend(tell(&self.house, run, brought.await?));
        }
        // Also those that stand below it are carried out.
        let begun = Begun::of_run(&self.house, &record, |other| other.is_within(step));
        self.house.hold_begun(&begun).await?;
        self.pin_model(&mut record, step, request.model.as_deref(), asking)?;
        let executions = self.house.store.executions(run, Gaps::Refuse).await?;
        refuse_left_out(&record, &executions, step)?;
        let begun = begun_items(&executions, step, &request.items)?;
        Ok(Again {
            record,
            prepared,
            index,
            executions,
            begun,
            changes,
        })
    }

    /// Pins the versions of its prompts that a step uses from now on: those that are given, else the current ones. Gives what is to
    /// be told of them.
    async fn pin_current(
        &self,
        record: &mut RunRecord,
        step: &StepPath,
        description: &Description,
        request: &RerunStep,
    ) -> Result<Vec<BroughtPrompt>, EngineError> {
        let given = &request.prompts;
        let pinned = record.prompts.get(step);
        let stored = |declared: &str| {
            let pinned = pinned.and_then(|prompts| prompts.get(declared));
            pinned.map_or_else(|| declared.to_owned(), |pinned| pinned.name.clone())
        };
        let declared = description.prompts.iter();
        let names: BTreeMap<String, String> = declared
            .map(|prompt| (prompt.name.clone(), stored(&prompt.name)))
            .collect();
        if let Some(unknown) = given.keys().find(|it| !names.contains_key(*it)) {
            return Err(RunError::UnknownPrompt {
                step: step.clone(),
                prompt: unknown.clone(),
                known: names.keys().cloned().collect(),
            }
            .into());
        }
        let wanted = match request.intrinsic {
            true => WantedPrompts::Intrinsic,
            false => WantedPrompts::Versions(given),
        };
        let pinned = self.house.current_pins(step, description, &names, &wanted);
        let (prompts, brought) = pinned.await?;
        record.prompts.insert(step.clone(), prompts);
        Ok(brought)
    }

    /// Pins the model that a step asks from now on: the one that is given, else its own as that is set up now.
    fn pin_model(
        &self,
        record: &mut RunRecord,
        step: &StepPath,
        given: Option<&str>,
        asking: Asking,
    ) -> Result<(), EngineError> {
        let own = record.models.get(step).map(|pinned| pinned.name.as_str());
        let Some(name) = given.or(own) else {
            return Ok(());
        };
        match self.house.models.resolve(Some(name)) {
            Ok(model) => {
                let model = pinned(&self.house.models, model);
                record.models.insert(step.clone(), model);
            }
            // One that isn't set up here, such as that of recorded answers, is told by its name.
            Err(_) if asking.is_never() && given.is_none() => {}
            Err(error) => return Err(EngineError::Model(error)),
        }
        Ok(())
    }

    /// Carries a step out from the answers that it got: nothing is sent, and its sub-steps wait for a resume.
    pub(super) async fn options_to_reprocess(
        &self,
        run: RunId,
        step: &StepPath,
        request: ReprocessStep,
    ) -> Result<DriveOptions, EngineError> {
        let mut record = self.house.own_run(run).await?;
        let prepared = prepare_pinned(&self.house, &record).await?;
        let index = prepared.require_step(step)?;
        let mut component = Vec::new();
        let plugin = request.plugin.as_ref();
        self.pin_plugin(&mut record, &prepared, index, plugin, &mut component)
            .await?;
        self.house.store.commit(component).await?;
        let again = answers_again(&self.house, &prepared, &mut record, index).await?;
        record.given.remove(step);
        Ok(DriveOptions {
            only: Some(step.clone()),
            these: again.executions,
            // With what opens the run: one that is done is never left with a take that nobody carries out.
            amended: Some(Amended {
                record,
                changes: again.changes,
            }),
            ..DriveOptions::default()
        })
    }

    /// Pins the plugin that a step uses from now on: the one that is given, or what its `uses` names now. Gives what it says of
    /// itself; none where the step has no plugin.
    async fn pin_plugin(
        &self,
        record: &mut RunRecord,
        prepared: &PreparedRun,
        index: usize,
        given: Option<&String>,
        changes: &mut Vec<Change>,
    ) -> Result<Option<Arc<Description>>, EngineError> {
        let step = &prepared.plan.steps[index];
        let Some(uses) = given.or(step.uses.as_ref()) else {
            return Ok(prepared.descriptions[index].clone());
        };
        // What the run was begun with stays its own. Another plugin would get what the run's workspace has.
        let reach = match given {
            Some(_) => &self.reach,
            None => &Reach::Anywhere,
        };
        reach.require(&record.workspace).await?;
        let folder = record
            .definition_file
            .as_ref()
            .and_then(|file| Path::new(file).parent());
        let folder = folder.unwrap_or(&self.house.project);
        let plugin = require(&self.house, reach, uses, folder, Meant::AsAgreed).await?;
        let locks = Locks::of(&self.house, reach, folder).await?;
        let named = given.or(record.definition_file.as_ref());
        let used = [(uses.as_str(), plugin.digest)];
        locks
            .named(named.map(String::as_str))
            .hold(&used, folder)
            .await?;
        changes.push(Change::Blob(Bytes::from_owner(plugin.component)));
        record.plugins.insert(
            step.path.clone(),
            PinnedPlugin {
                uses: uses.clone(),
                digest: plugin.digest,
                title: Some(plugin.description.title()),
                before: None,
                signed_by: plugin.signed_by,
                other: Default::default(),
            },
        );
        // Nothing is pinned that the definition can't be run with: the run could never be opened again.
        prepare_pinned(&self.house, record).await?;
        Ok(Some(plugin.description))
    }
}

/// From where on what a step did no longer counts. Its rounds begin anew: none of them does. But a gate is asked once more about what there
/// is, which the last of them left: what it was shown before goes with none of that.
fn first_place(again: &Again, gates: &Gates, step: &StepPath, items: &[u32]) -> Vec<Position> {
    let last = match gates.is_gate(again.index) {
        true => last_place(&again.record, &again.executions, step, items),
        false => None,
    };
    last.unwrap_or_else(|| vec![Position::default(); step.depth()])
}

/// Where a step stood in its last round; where its items stand in different ones, in the earliest of those. None where it hasn't begun.
fn last_place(
    record: &RunRecord,
    executions: &[ExecutionRecord],
    step: &StepPath,
    items: &[u32],
) -> Option<Vec<Position>> {
    let mut last: BTreeMap<Vec<u32>, &ExecutionRecord> = BTreeMap::new();
    let own = executions
        .iter()
        .filter(|it| it.key.path == *step && record.counts(&it.key));
    for execution in own.filter(|it| it.key.items().starts_with(items)) {
        let latest = last.entry(execution.key.items()).or_insert(execution);
        if latest.key.rounds() < execution.key.rounds() {
            *latest = execution;
        }
    }
    let earliest = last.into_values().min_by_key(|it| it.key.rounds());
    earliest.map(|it| it.key.at.clone())
}

/// What was given for a gate and not asked for is forgotten: whoever carries it out again wants to be asked.
fn forget_answers(record: &mut RunRecord, executions: &[ExecutionRecord], step: &StepPath) {
    let own = executions.iter().filter(|it| it.key.path == *step);
    let keys: BTreeSet<&str> = own
        .flat_map(|it| &it.answered)
        .map(|answered| answered.key.as_str())
        .collect();
    HeldAnswers::of(record).forget(step, &keys);
}

/// What a no dropped is asked about once more: it is held again, with what was written over it.
fn held_again(
    executions: &[ExecutionRecord],
    is_asked_about: impl Fn(&StepPath) -> bool,
) -> Vec<Change> {
    let dropped = || executions.iter().filter(|it| !it.dropped.is_empty());
    let asked_about = dropped().filter(|it| is_asked_about(&it.key.path));
    let paths: BTreeSet<&str> = asked_about
        .flat_map(|it| it.dropped.iter().map(|file| file.path.as_str()))
        .collect();
    let again = dropped().filter(|it| {
        let mut files = it.dropped.iter();
        files.any(|file| paths.contains(file.path.as_str()))
    });
    let changed = again.cloned().map(|mut execution| {
        execution.files.append(&mut execution.dropped);
        Change::Execution(Box::new(execution))
    });
    changed.collect()
}

/// What a condition leaves out would only be left out again.
fn refuse_left_out(
    record: &RunRecord,
    executions: &[ExecutionRecord],
    step: &StepPath,
) -> Result<(), RunError> {
    let counted = || {
        let counts = |it: &&ExecutionRecord| record.counts(&it.key) && !record.is_stale(&it.key);
        executions.iter().filter(counts)
    };
    let carried_out = |it: &ExecutionRecord| it.key.path == *step && it.skipped.is_none();
    if counted().any(carried_out) {
        return Ok(());
    }
    let left_out = counted().find_map(|it| {
        let is_above = step.is_within(&it.key.path);
        let reason = it.skipped.as_ref().filter(|_| is_above)?;
        matches!(reason, SkipReason::Condition(_)).then(|| reason.clone())
    });
    match left_out {
        Some(reason) => Err(RunError::LeftOut {
            step: step.clone(),
            reason,
        }),
        None => Ok(()),
    }
}

/// Whether anything of a step has begun, of these items where some are named.
///
/// # Errors
/// [`RunError::NoSuchItem`] where nothing at the named items has.
fn begun_items(
    executions: &[ExecutionRecord],
    step: &StepPath,
    items: &[u32],
) -> Result<bool, RunError> {
    let begun = executions.iter().filter(|it| it.key.path == *step);
    let mut known: Vec<Vec<u32>> = begun.map(|execution| execution.key.items()).collect();
    known.sort();
    known.dedup();
    if !items.is_empty() && !known.iter().any(|known| known.starts_with(items)) {
        return Err(RunError::NoSuchItem {
            step: step.clone(),
            items: items.to_vec(),
            known,
        });
    }
    Ok(!known.is_empty())
}
