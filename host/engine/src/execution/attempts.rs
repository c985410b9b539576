//! The attempts of an execution: begin, call the guest, and decide what its end means (rules E9, E10, E18 to E20).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::Value;
use stepwell_contract::{
    AttemptEnd, AttemptReport, Digest, Environment, ExecutionKey, Failure, FailureKind, GoOn,
    GuestAnswer, GuestCall, Halt, HostServices, Problem, ProblemCode, Remedy, Text,
    TextServiceFailed, WorkspaceGrant,
};
use stepwell_definition::content_problem;
use stepwell_store::{AttemptRecord, Change, ExecutionRecord, ExecutionState, MemoKey, StoreError};
use uuid::Uuid;

use super::memory::Memory;
use super::services::Services;
use super::staging::{KeptStaging, Staging};
use super::verdict::{attempts_left, end_word, judge, problem_of};
use crate::state::Unit;
use crate::state::{RunContext, ValueError, from_json, lock, unreadable};
use crate::words::Event;

/// How carrying out a unit ended.
#[derive(Debug)]
pub(crate) enum ExecutionEnd {
    /// Its outcome is in the store, and its files are in the workspace.
    Success,
    /// It failed, for now: `resume` gives fresh attempts.
    Failed(Problem),
    /// Its outcome is in the store, but its files could not be published (rule E16).
    Unpublished(Problem),
    /// It waits for a person's answer.
    Waiting,
    /// A person has to decide on a call in doubt.
    InDoubt(String),
    /// The run was stopped.
    Stopped,
    /// The store failed: the run can't go on (rule E28).
    Store(String),
}

impl From<StoreError> for ExecutionEnd {
    fn from(error: StoreError) -> Self {
        Self::Store(error.to_string())
    }
}

/// Carries out one unit: as many attempts as its step may take, until it succeeds, fails or has to wait.
pub(crate) async fn carry_out(run: Arc<RunContext>, unit: Unit) -> ExecutionEnd {
    match try_carry_out(run, unit).await {
        Ok(end) | Err(end) => end,
    }
}

async fn try_carry_out(run: Arc<RunContext>, unit: Unit) -> Result<ExecutionEnd, ExecutionEnd> {
    let key = run.key_of(&unit);
    let mut record = match run.house.store.execution(&key).await? {
        Some(record) => record,
        None => new_record(&run, &unit, key.clone()),
    };
    let (inputs, blob) = match inputs_of(&run, &unit, &record).await? {
        Ok(inputs) => inputs,
        Err(problem) => return fail(&run, record, problem, Vec::new()).await,
    };
    record.inputs = Some(Digest::of(&blob));
    // A person who resumes gives fresh attempts: those before don't count any more (rule E10).
    let counted_before = if record.state == ExecutionState::Failure {
        record.attempts.len()
    } else {
        0
    };
    loop {
        let afresh = record
            .attempts
            .last()
            .is_some_and(|attempt| attempt.end.is_none());
        if !afresh {
            let number = u32::try_from(record.attempts.len())
                .unwrap_or(u32::MAX)
                .saturating_add(1);
            record.attempts.push(AttemptRecord {
                number,
                started_at: run.house.now(),
                ended_at: None,
                end: None,
                progress: None,
                counts: false,
                cpu_ms: 0,
                wall_ms: 0,
                memory: 0,
                stderr: String::new(),
                other: Default::default(),
            });
        }
        record.state = ExecutionState::Running;
        record.problem = None;
        record.ended_at = None;
        let left = attempts_left(&run, &unit, &record, counted_before);
        let services = Arc::new(services(&run, &unit, record.clone(), afresh, left).await?);
        let started = Event::StepStarted {
            attempt: services.attempt,
            afresh,
            items: record.items.last().copied().flatten(),
        };
        let mut changes = vec![
            Change::Execution(Box::new(record.clone())),
            services.event(started),
        ];
        changes.insert(0, Change::Blob(blob.clone()));
        run.house.store.commit(changes).await?;

        let Some(plugin) = run.plugin(unit.step) else {
            return Err(ExecutionEnd::Store(format!(
                "the plugin of step `{}` is not in the store",
                key.path
            )));
        };
        // It is there until the guest is done, however many others are loaded meanwhile.
        let held = run.house.hold(plugin).await;
        let _held = held.map_err(|error| ExecutionEnd::Store(error.to_string()))?;
        let call = GuestCall::Execute {
            inputs: inputs.clone(),
        };
        let mut environment = environment(&run, &unit, &record);
        if environment.grants.workspace == WorkspaceGrant::Copy {
            match services.copy_of_workspace().await {
                Ok(Ok(files)) => environment.copy = Some(files.into()),
                Ok(Err(no_copy)) => {
                    let problem = no_copy.problem(&key);
                    let mut changes = services.leftovers();
                    // After the person has made room, it must not be the same files that are found again.
                    let keys = lock(&services.memory).file_looks();
                    changes.push(Change::ForgetMemos {
                        execution: key.clone(),
                        keys,
                    });
                    let ended = ended_unbegun(
                        services.record.lock().await.clone(),
                        problem.code.as_str(),
                        run.house.now(),
                    );
                    return fail(&run, ended, problem, changes).await;
                }
                Err(halt) => {
                    let record = services.record.lock().await.clone();
                    return halted(&run, record, &services, halt).await;
                }
            }
        }
        let host: Arc<dyn HostServices> = Arc::clone(&services) as _;
        let report = run
            .house
            .runner
            .call(&plugin.digest, call, environment, host)
            .await;
        record = services.record.lock().await.clone();
        let end = match report.outcome.clone() {
            Ok(GuestAnswer::Documents(written)) => match services.check_documents(written).await {
                Ok(documents) => match services.succeed(documents, &report).await {
                    Ok(end) => return Ok(end),
                    Err(Halt::Conflict { reason }) => {
                        let then = GoOn::Run(key.run);
                        let problem = Problem::new(ProblemCode::Conflict, reason)
                            .with(Remedy::RunInOrder { then })
                            .of(&key);
                        let mut changes = services.leftovers();
                        let keys = lock(&services.memory).file_looks();
                        changes.push(Change::ForgetMemos {
                            execution: key.clone(),
                            keys,
                        });
                        return fail(
                            &run,
                            ended(record, &report, "conflict", run.house.now()),
                            problem,
                            changes,
                        )
                        .await;
                    }
                    Err(halt) => AttemptEnd::Halted(halt),
                },
                Err(end) => end,
            },
            Ok(GuestAnswer::Prompt(_)) => AttemptEnd::BadOutcome {
                reason: "`execute` gave a prompt instead of documents".into(),
            },
            Err(end) => end,
        };
        if let AttemptEnd::Halted(halt) = end {
            return halted(&run, record, &services, halt).await;
        }
        let verdict = judge(
            &run,
            &unit,
            &record,
            &end,
            lock(&services.memory).saved_checkpoint,
            counted_before,
        );
        let word = end_word(&end);
        let mut changes = services.leftovers();
        if matches!(
            &end,
            AttemptEnd::Failure(Failure {
                kind: FailureKind::InvalidResponse,
                ..
            })
        ) {
            let keys: Vec<MemoKey> = std::mem::take(&mut lock(&services.memory).last_chat);
            changes.push(Change::ForgetMemos {
                execution: key.clone(),
                keys,
            });
        }
        let mut ended_record = ended(record, &report, &word, run.house.now());
        if let Some(attempt) = ended_record.attempts.last_mut() {
            attempt.counts = verdict.counts;
            attempt.progress = lock(&services.memory).at.take();
        }
        record = ended_record;
        if !verdict.again {
            let problem = problem_of(&run, &unit, &end, &report);
            return fail(&run, record, problem, changes).await;
        }
        let next = u32::try_from(record.attempts.len())
            .unwrap_or(u32::MAX)
            .saturating_add(1);
        changes.push(Change::Execution(Box::new(record.clone())));
        changes.push(services.event(Event::StepRetried {
            end: word,
            attempt: next,
        }));
        run.house.store.commit(changes).await?;
    }
}

fn new_record(run: &RunContext, unit: &Unit, key: ExecutionKey) -> ExecutionRecord {
    ExecutionRecord {
        items: run.items_at(unit),
        key,
        id: Uuid::now_v7(),
        state: ExecutionState::Pending,
        started_at: run.house.now(),
        ended_at: None,
        inputs: None,
        attempts: Vec::new(),
        documents: BTreeMap::new(),
        files: Vec::new(),
        outcome: 0,
        form: None,
        problem: None,
        other: serde_json::Map::new(),
    }
}

type Inputs = (Vec<Text>, Bytes);

/// The values of the inputs: those that were given when the execution began, or those of now (rule E3).
async fn inputs_of(
    run: &RunContext,
    unit: &Unit,
    record: &ExecutionRecord,
) -> Result<Result<Inputs, Problem>, StoreError> {
    if let Some(digest) = record.inputs {
        let blob = run.blob(&digest).await?;
        let inputs = from_json(&blob, || format!("the inputs of {}", record.key))?;
        return Ok(Ok((inputs, blob)));
    }
    let filled = match run.inputs_for(unit).await {
        Ok(inputs) => match unfit(run, unit, &inputs).await {
            Ok(None) => {
                let blob = Bytes::from(serde_json::to_vec(&inputs).unwrap_or_default());
                return Ok(Ok((inputs, blob)));
            }
            Ok(Some(message)) => ValueError::Problem(message),
            Err(failed) => ValueError::Texts(failed),
        },
        Err(error) => error,
    };
    let then = GoOn::Run(record.key.run);
    let problem = match filled {
        ValueError::Store(error) => return Err(error),
        ValueError::Problem(message) => {
            Problem::new(ProblemCode::InvalidInput, message).with(Remedy::CorrectInput { then })
        }
        // The input may be right.
        ValueError::Texts(failed) => {
            Problem::new(ProblemCode::Sandbox, failed.to_string()).with(Remedy::CheckSandbox)
        }
    };
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
    for input in inputs {
        let mut declared = description.inputs.iter();
        let Some(field) = declared.find(|field| field.name == input.name) else {
            continue;
        };
        let problem = content_problem(field, &input.value, &*run.house.texts).await?;
        if let Some(problem) = problem {
            return Ok(Some(format!(
                "the input `{}` isn't what plugin `{}` takes: {problem}",
                input.name, description.name
            )));
        }
    }
    Ok(None)
}

/// The host of the attempt that `record` begins or goes on with.
async fn services(
    run: &Arc<RunContext>,
    unit: &Unit,
    record: ExecutionRecord,
    afresh: bool,
    attempts_left: u32,
) -> Result<Services, StoreError> {
    let store = &run.house.store;
    let key = record.key.clone();
    let attempt = record.attempts.last().map_or(1, |attempt| attempt.number);
    let earlier = record
        .attempts
        .len()
        .checked_sub(2)
        .and_then(|index| record.attempts.get(index));
    let previous_end = earlier.and_then(|attempt| attempt.end.clone());
    let previous_progress = earlier.and_then(|attempt| attempt.progress.clone());
    // A first attempt has nothing to remember: three reads are saved where a run has many small steps.
    let fresh = record.attempts.len() == 1 && !afresh;
    let (memos, calls, checkpoint) = if fresh {
        (Vec::new(), Vec::new(), None)
    } else {
        let scope = stepwell_store::Scope {
            execution: Some(key.clone()),
            ..Default::default()
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
        let kept = match checkpoint.staging.clone() {
            // A record without the field.
            Value::Null => KeptStaging::default(),
            kept => serde_json::from_value(kept)
                .map_err(|error| unreadable(format!("the checkpoint of {key}"), &error))?,
        };
        let mut staging = Staging {
            prompts: kept.prompts,
            ..Staging::default()
        };
        for (path, digest) in kept.files {
            let content = match digest {
                Some(digest) => Some(run.blob(&digest).await?),
                None => None,
            };
            staging.files.insert(path, content);
        }
        memory.staging = staging;
        memory.checkpoint = Some(checkpoint);
    }
    Ok(Services {
        levels: run.levels(unit, &record.items),
        run: Arc::clone(run),
        step: unit.step,
        key,
        attempt,
        previous_end,
        previous_progress,
        attempts_left,
        memory: Mutex::new(memory),
        record: tokio::sync::Mutex::new(record),
        prompts: Default::default(),
    })
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

fn environment(run: &RunContext, unit: &Unit, record: &ExecutionRecord) -> Environment {
    let step = run.step(unit.step);
    let key = serde_json::to_vec(&record.key).unwrap_or_default();
    Environment {
        limits: step.limits.clone(),
        grants: step.grants,
        started_at: record.started_at,
        seed: *Digest::of(key).as_bytes(),
        step: record.key.to_string(),
        copy: None,
    }
}

impl Services {
    /// What a failed attempt leaves: memos, looks, log and events (rule E13).
    pub(super) fn leftovers(&self) -> Vec<Change> {
        lock(&self.memory).take_unsaved()
    }
}

async fn halted(
    run: &RunContext,
    mut record: ExecutionRecord,
    services: &Services,
    halt: Halt,
) -> Result<ExecutionEnd, ExecutionEnd> {
    let end = match halt {
        Halt::Waiting => ExecutionEnd::Waiting,
        Halt::InDoubt { reason } => ExecutionEnd::InDoubt(reason),
        Halt::Store { reason } => return Err(ExecutionEnd::Store(reason)),
        _ => return Ok(ExecutionEnd::Stopped),
    };
    record.state = ExecutionState::Waiting;
    let mut changes = services.leftovers();
    changes.push(Change::Execution(Box::new(record)));
    run.house.store.commit(changes).await?;
    Ok(end)
}

async fn fail(
    run: &RunContext,
    mut record: ExecutionRecord,
    problem: Problem,
    mut changes: Vec<Change>,
) -> Result<ExecutionEnd, ExecutionEnd> {
    record.state = ExecutionState::Failure;
    record.ended_at = Some(run.house.now());
    record.problem = Some(problem.clone());
    changes.push(run.event(
        Some(&record.key),
        Event::StepFailed {
            problem: problem.clone(),
        },
    ));
    changes.push(Change::Execution(Box::new(record)));
    run.house.store.commit(changes).await?;
    Ok(ExecutionEnd::Failed(problem))
}

/// The record with its last attempt ended before the guest was called.
fn ended_unbegun(mut record: ExecutionRecord, word: &str, at: Timestamp) -> ExecutionRecord {
    if let Some(attempt) = record.attempts.last_mut() {
        attempt.ended_at = Some(at);
        attempt.end = Some(word.to_owned());
        attempt.counts = true;
    }
    record
}

/// The record with its last attempt ended.
pub(super) fn ended(
    mut record: ExecutionRecord,
    report: &AttemptReport,
    word: &str,
    at: Timestamp,
) -> ExecutionRecord {
    if let Some(attempt) = record.attempts.last_mut() {
        attempt.ended_at = Some(at);
        attempt.end = Some(word.to_owned());
        attempt.cpu_ms = u64::try_from(report.cpu.as_millis()).unwrap_or(u64::MAX);
        attempt.wall_ms = u64::try_from(report.wall.as_millis()).unwrap_or(u64::MAX);
        attempt.memory = report.memory;
        attempt.stderr = if word == "success" {
            String::new()
        } else {
            report.stderr.clone()
        };
    }
    record
}
