//! Units that end without being carried out: what is left out, and what has a list that can't be read.

use std::collections::BTreeSet;
use std::sync::Arc;

use stepwell_contract::amounts::count;
use stepwell_contract::{Problem, Remedy, SkipReason};
use stepwell_store::{Change, ExecutionRecord, ExecutionState, StoreError};

use super::tally::{Tally, take};
use crate::execution::ExecutionEnd;
use crate::state::{RunContext, Unit, lock};
use crate::words::{EngineError, Event};

/// Writes down that a unit is left out, unless an earlier process did, and removes what it made in an earlier take or round (rule E17).
/// Gives the problem that stopped that.
pub(super) async fn leave_out(
    run: &RunContext,
    unit: &Unit,
    reason: SkipReason,
) -> Result<Option<Problem>, StoreError> {
    let mut record = bare_record(run, unit, ExecutionState::Skipped);
    let known = run.house.store.execution(&record.key).await?;
    if known.is_some_and(|known| known.skipped.as_ref() == Some(&reason)) {
        return Ok(None);
    }
    let mut published = run.published.write().await;
    let mut changes = Vec::new();
    // Who only looks how far a run would come changes none of its files.
    if run.comparison.is_none() && run.first_asked.is_none() {
        let left = run.left_by_left_out(&record.key, &published, &mut changes);
        record.files = left.await?;
    }
    record.skipped = Some(reason.clone());
    if !record.files.is_empty() {
        record.outcome = published.next_outcome();
    }
    changes.push(Change::Execution(Box::new(record.clone())));
    changes.push(run.event(Some(&record.key), Event::StepSkipped { reason }));
    run.house.store.commit(changes).await?;
    if record.files.is_empty() {
        return Ok(None);
    }
    published.keep(&record);
    // Where anything is asked about, the order of the outcomes decides what may get there (rule E34).
    match run.gates.is_empty() {
        true => run.publish(&mut published, record).await,
        false => Ok(None),
    }
}

/// The record of a unit that ends without being carried out.
fn bare_record(run: &RunContext, unit: &Unit, state: ExecutionState) -> ExecutionRecord {
    let now = run.house.now();
    let mut record = ExecutionRecord::new(run.key_of(unit), run.items_at(unit), state, now);
    record.ended_at = Some(now);
    record
}

async fn end_bare(
    run: &RunContext,
    record: ExecutionRecord,
    event: Event,
) -> Result<(), StoreError> {
    let event = run.event(Some(&record.key), event);
    let changes = vec![Change::Execution(Box::new(record)), event];
    run.house.store.commit(changes).await.map(drop)
}

/// Reads the lists of `for_each` steps that can be read by now.
pub(super) async fn read_lists(
    run: &Arc<RunContext>,
    wanted: &BTreeSet<usize>,
    tally: &mut Tally,
) -> Result<(), EngineError> {
    loop {
        let lists = lock(&run.board).lists_to_read(&run.plan, wanted);
        if lists.is_empty() {
            return Ok(());
        }
        for (step, parent_at) in lists {
            match run.read_list(step, &parent_at).await {
                Ok(items) => {
                    lock(&run.board).set_items(step, parent_at.clone(), count(items.len()));
                    lock(&run.items).insert((step, parent_at), items);
                }
                Err(error) => {
                    let unit = lock(&run.board).list_unit(step, &parent_at);
                    let planned = run.step(step);
                    let problem = error
                        .into_problem(run, planned, |_| Remedy::CorrectList)?
                        .of(&planned.path);
                    let mut record = bare_record(run, &unit, ExecutionState::Failure);
                    record.problem = Some(problem.clone());
                    let event = Event::StepFailed {
                        problem: problem.clone(),
                    };
                    end_bare(run, record, event).await?;
                    take(run, unit, ExecutionEnd::Failed(problem), tally);
                }
            }
        }
    }
}
