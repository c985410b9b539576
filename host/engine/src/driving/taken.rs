//! What steps took before: in the newest runs of the workflow, and elsewhere in the project.
//!
//! How many are read is bounded, so that a start doesn't take longer the more there is.

use std::collections::{BTreeMap, BTreeSet};

use stepwell_contract::REPLAY;
use stepwell_contract::{ExecutionKey, StepPath};
use stepwell_definition::Reference;
use stepwell_estimation::{EXECUTIONS, RUNS, Took};
use stepwell_store::{CallRecord, CallState, Gaps, RunRecord, RunState, Scope, StoreError};

use crate::state::{House, PreparedRun};

/// How many of the newest runs are looked at for those that tell something.
const LOOKED_AT: usize = 60;
/// Of how many runs that aren't whole ones of the workflow the calls are read.
const OTHERS: usize = 20;

/// What a step took before, newest first.
#[derive(Debug, Default)]
pub(super) struct History {
    /// In whole runs of the workflow.
    pub(super) earlier: Vec<Took>,
    /// In single executions elsewhere.
    pub(super) elsewhere: Vec<Took>,
}

/// What the steps of a run took before.
pub(super) async fn history(
    house: &House,
    prepared: &PreparedRun,
    of: &RunRecord,
) -> Result<BTreeMap<StepPath, History>, StoreError> {
    let mut history: BTreeMap<StepPath, History> = BTreeMap::new();
    let runs = house
        .store
        .runs(None, Some(LOOKED_AT), Gaps::LeaveOut)
        .await?;
    let (whole, others): (Vec<_>, Vec<_>) = runs
        .into_iter()
        .filter(was_asked)
        .partition(|run| run.workflow == of.workflow && run.state == RunState::Success);
    let mut counted = 0;
    for run in &whole {
        if counted == RUNS {
            break;
        }
        let calls = house.store.calls(scope(run)).await?;
        if was_spared(&calls) {
            continue;
        }
        counted += 1;
        for path in of.plugins.keys() {
            if let Some(took) = in_whole_run(prepared, of, run, path, &calls) {
                history.entry(path.clone()).or_default().earlier.push(took);
            }
        }
    }
    let is_known = |path: &StepPath, history: &BTreeMap<_, History>| {
        history.get(path).is_some_and(|it| !it.earlier.is_empty())
    };
    let unknown: Vec<&StepPath> = prepared
        .models
        .keys()
        .filter(|path| !is_known(path, &history))
        .collect();
    if unknown.is_empty() {
        return Ok(history);
    }
    for run in others.iter().chain(&whole).take(OTHERS) {
        let theirs: BTreeSet<&StepPath> = run.plugins.keys().collect();
        let alike = unknown
            .iter()
            .flat_map(|own| theirs.iter().map(move |other| (*own, *other)))
            .filter(|(own, other)| is_alike(of, own, run, other))
            .collect::<Vec<_>>();
        if alike.is_empty() {
            continue;
        }
        let calls = house.store.calls(scope(run)).await?;
        if was_spared(&calls) {
            continue;
        }
        for (own, other) in alike {
            let elsewhere = &mut history.entry(own.clone()).or_default().elsewhere;
            for took in in_executions(of, own, run, other, &calls) {
                if elsewhere.len() < EXECUTIONS {
                    elsewhere.push(took);
                }
            }
        }
    }
    Ok(history)
}

/// What single executions of a step took in the newest runs of its workflow, newest first; where there was none, those of the same
/// plugin with prompts of the same names.
pub(super) async fn single_executions(
    house: &House,
    of: &RunRecord,
    own: &StepPath,
) -> Result<Vec<Took>, StoreError> {
    let runs = house
        .store
        .runs(None, Some(LOOKED_AT), Gaps::LeaveOut)
        .await?;
    let (mut took, mut others, mut read) = (Vec::new(), Vec::new(), 0);
    for run in runs.iter().filter(|run| was_asked(run)) {
        let alike = || {
            let theirs = run.plugins.keys();
            theirs.filter(|other| is_alike(of, own, run, other))
        };
        if took.len() >= EXECUTIONS || read == OTHERS {
            break;
        }
        if alike().next().is_none() {
            continue;
        }
        read += 1;
        let calls = house.store.calls(scope(run)).await?;
        if was_spared(&calls) {
            continue;
        }
        for other in alike() {
            let is_own = other == own && run.workflow == of.workflow;
            let figures = match is_own {
                true => &mut took,
                false => &mut others,
            };
            figures.extend(in_executions(of, own, run, other, &calls));
        }
    }
    let mut known = match took.is_empty() {
        true => others,
        false => took,
    };
    known.truncate(EXECUTIONS);
    Ok(known)
}

/// Whether a model was asked in a run: where recorded answers were given nothing was taken.
fn was_asked(run: &RunRecord) -> bool {
    !run.models.values().any(|model| model.provider == REPLAY)
}

/// Whether a run was given answers again: what it took says nothing of one that has to ask.
fn was_spared(calls: &[CallRecord]) -> bool {
    calls.iter().any(|call| call.answer_of.is_some())
}

/// A call that can't be read leaves a gap that is none of this run's concern.
fn scope(run: &RunRecord) -> Scope {
    Scope::of_run(run.id, Gaps::LeaveOut)
}

fn uses<'r>(run: &'r RunRecord, path: &StepPath) -> Option<&'r str> {
    run.plugins.get(path).map(|plugin| plugin.uses.as_str())
}

/// What a step took in a whole run; none where that isn't known, or the step was another one.
fn in_whole_run(
    prepared: &PreparedRun,
    of: &RunRecord,
    run: &RunRecord,
    path: &StepPath,
    calls: &[CallRecord],
) -> Option<Took> {
    let was_given = run.given.iter().any(|given| path.is_within(given));
    if was_given || uses(of, path).is_none() || uses(of, path) != uses(run, path) {
        return None;
    }
    let own = calls
        .iter()
        .filter(|call| call.execution.path == *path && run.counts(&call.execution));
    let mut took = taken(own)?;
    took.given_bytes = given_bytes(prepared, run, path);
    Some(compared(took, of, path, run, path))
}

/// Whether two steps are the same plugin with prompts of the same names.
fn is_alike(of: &RunRecord, own: &StepPath, run: &RunRecord, other: &StepPath) -> bool {
    let names = |run: &RunRecord, path: &StepPath| -> BTreeSet<String> {
        let pins = run.prompts.get(path).into_iter().flatten();
        pins.map(|(_, pin)| pin.name.clone()).collect()
    };
    uses(of, own).is_some()
        && uses(of, own) == uses(run, other)
        && names(of, own) == names(run, other)
}

/// What each execution of a step took that was answered.
fn in_executions(
    of: &RunRecord,
    own: &StepPath,
    run: &RunRecord,
    other: &StepPath,
    calls: &[CallRecord],
) -> Vec<Took> {
    let mut executions: BTreeMap<&ExecutionKey, Vec<&CallRecord>> = BTreeMap::new();
    for call in calls.iter().filter(|call| call.execution.path == *other) {
        executions.entry(&call.execution).or_default().push(call);
    }
    let answered = |calls: &&Vec<&CallRecord>| {
        let mut calls = calls.iter();
        calls.all(|call| call.state == CallState::Answered)
    };
    executions
        .values()
        .filter(answered)
        .filter_map(|calls| taken(calls.iter().copied()))
        .map(|took| compared(took, of, own, run, other))
        .collect()
}

/// What calls took; none where nobody said so of one that was answered.
fn taken<'c>(calls: impl Iterator<Item = &'c CallRecord>) -> Option<Took> {
    let mut took = Took::default();
    for call in calls {
        took.calls += 1;
        for attempt in &call.attempts {
            let (input, output) = (attempt.usage.input_tokens, attempt.usage.output_tokens);
            match (input, output) {
                (Some(input), Some(output)) => {
                    took.input_tokens += u64::from(input);
                    took.output_tokens += u64::from(output);
                }
                // One that was refused took nothing.
                _ if attempt.error.is_some() => {}
                _ => return None,
            }
        }
    }
    Some(took)
}

/// Says whether the model and the prompts were those that the step has now.
fn compared(
    mut took: Took,
    of: &RunRecord,
    own: &StepPath,
    run: &RunRecord,
    other: &StepPath,
) -> Took {
    let model = |run: &RunRecord, path: &StepPath| {
        let model = run.models.get(path);
        model.map(|model| (model.provider.clone(), model.model.clone()))
    };
    let texts = |run: &RunRecord, path: &StepPath| -> BTreeSet<_> {
        let pins = run.prompts.get(path).into_iter().flatten();
        pins.map(|(_, pin)| pin.digest).collect()
    };
    took.other_model = model(of, own) != model(run, other);
    took.other_prompts = texts(of, own) != texts(run, other);
    took
}

/// Bytes of a run's inputs that a step was given.
fn given_bytes(prepared: &PreparedRun, run: &RunRecord, path: &StepPath) -> u64 {
    let Some(step) = prepared.plan.index_of(path) else {
        return 0;
    };
    let inputs = &prepared.plan.steps[step].inputs;
    let references = inputs.iter().flat_map(|(_, text)| text.references());
    let bytes = references.map(|(reference, _)| match reference {
        Reference::Input(name) => run.inputs.get(name.as_str()).map_or(0, String::len),
        _ => 0,
    });
    bytes.sum::<usize>() as u64
}
