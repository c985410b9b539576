//! Gates: what they were asked about is published when they have said yes, and dropped when a person has said no (rule E34).

use std::collections::BTreeSet;
use std::sync::Arc;

use stepwell_contract::{Problem, ProblemCode, Remedy};
use stepwell_store::{Change, ExecutionRecord, StoreError};

use super::tally::Tally;
use crate::execution::ExecutionEnd;
use crate::state::{RunContext, Unit};
use crate::words::Event;

/// Publishes what no gate keeps back any more.
pub(super) async fn publish_released(
    run: &Arc<RunContext>,
    tally: &mut Tally,
) -> Result<(), StoreError> {
    if run.gates.is_empty() || run.comparison.is_some() {
        return Ok(());
    }
    let mut published = run.published.write().await;
    let mut held = BTreeSet::new();
    for execution in run.unpublished(&published).await? {
        // What was written over a text that is held has that text in it.
        if run.held_by(&execution.key).await?.is_some() || writes_one_of(&execution, &held) {
            held.extend(execution.files.into_iter().map(|file| file.path));
            continue;
        }
        if let Some(problem) = run.publish(&mut published, execution).await? {
            tally.unpublished = Some(problem);
            return Ok(());
        }
    }
    Ok(())
}

/// Whether a gate ended because a person said no.
pub(super) fn is_no(run: &RunContext, unit: &Unit, end: &ExecutionEnd) -> bool {
    run.gates.is_gate(unit.step)
        && matches!(end, ExecutionEnd::Failed(problem) if problem.code == ProblemCode::Declined)
}

/// Drops what a gate was asked about: it is kept with its executions, and never gets into the workspace. Whoever resumes a run
/// whose process ended before this hears the same no again.
pub(super) async fn drop_asked_about(run: &RunContext, gate: &Unit) -> Result<(), StoreError> {
    let mut published = run.published.write().await;
    let mut changes = Vec::new();
    let mut paths = BTreeSet::new();
    for mut execution in run.unpublished(&published).await? {
        if !run.is_asked_about(gate, &execution.key) && !writes_one_of(&execution, &paths) {
            continue;
        }
        paths.extend(execution.files.iter().map(|file| file.path.clone()));
        let (kept, dropped) = execution.files.into_iter().partition(|file| file.published);
        execution.files = kept;
        execution.dropped = dropped;
        let event = Event::FilesDropped {
            by: run.step(gate.step).path.clone(),
            paths: execution
                .dropped
                .iter()
                .map(|file| file.path.clone())
                .collect(),
        };
        changes.push(run.event(Some(&execution.key), event));
        changes.push(Change::Execution(Box::new(execution)));
    }
    if changes.is_empty() {
        return Ok(());
    }
    run.house.store.commit(changes).await?;
    published.without_dropped(run.executions().await?);
    Ok(())
}

/// Whether an execution has one of these files among those that it wrote.
fn writes_one_of(execution: &ExecutionRecord, paths: &BTreeSet<String>) -> bool {
    let mut files = execution.files.iter();
    files.any(|file| paths.contains(&file.path))
}

/// What is to be said of a run whose steps are all done while a gate still keeps something back: it neither said yes nor no.
pub(super) async fn still_held(run: &RunContext) -> Result<Option<Problem>, StoreError> {
    if run.gates.is_empty() || run.comparison.is_some() {
        return Ok(None);
    }
    let published = run.published.read().await;
    for execution in run.unpublished(&published).await? {
        if let Some(gate) = run.held_by(&execution.key).await? {
            let path = &run.step(gate).path;
            let message = format!(
                "what step `{}` wrote is not in the workspace: step `{path}` said neither yes nor no to it",
                execution.key.path
            );
            let step = path.clone();
            let remedy = Remedy::RunStep { run: run.id, step };
            let problem = Problem::new(ProblemCode::Held, message);
            return Ok(Some(problem.with(remedy).of(path)));
        }
    }
    Ok(None)
}
