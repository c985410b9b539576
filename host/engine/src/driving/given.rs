//! What a person gives to a run beforehand: documents instead of having them made (rule E25).

use std::collections::BTreeMap;

use bytes::Bytes;
use stepwell_contract::{Digest, StepPath};
use stepwell_store::{
    Author, Change, DocumentKey, ExecutionRecord, ExecutionState, Revision, RunRecord,
};
use uuid::Uuid;

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
        let Some(step) = plan.steps.iter().position(|step| step.path == path) else {
            return Err(RunError::NoSuchStep {
                given: path.to_string(),
                workflow: plan.name.to_string(),
                steps: plan
                    .steps
                    .iter()
                    .map(|step| step.path.to_string())
                    .collect(),
            }
            .into());
        };
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
        let mut execution = ExecutionRecord {
            key: key.clone(),
            id: Uuid::now_v7(),
            state: ExecutionState::Skipped,
            started_at: now,
            ended_at: Some(now),
            inputs: None,
            items: vec![None; key.at.len()],
            attempts: Vec::new(),
            documents: BTreeMap::new(),
            files: Vec::new(),
            outcome: 0,
            form: None,
            problem: None,
            other: serde_json::Map::new(),
        };
        for (name, text) in texts {
            let bytes = Bytes::from(text);
            let digest = Digest::of(&bytes);
            let revision = Revision {
                number: 0,
                digest,
                bytes: bytes.len() as u64,
                author: Author::Person,
                created_at: now,
                other: Default::default(),
            };
            execution.documents.insert(name.clone(), digest);
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
                reason: "given".into(),
            },
        ));
        record.given.insert(path);
    }
    Ok(changes)
}
