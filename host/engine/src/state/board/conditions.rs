//! Steps on the board that are carried out only if something says so.

use std::collections::BTreeSet;

use stepwell_contract::Position;
use stepwell_definition::Plan;

use super::Board;

impl Board {
    /// Whether what a step asks for is said, below a position of its parent.
    pub(crate) fn set_condition(&mut self, step: usize, parent_at: Vec<Position>, is_met: bool) {
        self.conditions.insert((step, parent_at), is_met);
    }

    /// As [`Board::set_condition`], where nothing else is known: what has begun was carried out because it was met.
    pub(crate) fn assume_met(&mut self, step: usize, parent_at: Vec<Position>) {
        self.conditions.entry((step, parent_at)).or_insert(true);
    }

    /// The steps of which can be said now whether they are carried out, and wasn't yet: step and position of the parent.
    pub(crate) fn conditions_to_judge(
        &self,
        plan: &Plan,
        wanted: &BTreeSet<usize>,
    ) -> Vec<(usize, Vec<Position>)> {
        let mut open = Vec::new();
        let conditional =
            |step: &usize| plan.steps[*step].when.is_some() && !self.given.contains(step);
        for step in wanted.iter().copied().filter(conditional) {
            for parent_at in self.parent_positions(plan, step) {
                let place = (step, parent_at);
                if !self.conditions.contains_key(&place)
                    && self.has_what_it_needs(plan, step, &place.1)
                {
                    open.push(place);
                }
            }
        }
        open
    }

    /// Whether a step is left out, below a position of its parent.
    pub(super) fn is_left_out(&self, step: usize, parent_at: &[Position]) -> bool {
        self.conditions.get(&(step, parent_at.to_vec())) == Some(&false)
    }

    /// Whether the step that a step lies below is left out at this position of it. What that one lies below isn't asked: of
    /// what is left out, no positions are known.
    pub(super) fn lies_in_left_out(
        &self,
        plan: &Plan,
        step: usize,
        parent_at: &[Position],
    ) -> bool {
        let above = plan.steps[step].parent.zip(parent_at.split_last());
        above.is_some_and(|(parent, (_, its_parent_at))| self.is_left_out(parent, its_parent_at))
    }

    /// Whether it was said that a step is carried out, or nobody has to say so.
    pub(super) fn is_met(&self, plan: &Plan, step: usize, parent_at: &[Position]) -> bool {
        plan.steps[step].when.is_none()
            || self.conditions.get(&(step, parent_at.to_vec())) == Some(&true)
    }
}
