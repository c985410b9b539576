//! What no longer fits once an outcome changes, and from which round on (rule E21).

use std::collections::{BTreeMap, BTreeSet};

use stepwell_contract::{Position, StepPath};
use stepwell_definition::Plan;
use stepwell_store::{Change, ExecutionRecord, PartOfStep, RunRecord};

use crate::state::{Depending, House, shared_levels, subtree, upstream};
use crate::words::Event;

/// Marks steps as stale, each from these rounds on; gives the event that says so, where there are any.
pub(crate) fn mark_stale(
    house: &House,
    record: &mut RunRecord,
    stale: BTreeMap<StepPath, Vec<u32>>,
) -> Option<Change> {
    let steps: Vec<StepPath> = stale.keys().cloned().collect();
    for (path, from) in stale {
        record.mark_stale(path, from);
    }
    (!steps.is_empty()).then(|| house.event(record.id, None, &Event::Stale { steps }))
}

/// As [`mark_stale`], once the outcome of some items of a step changes: of a step that stands at the same items as they do, only
/// these are stale.
pub(crate) fn mark_items_stale(
    house: &House,
    plan: &Plan,
    record: &mut RunRecord,
    (step, items): (usize, &[u32]),
    stale: BTreeMap<StepPath, Vec<u32>>,
) -> Option<Change> {
    let mut whole = BTreeMap::new();
    let mut steps = Vec::new();
    for (path, from) in stale {
        let other = plan.index_of(&path);
        let shared = other.map_or(0, |other| shared_items(plan, step, other));
        match items.get(..shared.min(items.len())) {
            Some(items @ [_, ..]) => {
                let part = PartOfStep {
                    items: items.to_vec(),
                    from,
                    ..PartOfStep::default()
                };
                record.mark_part_stale(path.clone(), part);
                steps.push(path);
            }
            _ => {
                whole.insert(path, from);
            }
        }
    }
    for (path, from) in whole {
        record.mark_stale(path.clone(), from);
        steps.push(path);
    }
    (!steps.is_empty()).then(|| house.event(record.id, None, &Event::Stale { steps }))
}

/// How many `for_each` levels two steps have in common: there, they stand at the same items.
fn shared_items(plan: &Plan, one: usize, other: usize) -> usize {
    let shared = shared_levels(plan, one, other);
    plan.lineage(one)
        .filter(|step| plan.steps[*step].path.depth() <= shared)
        .filter(|step| plan.steps[*step].for_each.is_some())
        .count()
}

/// The steps that no longer fit once the outcome of a step at this place changes, as far as they have begun, each with
/// the rounds of the outermost levels from which on it doesn't; no rounds are all of them.
///
/// A round rests on the one before. So inside of a repeated step that holds the changed one, what depends on it no
/// longer fits in the same round, and everything else in the rounds after; the rounds before are as they were.
pub(crate) fn outdated(
    plan: &Plan,
    record: &RunRecord,
    executions: &[ExecutionRecord],
    step: usize,
    at: &[Position],
) -> BTreeMap<StepPath, Vec<u32>> {
    let mut from = first_misfits(plan, step, at);
    add_rest_of_rounds(plan, step, &mut from);
    let has_begun = |path: &StepPath, from: &[u32]| {
        executions.iter().any(|execution| {
            let key = &execution.key;
            key.path == *path && record.counts(key) && key.rounds().get(..from.len()) >= Some(from)
        })
    };
    from.into_iter()
        .map(|(index, from)| (plan.steps[index].path.clone(), shortened(from)))
        .filter(|(path, from)| has_begun(path, from))
        .collect()
}

/// Rounds from which on each step no longer fits, by its place in the plan.
type Misfits = BTreeMap<usize, Vec<u32>>;

fn first_misfits(plan: &Plan, step: usize, at: &[Position]) -> Misfits {
    let around = plan.repeats_around(step);
    let mut from = Misfits::new();
    for index in 0..plan.steps.len() {
        let shared = around
            .iter()
            .rfind(|repeated| is_within(plan, index, **repeated));
        let depends = |depending| index != step && upstream(plan, index, depending).contains(&step);
        match shared {
            Some(repeated) => {
                let mut rounds = rounds_of(&at[..plan.steps[*repeated].path.depth()]);
                if !depends(Depending::OnWhatIsWaitedFor) {
                    rounds = next(rounds);
                }
                note(&mut from, index, rounds);
            }
            None if depends(Depending::AlsoOnRoundBefore) => note(&mut from, index, Vec::new()),
            None => {}
        }
    }
    from
}

/// Where a part of a repeated step no longer fits, nothing of its later rounds does.
fn add_rest_of_rounds(plan: &Plan, step: usize, from: &mut Misfits) {
    let changed = plan.repeats_around(step);
    let others = (0..plan.steps.len())
        .filter(|repeated| plan.steps[*repeated].repeat.is_some() && !changed.contains(repeated));
    let mut rest = Vec::new();
    for repeated in others {
        let parts: BTreeSet<usize> = subtree(plan, repeated);
        let Some(earliest) = parts.iter().filter_map(|part| from.get(part)).min() else {
            continue;
        };
        let mut rounds = earliest.clone();
        rounds.resize(plan.steps[repeated].path.depth(), 1);
        let rounds = next(rounds);
        rest.extend(parts.into_iter().map(|part| (part, rounds.clone())));
    }
    for (part, rounds) in rest {
        note(from, part, rounds);
    }
}

fn note(from: &mut Misfits, index: usize, rounds: Vec<u32>) {
    let earliest = from.entry(index).or_insert_with(|| rounds.clone());
    if rounds < *earliest {
        *earliest = rounds;
    }
}

fn rounds_of(at: &[Position]) -> Vec<u32> {
    at.iter().map(|position| position.round).collect()
}

/// The rounds of a place, from which on something is taken up again; no rounds are all of them.
pub(crate) fn rounds_from(at: &[Position]) -> Vec<u32> {
    shortened(rounds_of(at))
}

/// The round after, at the innermost of these levels.
fn next(mut rounds: Vec<u32>) -> Vec<u32> {
    if let Some(last) = rounds.last_mut() {
        *last += 1;
    }
    rounds
}

/// The first round of everything is written as no rounds.
pub(super) fn shortened(from: Vec<u32>) -> Vec<u32> {
    if from.iter().all(|round| *round == 1) {
        return Vec::new();
    }
    from
}

fn is_within(plan: &Plan, step: usize, other: usize) -> bool {
    plan.steps[step].path.is_within(&plan.steps[other].path)
}
