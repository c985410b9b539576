//! The matrix: a row for each case, a column for each variant, the baseline first and pinned.

use maud::{Markup, html};
use stepwell_comparison::{CellStatus, CellView, ComparisonView};
use stepwell_contract::{Money, amounts, visible};

use crate::around::{Around, Whole};
use crate::summary::{column_head, columns, labelled};
use crate::texts::{capital, cut_of, text};

/// The places of the cases: as they were given, or those first in which a version does worst beside the baseline; of all
/// cases, or of those alone in which the variants came to different ends.
#[must_use]
pub fn order(view: &ComparisonView, worst_first: bool, only_differing: bool) -> Vec<usize> {
    let mut cases: Vec<usize> = (0..view.cases.len()).collect();
    if only_differing {
        cases.retain(|case| differs(view, *case));
    }
    if worst_first {
        // A stable sort: cases that are equally bad stay in their order.
        cases.sort_by(|one, other| worst(view, *one).total_cmp(&worst(view, *other)));
    }
    cases
}

/// Whether the variants came to different ends in a case.
fn differs(view: &ComparisonView, case: usize) -> bool {
    let outcomes = (0..view.variants.len()).map(|variant| {
        let outcome = Together::of(&repeats(view, case, variant));
        (outcome.rate(), outcome.score)
    });
    let outcomes: Vec<_> = outcomes.collect();
    outcomes.windows(2).any(|two| two[0] != two[1])
}

/// How much worse than the baseline the worst variant is; what one side lacks is no regression.
fn worst(view: &ComparisonView, case: usize) -> f64 {
    let of = |variant| Together::of(&repeats(view, case, variant));
    let baseline = of(view.baseline as usize);
    let deltas = (0..view.variants.len()).filter_map(|variant| of(variant).better_than(&baseline));
    deltas.fold(f64::INFINITY, f64::min)
}

/// The matrix of these cases, each of which leads to where it is told.
#[must_use]
pub fn matrix(view: &ComparisonView, cases: &[usize], around: &impl Around) -> Markup {
    let columns = columns(view);
    html! {
        div.card.flush.scrolls tabindex="0" role="region" aria-label="Cases" {
            table.cards.matrix {
                thead {
                    tr {
                        th.pinned scope="col" { "Case" }
                        @for place in &columns { (column_head(view, *place)) }
                    }
                }
                tbody {
                    @for case in cases { (row(view, &columns, *case, around)) }
                }
            }
        }
        @if cases.is_empty() { p.quiet { "In no case did the versions come to different ends." } }
    }
}

fn row(view: &ComparisonView, columns: &[usize], case: usize, around: &impl Around) -> Markup {
    let baseline = repeats(view, case, view.baseline as usize);
    let is_open = around.is_open(case);
    html! {
        tr.open[is_open] {
            th.pinned scope="row" {
                a href=(around.case(case)) data-row aria-current=[is_open.then_some("true")] { (visible(&view.cases[case].id)) }
                div.small.quiet.clip { (visible(&gist(view, case))) }
            }
            @for place in columns {
                @let cells = repeats(view, case, *place);
                td data-label=(labelled(view, *place)) {
                    (summary(&cells, (*place != view.baseline as usize).then_some(baseline.as_slice())))
                    @if let Some(cell) = cells.first() { (answer(view, cell, around)) }
                }
            }
        }
    }
}

/// What a cell was answered, where it is at hand: open at first, and no higher than its neighbours need it.
fn answer(view: &ComparisonView, cell: &CellView, around: &impl Around) -> Markup {
    let Some(answer) = around.answer(cell) else {
        return html! {};
    };
    let of = answer.of();
    let name = match view.summary.repeats {
        ..=1 => of.to_string(),
        _ => format!("{of}, repeat {}", cell.repeat),
    };
    let case = &view.cases[cell.case as usize].id;
    let label = format!(
        "{name} of {} in case {case}",
        view.variants[cell.variant as usize].label
    );
    html! {
        details.more.answer open id=(format!("answer-{}-{}", cell.case, cell.variant)) {
            summary.small { (visible(&capital(&name))) }
            (text(&label, &answer.text))
            @if let Some(all) = around.all(Whole::Cell(cell, of)) { (cut_of(&answer.text, answer.bytes, &all)) }
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
    let outcome = Together::of(cells);
    let delta = baseline.and_then(|baseline| outcome.better_than(&Together::of(baseline)));
    html! {
        div.row.baseline {
            (verdict(cells))
            @if let Some(score) = outcome.score { span { "score " (amounts::score(score)) } }
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
        @for check in failing(cells) { div.small.failing { "✕ " (visible(check)) } }
        @for comment in comments(cells) { div.small.quiet.clip { "“" (visible(comment)) "”" } }
    }
}

/// What cells came to, in a word.
pub(crate) fn verdict(cells: &[&CellView]) -> Markup {
    let outcome = Together::of(cells);
    let running = cells.iter().any(|cell| cell.status == CellStatus::Running);
    let many = cells.len() > 1;
    let word =
        |class: &str, text: String| html! { span class=(format!("state {class}")) { (text) } };
    match outcome {
        Together { done: 0, .. } if running => word("running", "running".into()),
        Together { done: 0, .. } => match cells.iter().find_map(|cell| cell.problem.as_ref()) {
            Some(problem) => {
                html! { span.state.interrupted title=(visible(&problem.message)) { "not done" } }
            }
            None => word("pending", "not begun".into()),
        },
        Together {
            checked: 0,
            failed: 0,
            done,
            ..
        } if many => word("success", format!("{done} of {} done", cells.len())),
        Together {
            checked: 0,
            failed: 0,
            ..
        } => word("success", "done".into()),
        Together {
            checked: 0, failed, ..
        } if many => word("failure", format!("{failed} of {} failed", cells.len())),
        Together { checked: 0, .. } => word("failure", "failed".into()),
        Together {
            passed, checked, ..
        } if many => {
            let class = if passed * 2 > checked {
                "success"
            } else {
                "failure"
            };
            word(class, format!("{passed} of {checked} passed"))
        }
        Together { passed: 1, .. } => word("success", "passed".into()),
        Together { failed: 0, .. } => word("failure", "not passed".into()),
        Together { .. } => word("failure", "failed".into()),
    }
}

/// The checks that did not hold, each once.
fn failing<'c>(cells: &[&'c CellView]) -> Vec<&'c str> {
    let mut failing = Vec::new();
    for check in cells.iter().flat_map(|cell| &cell.checks) {
        if check.found.passed == Some(false) && !failing.contains(&check.what.as_str()) {
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

/// Why persons rated cells as they did.
fn comments<'c>(cells: &[&'c CellView]) -> impl Iterator<Item = &'c str> {
    let ratings = cells.iter().filter_map(|cell| cell.rating.as_ref());
    let comments: Vec<&str> = ratings.map(|rating| rating.comment.as_str()).collect();
    comments.into_iter().filter(|comment| !comment.is_empty())
}

/// Tokens, time and money, each with how it differs from the baseline.
fn figures(cells: &[&CellView], baseline: Option<&[&CellView]>) -> Vec<(String, Option<String>)> {
    type Read = fn(&CellView) -> Option<u64>;
    type Written = fn(u64) -> String;
    let measures: [(Read, Written); 3] = [
        (
            |cell| cell.tokens,
            |tokens| format!("{} tokens", amounts::tokens(tokens)),
        ),
        (|cell| cell.duration_ms, amounts::duration),
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
            theirs.and_then(|theirs| amounts::change(mine, theirs)),
        ))
    };
    measures.into_iter().filter_map(figure).collect()
}

fn mean(cells: &[&CellView], read: fn(&CellView) -> Option<u64>) -> Option<u64> {
    let known: Vec<u64> = cells.iter().filter_map(|cell| read(cell)).collect();
    (!known.is_empty()).then(|| known.iter().sum::<u64>() / known.len() as u64)
}

/// The cells of a case with a variant: its repeats.
pub(crate) fn repeats(view: &ComparisonView, case: usize, variant: usize) -> Vec<&CellView> {
    let repeats = 1..=view.summary.repeats;
    repeats
        .filter_map(|repeat| view.cell(case, variant, repeat))
        .collect()
}

/// What the repeats of a case came to, together.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Together {
    /// Those that have one.
    done: usize,
    failed: usize,
    passed: usize,
    checked: usize,
    /// The mean of the judges' scores.
    score: Option<f64>,
}

impl Together {
    fn of(cells: &[&CellView]) -> Self {
        let done = cells.iter().filter(|cell| cell.has_outcome());
        let scores: Vec<f64> = cells.iter().filter_map(|cell| cell.score).collect();
        #[allow(clippy::cast_precision_loss)]
        let score = (!scores.is_empty()).then(|| scores.iter().sum::<f64>() / scores.len() as f64);
        Self {
            done: done.clone().count(),
            failed: done
                .filter(|cell| cell.status == CellStatus::Failure)
                .count(),
            passed: cells
                .iter()
                .filter(|cell| cell.passed == Some(true))
                .count(),
            checked: cells.iter().filter(|cell| cell.passed.is_some()).count(),
            score,
        }
    }

    /// The share that is good: of checked ones those that passed, else those that did not fail.
    fn rate(&self) -> Option<f64> {
        let (good, of) = match self.checked {
            0 => (self.done - self.failed, self.done),
            checked => (self.passed, checked),
        };
        #[allow(clippy::cast_precision_loss)]
        (of > 0).then(|| good as f64 / of as f64)
    }

    /// How much better it is than another; none where one of them is not there.
    fn better_than(&self, other: &Self) -> Option<f64> {
        let rate = self.rate()? - other.rate()?;
        let score = self
            .score
            .zip(other.score)
            .map_or(0.0, |(one, other)| one - other);
        Some(rate + score / 10.0)
    }
}
