//! What depends on what in a plan.

use std::collections::BTreeSet;

use stepwell_definition::{Plan, Whole};

/// Which dependences count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depending {
    /// What must be done before: in the same round, and outside of the repeated steps.
    OnWhatIsWaitedFor,
    /// That, and what is read of the round before.
    AlsoOnRoundBefore,
}

/// Everything that a step depends on, and what belongs to it.
pub(crate) fn upstream(plan: &Plan, step: usize, depending: Depending) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut open = vec![step];
    while let Some(next) = open.pop() {
        let planned = &plan.steps[next];
        let mut visit = |index: usize| {
            if found.insert(index) {
                open.push(index);
            }
        };
        planned.parent.into_iter().for_each(&mut visit);
        for need in &planned.needs {
            match need.whole {
                Whole::Own => visit(need.on),
                Whole::Subtree => subtree(plan, need.on).into_iter().for_each(&mut visit),
            }
        }
        if depending == Depending::AlsoOnRoundBefore {
            let before = planned.reads_before.iter();
            before
                .flat_map(|step| subtree(plan, *step))
                .for_each(&mut visit);
        }
    }
    found.remove(&step);
    found
}

/// These steps, and all that they wait for or read: what of that is done says at which items and rounds they stand.
pub(crate) fn with_what_they_read(plan: &Plan, wanted: &BTreeSet<usize>) -> BTreeSet<usize> {
    let mut all = wanted.clone();
    if wanted.len() < plan.steps.len() {
        let read = |step: &usize| upstream(plan, *step, Depending::AlsoOnRoundBefore);
        all.extend(wanted.iter().flat_map(read));
    }
    all
}

/// A step and everything below it.
pub(crate) fn subtree(plan: &Plan, step: usize) -> BTreeSet<usize> {
    let path = &plan.steps[step].path;
    (0..plan.steps.len())
        .filter(|index| plan.steps[*index].path.is_within(path))
        .collect()
}

/// How many levels two steps have in common, from the outermost: there, they stand at the same items.
pub(crate) fn shared_levels(plan: &Plan, one: usize, other: usize) -> usize {
    let (one, other) = (&plan.steps[one].path, &plan.steps[other].path);
    one.ids()
        .zip(other.ids())
        .take_while(|(a, b)| a == b)
        .count()
}
