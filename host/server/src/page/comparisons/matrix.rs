//! The matrix: a row for each case, a column for each variant, the baseline first and pinned.

use maud::{Markup, html};
use stepwell_contract::Money;
use stepwell_engine::{CellStatus, CellView, ComparisonView};

use super::show::{Looks, Sort};
use super::{Outcome, columns, labelled, repeats};
use crate::page::parts;

/// The cases in the order that is asked for, without those in which nothing differs where that is asked for.
pub(super) fn order(view: &ComparisonView, looks: &Looks) -> Vec<usize> {
    let mut cases: Vec<usize> = (0..view.cases.len()).collect();
    if looks.only_differing() {
        cases.retain(|case| differs(view, *case));
    }
    if looks.sort() == Sort::Worst {
        // A stable sort: cases that are equally bad stay in their order.
        cases.sort_by(|one, other| worst(view, *one).total_cmp(&worst(view, *other)));
    }
    cases
}

/// Whether the variants came to different ends in a case.
fn differs(view: &ComparisonView, case: usize) -> bool {
    let outcomes = (0..view.variants.len()).map(|variant| {
        let outcome = Outcome::of(&repeats(view, case, variant));
        (outcome.rate(), outcome.score)
    });
    let outcomes: Vec<_> = outcomes.collect();
    outcomes.windows(2).any(|two| two[0] != two[1])
}

/// How much worse than the baseline the worst variant is; what one side lacks is no regression.
fn worst(view: &ComparisonView, case: usize) -> f64 {
    let of = |variant| Outcome::of(&repeats(view, case, variant));
    let baseline = of(view.baseline as usize);
    let deltas = (0..view.variants.len()).filter_map(|variant| of(variant).better_than(&baseline));
    deltas.fold(f64::INFINITY, f64::min)
}

/// The matrix; `opened` is what stands below the case that is looked into.
pub(super) fn matrix(view: &ComparisonView, looks: &Looks, opened: &Markup) -> Markup {
    let columns = columns(view);
    let cases = order(view, looks);
    html! {
        div.card.flush.scrolls #matrix data-live tabindex="0" role="region" aria-label="Cases" {
            table.cards.matrix {
                thead {
                    tr {
                        th.pinned { "Case" }
                        @for place in &columns {
                            th scope="col" {
                                (view.variants[*place].label)
                                @if *place == view.baseline as usize { " " span.tag { "baseline" } }
                            }
                        }
                    }
                }
                tbody {
                    @for case in &cases { (row(view, looks, &columns, *case)) }
                }
            }
        }
        @if cases.is_empty() { p.quiet { "In no case did the versions come to different ends." } }
        (opened)
    }
}

fn row(view: &ComparisonView, looks: &Looks, columns: &[usize], case: usize) -> Markup {
    let baseline = repeats(view, case, view.baseline as usize);
    let is_open = looks.case == Some(case);
    html! {
        tr.open[is_open] {
            th.pinned scope="row" {
                a href=(format!("{}#case-{case}", looks.with_case(view, Some(case)))) data-row aria-current=[is_open.then_some("true")] { (view.cases[case].id) }
                div.small.quiet.clip { (gist(view, case)) }
            }
            @for place in columns {
                @let cells = repeats(view, case, *place);
                td data-label=(labelled(view, *place)) { (summary(&cells, (*place != view.baseline as usize).then_some(baseline.as_slice()))) }
            }
        }
    }
}

/// The beginning of what a case gives.
fn gist(view: &ComparisonView, case: usize) -> String {
    let inputs = view.cases[case]
        .inputs
        .values()
        .find(|value| !value.is_empty());
    let line = inputs.map(|value| value.split_whitespace().collect::<Vec<_>>().join(" "));
    line.unwrap_or_default().chars().take(90).collect()
}

/// What the repeats of a cell came to, and what that is beside the baseline.
fn summary(cells: &[&CellView], baseline: Option<&[&CellView]>) -> Markup {
    let outcome = Outcome::of(cells);
    let delta = baseline.and_then(|baseline| outcome.better_than(&Outcome::of(baseline)));
    html! {
        div.row.baseline {
            (verdict(cells, &outcome))
            @if let Some(score) = outcome.score { span { "score " (format!("{score:.2}")) } }
            @match delta {
                Some(delta) if delta < 0.0 => span.tag.bad { "worse" },
                Some(delta) if delta > 0.0 => span.tag.good { "better" },
                Some(_) => {},
                None if baseline.is_some() && outcome.done > 0 => span.tag { "n/a" },
                None => {},
            }
            @if let Some(rating) = rating(cells) { span title="A person's rating" { "★ " (rating) } }
        }
        div.small.quiet.row {
            @for (what, delta) in figures(cells, baseline) {
                span { (what) @if let Some(delta) = delta { " " span.delta { (delta) } } }
            }
        }
        @for check in failing(cells) { div.small.failing { "✕ " (check) } }
    }
}

fn verdict(cells: &[&CellView], outcome: &Outcome) -> Markup {
    let running = cells.iter().any(|cell| cell.status == CellStatus::Running);
    let many = cells.len() > 1;
    let word =
        |class: &str, text: String| html! { span class=(format!("state {class}")) { (text) } };
    match outcome {
        Outcome { done: 0, .. } if running => word("running", "running".into()),
        Outcome { done: 0, .. } => match cells.iter().find_map(|cell| cell.problem.as_ref()) {
            Some(problem) => {
                html! { span.state.interrupted title=(problem.message) { "not done" } }
            }
            None => word("pending", "not begun".into()),
        },
        Outcome {
            checked: 0,
            failed: 0,
            done,
            ..
        } if many => word("success", format!("{done} of {} done", cells.len())),
        Outcome {
            checked: 0,
            failed: 0,
            ..
        } => word("success", "done".into()),
        Outcome {
            checked: 0, failed, ..
        } if many => word("failure", format!("{failed} of {} failed", cells.len())),
        Outcome { checked: 0, .. } => word("failure", "failed".into()),
        Outcome {
            passed, checked, ..
        } if many => {
            let class = if passed * 2 > *checked {
                "success"
            } else {
                "failure"
            };
            word(class, format!("{passed} of {checked} passed"))
        }
        Outcome { passed: 1, .. } => word("success", "passed".into()),
        Outcome { failed: 0, .. } => word("failure", "not passed".into()),
        Outcome { .. } => word("failure", "failed".into()),
    }
}

/// The checks that did not hold, each once.
fn failing<'c>(cells: &[&'c CellView]) -> Vec<&'c str> {
    let mut failing = Vec::new();
    for check in cells.iter().flat_map(|cell| &cell.checks) {
        if check.passed == Some(false) && !failing.contains(&check.what.as_str()) {
            failing.push(check.what.as_str());
        }
    }
    failing
}

fn rating(cells: &[&CellView]) -> Option<u8> {
    cells
        .iter()
        .find_map(|cell| cell.rating.as_ref())
        .map(|rating| rating.score)
}

/// Tokens, time and money, each with how it differs from the baseline.
fn figures(cells: &[&CellView], baseline: Option<&[&CellView]>) -> Vec<(String, Option<String>)> {
    type Read = fn(&CellView) -> Option<u64>;
    type Written = fn(u64) -> String;
    let measures: [(Read, Written); 3] = [
        (
            |cell| cell.tokens,
            |tokens| format!("{} tokens", parts::tokens(tokens)),
        ),
        (
            |cell| cell.duration_ms,
            |duration| parts::milliseconds(Some(duration)),
        ),
        (
            |cell| cell.money.map(|money| money.0),
            |money| Money(money).to_string(),
        ),
    ];
    let figure = |(read, written): (Read, Written)| {
        let mine = mean(cells, read)?;
        let theirs = baseline.and_then(|baseline| mean(baseline, read));
        Some((
            written(mine),
            theirs.and_then(|theirs| percent(mine, theirs)),
        ))
    };
    measures.into_iter().filter_map(figure).collect()
}

fn mean(cells: &[&CellView], read: fn(&CellView) -> Option<u64>) -> Option<u64> {
    let known: Vec<u64> = cells.iter().filter_map(|cell| read(cell)).collect();
    (!known.is_empty()).then(|| known.iter().sum::<u64>() / known.len() as u64)
}

/// How much more one is than another, where that is worth a word.
fn percent(mine: u64, theirs: u64) -> Option<String> {
    if theirs == 0 {
        return None;
    }
    let (mine, theirs) = (i128::from(mine), i128::from(theirs));
    match (mine - theirs) * 100 / theirs {
        0 => None,
        more @ 1.. => Some(format!("+{more} %")),
        less => Some(format!("−{} %", -less)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_held_against_the_baseline() {
        assert_eq!(percent(120, 100).as_deref(), Some("+20 %"));
        assert_eq!(percent(50, 100).as_deref(), Some("−50 %"));
        assert_eq!(percent(100, 100), None);
        assert_eq!(percent(5, 0), None);
    }
}
