//! What an attempt begins with: the execution's record, its inputs, its memory, and what surrounds the guest.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use serde_json::Value;
use stepwell_contract::amounts::count;
use stepwell_contract::{
    Digest, Environment, ExecutionKey, Problem, Remedy, Text, TextServiceFailed,
};
use stepwell_definition::content_problems;
use stepwell_store::{
    AttemptRecord, CheckpointRecord, ExecutionRecord, ExecutionState, Scope, StoreError,
};

use super::memory::Memory;
use super::services::Services;
use super::staging::{KeptStaging, StagedPrompt, Staging};
use super::told::Told;
use crate::state::{Filled, RunContext, TextRoom, Unit, ValueError, from_json, unreadable};
use crate::words::Event;

/// Marks that the execution is under way, with another attempt unless one had begun already. Says whether it had.
pub(super) fn begin_attempt(run: &RunContext, record: &mut ExecutionRecord) -> bool {
    let last = record.attempts.last();
    let afresh = last.is_some_and(|attempt| attempt.end.is_none());
    if !afresh {
        record.attempts.push(AttemptRecord {
            number: next_number(record),
            started_at: run.house.now(),
            ..AttemptRecord::default()
        });
    }
    record.state = ExecutionState::Running;
    record.problem = None;
    record.ended_at = None;
    afresh
}

/// The number of the attempt after the last one.
pub(super) fn next_number(record: &ExecutionRecord) -> u32 {
    count(record.attempts.len()).saturating_add(1)
}

/// The inputs of an execution, as long as it takes.
pub(super) struct Inputs {
    pub(super) texts: Vec<Text>,
    /// What is kept of them.
    pub(super) blob: Bytes,
    /// Their room in memory.
    pub(super) room: TextRoom,
}

/// The values of the inputs: those that were given when the execution began, or those of now (rule E3).
pub(super) async fn inputs_of(
    run: &RunContext,
    unit: &Unit,
    record: &ExecutionRecord,
) -> Result<Result<Inputs, Problem>, StoreError> {
    if let Some(digest) = record.inputs {
        let bytes = run.house.store.blob_length(&digest).await?;
        let room = TextRoom::of(bytes.unwrap_or(0)).await;
        let blob = run.house.blob(&digest).await?;
        let texts = from_json(&blob, || format!("the inputs of {}", record.key))?;
        return Ok(Ok(Inputs { texts, blob, room }));
    }
    let error = match run.inputs_for(unit).await {
        Ok(Filled { texts, room }) => match unfit(run, unit, &texts).await {
            Ok(None) => {
                let blob = Bytes::from(serde_json::to_vec(&texts).unwrap_or_default());
                return Ok(Ok(Inputs { texts, blob, room }));
            }
            Ok(Some(message)) => ValueError::Problem(message),
            Err(failed) => ValueError::Texts(failed),
        },
        Err(error) => error,
    };
    let step = run.step(unit.step);
    let problem = error.into_problem(run, step, |then| Remedy::CorrectInput { then })?;
    Ok(Err(problem.of(&record.key)))
}

/// Why an input isn't what the step's plugin declares.
async fn unfit(
    run: &RunContext,
    unit: &Unit,
    inputs: &[Text],
) -> Result<Option<String>, TextServiceFailed> {
    let Some(description) = run.description(unit.step) else {
        return Ok(None);
    };
    let declared = inputs.iter().filter_map(|input| {
        let mut declared = description.inputs.iter();
        let field = declared.find(|field| field.name == input.name)?;
        Some((field, input.value.as_str()))
    });
    let declared: Vec<_> = declared.collect();
    let problems = content_problems(&declared, &*run.house.texts).await?;
    let mut problems = declared.iter().zip(problems);
    Ok(problems.find_map(|((field, _), problem)| {
        let (input, plugin) = (&field.name, &description.name);
        let problem = problem?;
        Some(format!(
            "the input `{input}` isn't what plugin `{plugin}` takes: {problem}"
        ))
    }))
}

/// The host of the attempt that `record` begins or goes on with.
pub(super) async fn services(
    run: &Arc<RunContext>,
    unit: &Unit,
    record: ExecutionRecord,
    afresh: bool,
    told: Told,
    room: TextRoom,
) -> Result<Services, StoreError> {
    let store = &run.house.store;
    let key = record.key.clone();
    let answers_of = record.answers_of.as_ref().map(|of| ExecutionKey {
        take: of.take,
        ..key.clone()
    });
    let attempt = record.attempts.last().map_or(1, |attempt| attempt.number);
    // A first attempt has nothing to remember: three reads are saved where a run has many small steps.
    let fresh = record.attempts.len() == 1 && !afresh && record.answers_of.is_none();
    let (memos, calls, checkpoint) = if fresh {
        (Vec::new(), Vec::new(), None)
    } else {
        let scope = Scope {
            execution: Some(key.clone()),
            ..Scope::default()
        };
        (
            store.memos(&key).await?,
            store.calls(scope).await?,
            store.checkpoint(&key).await?,
        )
    };
    let logged = if afresh {
        lines_logged(run, &key).await?
    } else {
        0
    };
    let mut memory = Memory::new(key.clone(), attempt, afresh, memos, calls, logged);
    if let Some(checkpoint) = checkpoint {
        memory.staging = staged(run, &key, &checkpoint).await?;
        memory.checkpoint = Some(checkpoint);
    }
    Ok(Services {
        levels: run.levels(unit, &record.items),
        run: Arc::clone(run),
        step: unit.step,
        key,
        attempt,
        told,
        answers_of,
        room,
        memory: Mutex::new(memory),
        record: tokio::sync::Mutex::new(record),
    })
}

/// What was staged when a checkpoint was saved.
async fn staged(
    run: &RunContext,
    key: &ExecutionKey,
    checkpoint: &CheckpointRecord,
) -> Result<Staging, StoreError> {
    let kept = match checkpoint.staging.clone() {
        // A record without the field.
        Value::Null => KeptStaging::default(),
        kept => serde_json::from_value(kept)
            .map_err(|error| unreadable(format!("the checkpoint of {key}"), &error))?,
    };
    let mut staging = Staging {
        prompt_bytes: kept.prompts.iter().map(StagedPrompt::weigh).sum(),
        prompts: kept.prompts,
        ..Staging::default()
    };
    for (path, digest) in kept.files {
        let content = run.house.blob_if_any(digest).await?;
        staging.files.insert(path, content);
    }
    Ok(staging)
}

/// How many lines of its log the attempt under way has written (rule E18).
async fn lines_logged(run: &RunContext, key: &ExecutionKey) -> Result<u32, StoreError> {
    let mut lines = 0;
    for event in run.house.store.events(run.id, 0, usize::MAX).await? {
        if event.execution.as_ref() != Some(key) {
            continue;
        }
        match serde_json::from_value(event.body) {
            Ok(Event::Log { .. }) => lines += 1,
            Ok(Event::StepStarted { afresh: false, .. }) => lines = 0,
            _ => {}
        }
    }
    Ok(lines)
}

/// What surrounds the guest of an execution; `record` says since when, and what its randomness comes from.
pub(super) fn environment(run: &RunContext, unit: &Unit, record: &ExecutionRecord) -> Environment {
    let step = run.step(unit.step);
    let key = serde_json::to_vec(&record.key).unwrap_or_default();
    Environment {
        limits: step.limits.clone(),
        grants: step.grants.clone(),
        started_at: record.started_at,
        seed: *Digest::of(key).as_bytes(),
        step: record.key.to_string(),
        copy: None,
        folders: Vec::new(),
    }
}
