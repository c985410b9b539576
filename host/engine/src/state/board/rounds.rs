//! The rounds of repeated steps on the board: which one each stands in, and whether there may be another.

use std::collections::BTreeSet;

use stepwell_contract::Position;
use stepwell_definition::Plan;

use super::{Board, unit};
use crate::state::unit::Unit;

/// The rounds of a repeated step, at one place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rounds {
    /// The last one that was begun.
    last: u32,
    turning: Turning,
}

/// Whether there may be another round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turning {
    Open,
    /// There is another one, but not in this drive, which ends inside of this one (rule E25).
    Held,
    Over,
    /// There is none, though its document asks for one: what depends on it may not start.
    UsedUp,
}

const FIRST_ROUND: Rounds = Rounds {
    last: 1,
    turning: Turning::Open,
};

impl Board {
    /// Whether anything of a repeated step has begun in this round of it.
    pub(crate) fn round_has_begun(&self, plan: &Plan, round: &Unit) -> bool {
        let path = &plan.steps[round.step].path;
        self.begun.iter().any(|unit| {
            plan.steps[unit.step].path.is_within(path) && unit.at.starts_with(&round.at)
        })
    }

    /// The last round of each repeated step that is done, and of which nobody has said yet whether another follows.
    pub(crate) fn rounds_to_judge(&self, plan: &Plan, wanted: &BTreeSet<usize>) -> Vec<Unit> {
        let mut done = Vec::new();
        let repeated =
            |step: &usize| plan.steps[*step].repeat.is_some() && !self.given.contains(step);
        for step in wanted.iter().copied().filter(repeated) {
            for parent_at in self.parent_positions(plan, step) {
                let items: Vec<Option<u32>> = match self.items(step, &parent_at) {
                    Some(count) => (0..count).map(Some).collect(),
                    None if plan.steps[step].for_each.is_some() => Vec::new(),
                    None => vec![None],
                };
                for item in items {
                    let rounds = self.rounds(step, &parent_at, item);
                    let unit = unit(step, &parent_at, item, rounds.last);
                    if rounds.turning == Turning::Open && self.subtree_done_at(plan, step, &unit.at)
                    {
                        done.push(unit);
                    }
                }
            }
        }
        done
    }

    /// Another round follows this one.
    pub(crate) fn begin_round_after(&mut self, round: &Unit) {
        self.turn(round, 1, Turning::Open);
    }

    /// No other round follows this one.
    pub(crate) fn end_rounds(&mut self, round: &Unit) {
        self.turn(round, 0, Turning::Over);
    }

    /// Another round is asked for, and there may be none.
    pub(crate) fn use_up_rounds(&mut self, round: &Unit) {
        self.turn(round, 0, Turning::UsedUp);
    }

    /// Another round follows this one, but not in this drive.
    pub(crate) fn hold_rounds(&mut self, round: &Unit) {
        self.turn(round, 0, Turning::Held);
    }

    /// Whether a step has another round that this drive doesn't carry out.
    pub(crate) fn holds_rounds(&self) -> bool {
        let mut all = self.rounds.values();
        all.any(|rounds| rounds.turning == Turning::Held)
    }

    fn turn(&mut self, round: &Unit, more: u32, turning: Turning) {
        let Some((position, parent_at)) = round.at.split_last() else {
            return;
        };
        let last = position.round.saturating_add(more);
        self.rounds.insert(
            unit(round.step, parent_at, position.item, 1),
            Rounds { last, turning },
        );
    }

    fn rounds(&self, step: usize, parent_at: &[Position], item: Option<u32>) -> Rounds {
        let first = unit(step, parent_at, item, 1);
        self.rounds.get(&first).copied().unwrap_or(FIRST_ROUND)
    }

    /// The round in which a step stands, and whether it is the last; 1 for one that isn't repeated.
    pub(crate) fn last_round(
        &self,
        plan: &Plan,
        step: usize,
        parent_at: &[Position],
        item: Option<u32>,
    ) -> (u32, bool) {
        if plan.steps[step].repeat.is_none() || self.given.contains(&step) {
            return (1, true);
        }
        let rounds = self.rounds(step, parent_at, item);
        let is_last = matches!(rounds.turning, Turning::Held | Turning::Over);
        (rounds.last, is_last)
    }
}
