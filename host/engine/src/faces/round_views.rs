//! The rounds of repeated steps, as a face shows them.
//!
//! They follow from the executions that count: nothing else is kept of rounds.

use std::collections::BTreeMap;

use stepwell_contract::{ExecutionKey, Position, RunId};
use stepwell_definition::{Plan, PlannedRepeat, Reference};
use stepwell_store::{DocumentRecord, ExecutionRecord, RunRecord};

use super::Operations;
use crate::state::most_rounds;
use crate::words::{EngineError, RoundsView};

/// The last round of each repeated step of which something still fits, at each place where it stands.
pub(super) struct LastRounds {
    /// By the step and where it stands in its first round.
    last: BTreeMap<(usize, Vec<Position>), u32>,
}

impl LastRounds {
    pub(super) fn of(plan: &Plan, record: &RunRecord, executions: &[ExecutionRecord]) -> Self {
        let mut last = BTreeMap::new();
        let keys = executions.iter().map(|execution| &execution.key);
        // A round of which nothing fits any more is not one that a person should look at first.
        for key in keys.filter(|key| record.counts(key) && !record.is_stale(key)) {
            for (place, round) in places_of(plan, key) {
                let latest = last.entry(place).or_insert(round);
                *latest = round.max(*latest);
            }
        }
        Self { last }
    }

    /// Whether an execution stands in the last round of all the repeated steps around it.
    pub(super) fn hold(&self, plan: &Plan, key: &ExecutionKey) -> bool {
        places_of(plan, key)
            .iter()
            .all(|(place, round)| self.last.get(place).is_none_or(|last| last == round))
    }

    /// Where a repeated step stands in its last rounds: as an execution of it would be named, and how many there were.
    fn of_step(&self, plan: &Plan, run: RunId, step: usize) -> Vec<ExecutionKey> {
        let of_step = self.last.iter().filter(|((of, _), _)| *of == step);
        let keys = of_step.filter_map(|((_, at), last)| {
            let mut at = at.clone();
            at.last_mut()?.round = *last;
            let path = plan.steps[step].path.clone();
            Some(ExecutionKey {
                run,
                path,
                take: 1,
                at,
            })
        });
        keys.filter(|key| self.hold(plan, key)).collect()
    }
}

/// The repeated steps around an execution: each where it stands in its first round, and the round of the execution.
fn places_of(plan: &Plan, key: &ExecutionKey) -> Vec<((usize, Vec<Position>), u32)> {
    let Some(step) = plan.index_of(&key.path) else {
        return Vec::new();
    };
    let place = |repeated: usize| {
        let mut at = key.at.get(..plan.steps[repeated].path.depth())?.to_vec();
        let own = at.last_mut()?;
        let round = own.round;
        own.round = 1;
        Some(((repeated, at), round))
    };
    plan.repeats_around(step)
        .into_iter()
        .filter_map(place)
        .collect()
}

impl Operations {
    /// The rounds of a repeated step, one for each place where it stands now.
    pub(super) async fn rounds_of(
        &self,
        plan: &Plan,
        record: &RunRecord,
        documents: &[DocumentRecord],
        last: &LastRounds,
        step: usize,
    ) -> Result<Vec<RoundsView>, EngineError> {
        let Some(repeat) = &plan.steps[step].repeat else {
            return Ok(Vec::new());
        };
        let mut views = Vec::new();
        for key in last.of_step(plan, record.id, step) {
            let said_by = said_by(plan, record, documents, last, repeat, &key);
            let digest = said_by
                .and_then(|document| document.revisions.last())
                .map(|revision| revision.digest);
            let asked = match digest {
                Some(digest) => {
                    let text = self.house.text(&digest).await?;
                    repeat.asked_by(&text).map(str::to_owned)
                }
                None => None,
            };
            let round = key.at.last().map_or(1, |position| position.round);
            let most = most_rounds(plan, record, step);
            views.push(RoundsView {
                name: key.to_string(),
                round,
                most,
                exhausted: asked.is_some() && round >= most,
                document: repeat.document.name(),
                asked,
            });
        }
        Ok(views)
    }
}

/// The document that says whether there is another round after this one.
fn said_by<'d>(
    plan: &Plan,
    record: &RunRecord,
    documents: &'d [DocumentRecord],
    last: &LastRounds,
    repeat: &PlannedRepeat,
    round: &ExecutionKey,
) -> Option<&'d DocumentRecord> {
    let Reference::Document {
        step,
        document,
        source,
        ..
    } = &repeat.document
    else {
        return None;
    };
    [*source, *step].into_iter().find_map(|writer| {
        documents.iter().find(|found| {
            let key = &found.key.execution;
            found.key.name == document.as_str()
                && !found.deleted
                && key.path == plan.steps[writer].path
                && key.at.starts_with(&round.at)
                && record.counts(key)
                && !record.is_stale(key)
                && last.hold(plan, key)
        })
    })
}
