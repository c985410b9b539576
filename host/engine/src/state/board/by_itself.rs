//! A step, or one item of it, by itself: what it waits for, and that it waits for no other item.

use stepwell_contract::Position;
use stepwell_definition::{Plan, Whole};

use super::Board;

impl Board {
    /// What stands at these items, of the levels down to `depth`, is carried out by itself.
    pub(crate) fn single_out(&mut self, depth: usize, items: Vec<u32>) {
        self.singled_out = Some((depth, items));
    }

    /// Whether something at this place may begin: it isn't if others are carried out by themselves.
    pub(super) fn is_meant(&self, at: &[Position]) -> bool {
        let Some((depth, items)) = &self.singled_out else {
            return true;
        };
        let at = at.iter().take(*depth);
        at.filter_map(|position| position.item)
            .zip(items)
            .all(|(item, wanted)| item == *wanted)
    }

    /// The places of a step at which it has all that it waits for, in the order of its items, however many may stand open at
    /// once.
    pub(crate) fn fillable(&self, plan: &Plan, step: usize) -> Vec<Vec<Position>> {
        let parents = self.parent_positions(plan, step).into_iter();
        parents
            .filter(|parent_at| self.may_begin(plan, step, parent_at))
            .flat_map(|parent_at| self.expand(plan, step, &parent_at).known)
            .collect()
    }

    /// What a step waits for and isn't done.
    pub(crate) fn waits_for(&self, plan: &Plan, step: usize) -> Vec<usize> {
        let planned = &plan.steps[step];
        let parent = planned.parent.into_iter();
        let parent = parent.filter(|parent| !self.own_done(plan, *parent, &[]));
        let needs = planned.needs.iter().filter(|need| match need.whole {
            Whole::Own => !self.own_done(plan, need.on, &[]),
            Whole::Subtree => !self.subtree_done(plan, need.on, &[]),
        });
        parent.chain(needs.map(|need| need.on)).collect()
    }
}
