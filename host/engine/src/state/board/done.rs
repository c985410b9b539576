//! What of a run is done.

use std::collections::BTreeSet;

use stepwell_contract::Position;
use stepwell_definition::Plan;

use super::{Board, CellState, unit};
use crate::state::unit::Unit;

impl Board {
    /// Whether everything of these steps is done.
    pub(crate) fn all_done(&self, plan: &Plan, wanted: &BTreeSet<usize>) -> bool {
        wanted.iter().all(|step| self.own_done(plan, *step, &[]))
    }

    /// Whether the own work of one unit is done.
    pub(super) fn unit_done(&self, plan: &Plan, step: usize, at: &[Position]) -> bool {
        let planned = &plan.steps[step];
        let parent_at = &at[..at.len().saturating_sub(1)];
        if self.given.contains(&step) || self.is_left_out(step, parent_at) {
            return true;
        }
        if planned.uses.is_none() {
            // A group has no work of its own: it is done as soon as it may begin.
            return self.may_begin(plan, step, parent_at) && self.is_admitted(plan, step, at);
        }
        match self.state(&Unit {
            step,
            at: at.to_vec(),
        }) {
            Some(CellState::Success | CellState::Skipped) => true,
            Some(CellState::Failure) => planned.optional,
            _ => false,
        }
    }

    /// Whether a group's item may begin by the group's `concurrency`: those that are open before it leave room.
    pub(super) fn is_admitted(&self, plan: &Plan, step: usize, at: &[Position]) -> bool {
        let Some((
            Position {
                item: Some(item), ..
            },
            parent_at,
        )) = at.split_last()
        else {
            return true;
        };
        let group = unit(step, parent_at, Some(*item), 1);
        if self.admitted.borrow().contains(&group) {
            return true;
        }
        let concurrency = plan.steps[step].concurrency.max(1);
        let mut open = 0;
        for before in 0..*item {
            let (round, is_last) = self.last_round(plan, step, parent_at, Some(before));
            let unit = unit(step, parent_at, Some(before), round);
            // What is carried out by itself waits for none of the others.
            if self.is_meant(&group.at) && !self.is_meant(&unit.at) {
                continue;
            }
            let done = is_last && self.subtree_done_at(plan, step, &unit.at);
            // As with a step of its own: items in order depend on those before them; items at once don't.
            let passed_over = || concurrency > 1 && self.failed_below(plan, &unit);
            if !(done || passed_over()) {
                open += 1;
            }
            if open >= concurrency {
                return false;
            }
        }
        self.admitted.borrow_mut().insert(group);
        true
    }

    /// Whether something in the subtree of a group's item failed.
    pub(super) fn failed_below(&self, plan: &Plan, group: &Unit) -> bool {
        let path = &plan.steps[group.step].path;
        self.cells.iter().any(|(unit, state)| {
            let planned = &plan.steps[unit.step];
            *state == CellState::Failure
                && !planned.optional
                && unit.at.starts_with(&group.at)
                && planned.path.is_within(path)
        })
    }

    /// Whether the own work of a step is done, at all its places below a prefix of them.
    pub(crate) fn own_done(&self, plan: &Plan, step: usize, prefix: &[Position]) -> bool {
        let expansion = self.expand(plan, step, prefix);
        expansion.complete
            && expansion
                .known
                .iter()
                .all(|at| self.unit_done(plan, step, at))
    }

    pub(super) fn subtree_done(&self, plan: &Plan, step: usize, prefix: &[Position]) -> bool {
        let expansion = self.expand(plan, step, prefix);
        expansion.complete
            && expansion
                .known
                .iter()
                .all(|at| self.subtree_done_at(plan, step, at))
    }

    pub(super) fn subtree_done_at(&self, plan: &Plan, step: usize, at: &[Position]) -> bool {
        let unit = Unit {
            step,
            at: at.to_vec(),
        };
        if self.finished.borrow().contains(&unit) {
            return true;
        }
        let done = self.unit_done(plan, step, at)
            && plan.steps[step]
                .children
                .iter()
                .all(|child| self.subtree_done(plan, *child, at));
        // Within one drive nothing that is done is undone, but an optional failure may still be retried by none.
        if done {
            self.finished.borrow_mut().insert(unit);
        }
        done
    }
}
