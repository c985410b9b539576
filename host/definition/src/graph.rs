//! What waits for what, and whether somebody waits for himself.
//!
//! Every step has two moments: its own work is done, and its whole subtree is done. The second waits for the first
//! and for the whole of every sub-step; the first waits for the parent's own work and for what the step refers to.

use crate::diagnostics::{Problems, Span};
use crate::plan::Need;
use crate::reference::{Reference, Whole};
use crate::tree::{Asker, Tree};

/// A reference that a step waits for, with its place.
pub(crate) type Wait = (Need, Span);

/// A reference with who asks for it, and its place.
pub(crate) type Asked = (Asker, Reference, Span);

/// What a step waits for because of its references. Nobody waits for the round before: it is over.
pub(crate) fn waits(tree: &Tree<'_>, references: &[Asked]) -> Vec<Wait> {
    references
        .iter()
        .filter_map(|(asker, reference, span)| {
            let Reference::Document {
                step,
                scope,
                before: None,
                ..
            } = reference
            else {
                return None;
            };
            let need = match tree.rounds_around(asker.step, *step) {
                // Which of its rounds is the last is known when all of it is done.
                Some(repeated) => Need::subtree(repeated),
                None => Need {
                    on: *step,
                    whole: *scope,
                },
            };
            Some((need, *span))
        })
        .collect()
}

/// The steps of whose round before a step reads, each once.
pub(crate) fn read_before(references: &[Asked]) -> Vec<usize> {
    let mut steps: Vec<usize> = references
        .iter()
        .filter_map(|(_, reference, _)| match reference {
            Reference::Document {
                step,
                before: Some(_),
                ..
            } => Some(*step),
            _ => None,
        })
        .collect();
    steps.sort_unstable();
    steps.dedup();
    steps
}

/// The needs of a step: its parent's own work, then what it refers to; each once.
pub(crate) fn needs(tree: &Tree<'_>, step: usize, waits: &[Wait]) -> Vec<Need> {
    let parent = tree.nodes[step].parent.map(Need::own);
    let mut needs: Vec<Need> = Vec::new();
    for need in parent
        .into_iter()
        .chain(waits.iter().map(|(need, _)| *need))
    {
        if !needs.contains(&need) {
            needs.push(need);
        }
    }
    needs
}

/// A moment of a step, as a number: two for each step.
fn moment(need: Need) -> usize {
    need.on * 2 + usize::from(need.whole == Whole::Subtree)
}

/// Why one moment waits for another.
#[derive(Clone, Copy)]
enum Why {
    Refers(Span),
    Below,
    Contains,
}

/// A moment and why it waits, or why it is waited for.
type Link = (usize, Why);

/// Reports every knot of waiting once, with all of its steps.
pub(crate) fn check_cycles(tree: &Tree<'_>, waits: &[Vec<Wait>], problems: &mut Problems) {
    let (own, subtree) = (
        |step| moment(Need::own(step)),
        |step| moment(Need::subtree(step)),
    );
    let mut edges: Vec<Vec<Link>> = vec![Vec::new(); tree.nodes.len() * 2];
    for (step, node) in tree.nodes.iter().enumerate() {
        for (need, span) in &waits[step] {
            edges[own(step)].push((moment(*need), Why::Refers(*span)));
        }
        if let Some(parent) = node.parent {
            edges[own(step)].push((own(parent), Why::Below));
        }
        edges[subtree(step)].push((own(step), Why::Contains));
        for child in &node.children {
            edges[subtree(step)].push((subtree(*child), Why::Contains));
        }
    }
    let mut state = vec![State::New; edges.len()];
    for start in 0..edges.len() {
        search(start, &edges, &mut state, &mut |cycle| {
            report(tree, cycle, problems)
        });
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Open,
    Done,
}

/// A depth-first search without recursion: a definition may chain more steps than a stack has frames.
fn search(start: usize, edges: &[Vec<Link>], state: &mut [State], found: &mut dyn FnMut(&[Link])) {
    if state[start] != State::New {
        return;
    }
    state[start] = State::Open;
    let mut trail = vec![(start, 0)];
    while let Some((at, next)) = trail.last_mut() {
        let Some((to, _)) = edges[*at].get(*next).copied() else {
            state[*at] = State::Done;
            trail.pop();
            continue;
        };
        *next += 1;
        match state[to] {
            State::New => {
                state[to] = State::Open;
                trail.push((to, 0));
            }
            State::Open => {
                let first = trail
                    .iter()
                    .position(|(moment, _)| *moment == to)
                    .unwrap_or(0);
                let cycle: Vec<_> = trail[first..]
                    .iter()
                    .map(|(moment, taken)| (*moment, edges[*moment][taken - 1].1))
                    .collect();
                found(&cycle);
            }
            State::Done => {}
        }
    }
}

fn report(tree: &Tree<'_>, cycle: &[Link], problems: &mut Problems) {
    let path = |moment: usize| tree.nodes[moment / 2].path.as_str();
    // The message starts where the file does, so that it is the same however the knot was found.
    let place = |why: &Why| match why {
        Why::Refers(span) => Some(*span),
        Why::Below | Why::Contains => None,
    };
    let Some(first) = (0..cycle.len())
        .filter(|at| place(&cycle[*at].1).is_some())
        .min_by_key(|at| place(&cycle[*at].1))
    else {
        return;
    };
    let mut links = Vec::new();
    for offset in 0..cycle.len() {
        let (from, why) = cycle[(first + offset) % cycle.len()];
        let (to, _) = cycle[(first + offset + 1) % cycle.len()];
        match why {
            Why::Refers(span) => links.push(format!(
                "`{}` refers to `{}` (line {})",
                path(from),
                path(to),
                span.start_line
            )),
            Why::Below => links.push(format!(
                "`{}` runs after its parent `{}`",
                path(from),
                path(to)
            )),
            Why::Contains if from / 2 != to / 2 => {
                links.push(format!(
                    "`{}` is done when its sub-step `{}` is",
                    path(from),
                    path(to)
                ));
            }
            Why::Contains => {}
        }
    }
    problems.error(
        "cycle",
        place(&cycle[first].1),
        format!("these steps wait for each other: {}", links.join(", ")),
        "take one of these references out",
    );
}
