//! The board of a run: which unit stands where, and which may start.
//!
//! Pure: it knows the plan and what the store said, and waits for nothing. A step under a `for_each` stands on the
//! board once for each item, as soon as the number of items is known, and one that is repeated in its last round.

mod by_itself;
mod conditions;
mod done;
mod rounds;

use std::collections::{BTreeMap, BTreeSet};

use stepwell_contract::Position;
use stepwell_definition::{Plan, Whole};

use self::rounds::Rounds;
use super::graph::shared_levels;
use super::unit::Unit;

/// Where a unit stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CellState {
    Running,
    Waiting,
    Success,
    Failure,
    /// Given, or left out because it is optional.
    Skipped,
}

/// The units of a run and their states. A unit that isn't there has not begun.
#[derive(Debug, Default)]
pub(crate) struct Board {
    cells: BTreeMap<Unit, CellState>,
    /// How many items a `for_each` has, by its step and the position of its parent.
    items: BTreeMap<(usize, Vec<Position>), u32>,
    /// The rounds of each repeated step, by its unit in the first of them. One that isn't there is in its first round.
    rounds: BTreeMap<Unit, Rounds>,
    /// Of steps that are carried out only if something says so, whether it does: by the step and the position of its parent.
    conditions: BTreeMap<(usize, Vec<Position>), bool>,
    /// Everything that the store knows of, in whatever state.
    begun: BTreeSet<Unit>,
    /// Steps whose documents a person gave, and their subtrees: nothing of them is carried out (rule E25).
    given: BTreeSet<usize>,
    /// The items that are carried out by themselves, of the `for_each` levels down to a depth: no other begins, and they wait for
    /// none of the others.
    singled_out: Option<(usize, Vec<u32>)>,
    /// Units whose whole subtree was seen to be done.
    finished: std::cell::RefCell<BTreeSet<Unit>>,
    /// Items of groups, in their first round, that may begin by the `concurrency` of their group.
    admitted: std::cell::RefCell<BTreeSet<Unit>>,
}

/// What `expand` found.
struct Expansion {
    /// The positions that are known so far.
    known: Vec<Vec<Position>>,
    /// Whether there can't be more.
    complete: bool,
}

impl Board {
    pub(crate) fn set(&mut self, unit: Unit, state: CellState) {
        self.cells.insert(unit, state);
    }

    /// What waits may start again.
    pub(crate) fn wake(&mut self) {
        self.cells.retain(|_, state| *state != CellState::Waiting);
    }

    /// These steps are done without being carried out.
    pub(crate) fn give(&mut self, steps: BTreeSet<usize>) {
        self.given.extend(steps);
    }

    /// Whether a person gave a step's documents.
    pub(crate) fn is_given(&self, step: usize) -> bool {
        self.given.contains(&step)
    }

    pub(crate) fn state(&self, unit: &Unit) -> Option<CellState> {
        self.cells.get(unit).copied()
    }

    pub(crate) fn set_items(&mut self, step: usize, parent_at: Vec<Position>, count: u32) {
        self.items.insert((step, parent_at), count);
    }

    pub(crate) fn items(&self, step: usize, parent_at: &[Position]) -> Option<u32> {
        self.items.get(&(step, parent_at.to_vec())).copied()
    }

    /// The store knows of this unit.
    pub(crate) fn has_begun(&mut self, unit: Unit) {
        self.begun.insert(unit);
    }

    /// The units that may start now, in the order of the plan and of their items.
    pub(crate) fn ready(&self, plan: &Plan, wanted: &BTreeSet<usize>) -> Vec<Unit> {
        let mut ready = Vec::new();
        for step in wanted
            .iter()
            .copied()
            .filter(|step| !self.given.contains(step))
        {
            if plan.steps[step].uses.is_none() {
                continue;
            }
            for parent_at in self.parent_positions(plan, step) {
                self.ready_below(plan, step, &parent_at, &mut ready);
            }
        }
        ready
    }

    /// The `for_each` steps whose list could be read now and wasn't yet: step and position of the parent.
    pub(crate) fn lists_to_read(
        &self,
        plan: &Plan,
        wanted: &BTreeSet<usize>,
    ) -> Vec<(usize, Vec<Position>)> {
        let mut lists = Vec::new();
        let lists_of =
            |step: &usize| plan.steps[*step].for_each.is_some() && !self.given.contains(step);
        for step in wanted.iter().copied().filter(lists_of) {
            for parent_at in self.parent_positions(plan, step) {
                let failed =
                    self.state(&self.list_unit(step, &parent_at)) == Some(CellState::Failure);
                if self.items(step, &parent_at).is_none()
                    && !failed
                    && self.may_begin(plan, step, &parent_at)
                {
                    lists.push((step, parent_at));
                }
            }
        }
        lists
    }

    /// The unit that stands for a `for_each` step as a whole, where its list can't be read.
    #[allow(clippy::unused_self)]
    pub(crate) fn list_unit(&self, step: usize, parent_at: &[Position]) -> Unit {
        let mut at = parent_at.to_vec();
        at.push(Position::default());
        Unit { step, at }
    }

    /// All positions of a step that are known so far, below a prefix of them; of repeated steps, those of the last round.
    pub(crate) fn positions(
        &self,
        plan: &Plan,
        step: usize,
        prefix: &[Position],
    ) -> Vec<Vec<Position>> {
        self.expand(plan, step, prefix).known
    }

    /// The positions of a step's parent at which the step stands: where the parent is left out, nothing stands below it.
    fn parent_positions(&self, plan: &Plan, step: usize) -> Vec<Vec<Position>> {
        let Some(parent) = plan.steps[step].parent else {
            return vec![Vec::new()];
        };
        let mut known = self.expand(plan, parent, &[]).known;
        known.retain(|parent_at| !self.lies_in_left_out(plan, step, parent_at));
        known
    }

    /// All positions of a step below a prefix of them.
    fn expand(&self, plan: &Plan, step: usize, prefix: &[Position]) -> Expansion {
        let planned = &plan.steps[step];
        if planned.path.depth() <= prefix.len() {
            return Expansion {
                known: vec![prefix[..planned.path.depth()].to_vec()],
                complete: true,
            };
        }
        let parents = match planned.parent {
            Some(parent) => self.expand(plan, parent, prefix),
            None => Expansion {
                known: vec![Vec::new()],
                complete: true,
            },
        };
        let mut expansion = Expansion {
            known: Vec::new(),
            complete: parents.complete,
        };
        for parent_at in parents.known {
            if self.lies_in_left_out(plan, step, &parent_at) {
                continue;
            }
            let mut push = |item: Option<u32>| {
                let (round, is_last) = self.last_round(plan, step, &parent_at, item);
                expansion.complete &= is_last;
                expansion.known.push(unit(step, &parent_at, item, round).at);
            };
            if planned.for_each.is_none() || self.given.contains(&step) {
                push(None);
            } else if self.is_left_out(step, &parent_at) {
                // Its list isn't even read.
            } else if let Some(count) = self.items(step, &parent_at) {
                (0..count).for_each(|item| push(Some(item)));
            } else {
                expansion.complete = false;
            }
        }
        expansion
    }

    fn ready_below(&self, plan: &Plan, step: usize, parent_at: &[Position], ready: &mut Vec<Unit>) {
        let planned = &plan.steps[step];
        if !self.may_begin(plan, step, parent_at) {
            return;
        }
        let last = |item: Option<u32>| self.last_round(plan, step, parent_at, item);
        if planned.for_each.is_none() {
            let unit = unit(step, parent_at, None, last(None).0);
            if self.state(&unit).is_none() && self.is_meant(&unit.at) {
                ready.push(unit);
            }
            return;
        }
        let mut open = 0;
        for item in 0..self.items(step, parent_at).unwrap_or(0) {
            if open >= planned.concurrency.max(1) {
                return;
            }
            let (round, is_last) = last(Some(item));
            let unit = unit(step, parent_at, Some(item), round);
            if !self.is_meant(&unit.at) {
                continue;
            }
            match self.state(&unit) {
                None => {
                    ready.push(unit);
                    open += 1;
                }
                // Items in order depend on those before them; items at once don't.
                Some(CellState::Failure) if planned.concurrency > 1 => {}
                Some(_) if is_last && self.subtree_done_at(plan, step, &unit.at) => {}
                Some(_) => open += 1,
            }
        }
    }

    /// Whether a step, below a position of its parent, has everything that it waits for, and is carried out at all.
    fn may_begin(&self, plan: &Plan, step: usize, parent_at: &[Position]) -> bool {
        self.is_met(plan, step, parent_at) && self.has_what_it_needs(plan, step, parent_at)
    }

    fn has_what_it_needs(&self, plan: &Plan, step: usize, parent_at: &[Position]) -> bool {
        let planned = &plan.steps[step];
        let parent_done = planned
            .parent
            .is_none_or(|parent| self.unit_done(plan, parent, parent_at));
        parent_done
            && planned.needs.iter().all(|need| {
                let shared = shared_levels(plan, step, need.on).min(parent_at.len());
                let prefix = &parent_at[..shared];
                match need.whole {
                    Whole::Own => self.own_done(plan, need.on, prefix),
                    Whole::Subtree => self.subtree_done(plan, need.on, prefix),
                }
            })
    }

    /// The first levels of a step's place as they are in the last round of each.
    pub(crate) fn in_last_rounds(
        &self,
        plan: &Plan,
        step: usize,
        at: &[Position],
    ) -> Vec<Position> {
        let mut levels: Vec<usize> = plan.lineage(step).collect();
        levels.reverse();
        let mut last = Vec::new();
        for (level, position) in levels.into_iter().zip(at) {
            let (round, _) = self.last_round(plan, level, &last, position.item);
            last.push(Position {
                item: position.item,
                round,
            });
        }
        last
    }

    /// The places of a step below a prefix of them at which it isn't left out.
    pub(crate) fn carried_out_at(
        &self,
        plan: &Plan,
        step: usize,
        prefix: &[Position],
    ) -> Vec<Vec<Position>> {
        let mut places = self.positions(plan, step, prefix);
        places.retain(|at| !self.is_left_out(step, &at[..at.len().saturating_sub(1)]));
        places
    }
}

/// A step below a position of its parent.
fn unit(step: usize, parent_at: &[Position], item: Option<u32>, round: u32) -> Unit {
    let mut at = parent_at.to_vec();
    at.push(Position { item, round });
    Unit { step, at }
}
