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
        let plan = &prepared.plan;
        let step = prepared.require_step(&path)?;
        let repeated = (0..plan.steps.len()).any(|index| {
            plan.steps[index].for_each.is_some() && subtree(plan, index).contains(&step)
        });
        if repeated {
            return Err(RunError::GivenForItems { step: path }.into());
        }
        let around = plan.repeats_around(step);
        if let Some(repeated) = around.iter().find(|repeated| **repeated != step) {
            let repeated = &plan.steps[*repeated].path;
            return Err(RunError::GivenForRounds {
                step: path.clone(),
                repeated: repeated.clone(),
            }
            .into());
        }
        let fields = prepared.descriptions[step]
            .as_ref()
            .map(|it| it.documents.clone())
            .unwrap_or_default();
        if let Some(unknown) = texts
            .keys()
            .find(|name| !fields.iter().any(|field| field.name == **name))
        {
            return Err(RunError::UnknownDocument {
                step: path,
                document: unknown.clone(),
                known: fields.iter().map(|field| field.name.clone()).collect(),
            }
            .into());
        }
        if let Some(missing) = fields
            .iter()
            .find(|field| field.required && !texts.contains_key(&field.name))
        {
            return Err(RunError::MissingDocument {
                step: path,
                document: missing.name.clone(),
            }
            .into());
        }
        if plan.steps[step].repeat.is_some() {
            // What it stands for is the first round: of later ones, which may have been carried out, nothing counts.
            let mut second = vec![1; path.depth() - 1];
            second.push(2);
            for below in subtree(plan, step) {
                let below = &plan.steps[below].path;
                record.mark_stale(below.clone(), second.clone());
                record.begin_take(below);
            }
        }
        let now = house.now();
        let key = prepared.plain_key(record, step);
        let items = vec![None; key.at.len()];
        let mut execution = ExecutionRecord::new(key.clone(), items, ExecutionState::Skipped, now);
        execution.ended_at = Some(now);
        execution.skipped = Some(SkipReason::Given);
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
        changes.push(house.event(
            record.id,
            Some(&key),
            &Event::StepSkipped {
                reason: SkipReason::Given,
            },
        ));
        record.given.insert(path);
    }
    Ok(changes)
}
