//! What a person gives to a run beforehand: documents instead of having them made (rule E25).

use std::collections::BTreeMap;

use bytes::Bytes;
use stepwell_contract::{SkipReason, StepPath};
use stepwell_store::{
    Author, Change, DocumentKey, ExecutionRecord, ExecutionState, Revision, RunRecord,
};

use crate::state::{House, PreparedRun, subtree};
use crate::words::RunError;
use crate::words::{EngineError, Event, GivenDocument};

/// Documents that a person gives instead of having them made: their steps, and everything below, are skipped (rule E25).
pub(crate) fn give_documents(
    house: &House,
    prepared: &PreparedRun,
    record: &mut RunRecord,
    documents: &[GivenDocument],
) -> Result<Vec<Change>, EngineError> {
    let mut by_step: BTreeMap<StepPath, BTreeMap<String, String>> = BTreeMap::new();
    for document in documents {
        by_step
            .entry(document.step.clone())
            .or_default()
            .insert(document.name.clone(), document.text.clone());
    }
    let mut changes = Vec::new();
    for (path, texts) in by_step {
        let step = prepared.require_step(&path)?;
        check_place(prepared, step)?;
        check_names(prepared, step, &texts)?;
        if prepared.plan.steps[step].repeat.is_some() {
            pass_over_rounds(prepared, record, step);
        }
        changes.extend(given_instead(house, prepared, record, step, texts));
        record.given.insert(path);
    }
    Ok(changes)
}

/// What is given stands for one execution: neither for items nor for the rounds of a step above.
fn check_place(prepared: &PreparedRun, step: usize) -> Result<(), RunError> {
    let plan = &prepared.plan;
    let path = &plan.steps[step].path;
    let repeated = (0..plan.steps.len())
        .any(|index| plan.steps[index].for_each.is_some() && subtree(plan, index).contains(&step));
    if repeated {
        return Err(RunError::GivenForItems { step: path.clone() });
    }
    let around = plan.repeats_around(step);
    match around.iter().find(|repeated| **repeated != step) {
        Some(repeated) => Err(RunError::GivenForRounds {
            step: path.clone(),
            repeated: plan.steps[*repeated].path.clone(),
        }),
        None => Ok(()),
    }
}

/// They are documents that the step declares, and all that it always writes.
fn check_names(
    prepared: &PreparedRun,
    step: usize,
    texts: &BTreeMap<String, String>,
) -> Result<(), RunError> {
    let path = &prepared.plan.steps[step].path;
    let description = prepared.descriptions[step].as_ref();
    let fields = description.map_or(&[][..], |it| &it.documents[..]);
    let declares = |name: &str| fields.iter().any(|field| field.name == name);
    if let Some(unknown) = texts.keys().find(|name| !declares(name)) {
        return Err(RunError::UnknownDocument {
            step: path.clone(),
            document: unknown.clone(),
            known: fields.iter().map(|field| field.name.clone()).collect(),
        });
    }
    let mut required = fields.iter().filter(|field| field.required);
    match required.find(|field| !texts.contains_key(&field.name)) {
        Some(missing) => Err(RunError::MissingDocument {
            step: path.clone(),
            document: missing.name.clone(),
        }),
        None => Ok(()),
    }
}

/// What is given stands for the first round: of later ones, which may have been carried out, nothing counts.
fn pass_over_rounds(prepared: &PreparedRun, record: &mut RunRecord, step: usize) {
    let plan = &prepared.plan;
    let mut second = vec![1; plan.steps[step].path.depth() - 1];
    second.push(2);
    for below in subtree(plan, step) {
        let below = &plan.steps[below].path;
        record.mark_stale(below.clone(), second.clone());
        record.begin_take(below);
    }
}

/// The execution that these texts stand for, skipped.
fn given_instead(
    house: &House,
    prepared: &PreparedRun,
    record: &RunRecord,
    step: usize,
    texts: BTreeMap<String, String>,
) -> Vec<Change> {
    let now = house.now();
    let key = prepared.plain_key(record, step);
    let items = vec![None; key.at.len()];
    let mut execution = ExecutionRecord::new(key.clone(), items, ExecutionState::Skipped, now);
    execution.ended_at = Some(now);
    execution.skipped = Some(SkipReason::Given);
    let mut changes = Vec::new();
    for (name, text) in texts {
        let bytes = Bytes::from(text);
        let revision = Revision::of(&bytes, Author::Person, now);
        execution.documents.insert(name.clone(), revision.digest);
        changes.push(Change::Blob(bytes));
        changes.push(Change::Document {
            key: DocumentKey {
                execution: key.clone(),
                name,
            },
            revision,
        });
    }
    changes.push(Change::Execution(Box::new(execution)));
    let skipped = Event::StepSkipped {
        reason: SkipReason::Given,
    };
    changes.push(house.event(record.id, Some(&key), &skipped));
    changes
}
