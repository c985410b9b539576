//! The case that is looked into, below the matrix.

use std::collections::BTreeSet;

use maud::{Markup, html};
use stepwell_engine::{CellAddress, CellDetail, ComparisonView};
use stepwell_rendering::{Side, columns, given, sides};

use super::answers::Answers;
use super::around::Linked;
use super::looks::Looks;
use crate::{App, ProblemDetails};

/// The case, below the matrix.
pub(super) async fn case(
    app: &App,
    view: &ComparisonView,
    looks: &Looks,
    place: usize,
) -> Result<Markup, ProblemDetails> {
    let mut cells = Vec::new();
    for variant in columns(view) {
        cells.push(cell(app, view, looks, place, variant).await?);
    }
    let cells: Vec<Side> = cells
        .iter()
        .map(|(detail, distinct)| Side {
            cell: &detail.cell,
            detail: Some(detail),
            distinct: Some(*distinct),
        })
        .collect();
    let case = &view.cases[place];
    let around = Linked {
        view,
        looks,
        answers: &Answers::default(),
    };
    Ok(html! {
        section.card.stack.case #case data-live aria-labelledby=(format!("case-{place}")) {
            div.row.apart.baseline {
                h2 id=(format!("case-{place}")) { "Case " (case.id) }
                (neighbours(view, looks, place))
            }
            details.more #given {
                summary { "What it gives" }
                div.stack { (given(place, case, &around)) }
            }
            @if view.summary.repeats > 1 { (chooser(view, looks)) }
            (sides(view, &cells, &around))
        }
    })
}

/// A cell with its texts, and how many different answers its repeats had.
async fn cell(
    app: &App,
    view: &ComparisonView,
    looks: &Looks,
    case: usize,
    place: usize,
) -> Result<(CellDetail, usize), ProblemDetails> {
    let address = |repeat| CellAddress {
        comparison: view.summary.id,
        case: u32::try_from(case).unwrap_or(u32::MAX),
        variant: u32::try_from(place).unwrap_or(u32::MAX),
        repeat,
    };
    let shown = looks.repeat().clamp(1, view.summary.repeats.max(1));
    let detail = app.engine.comparison_cell(&address(shown)).await?;
    let mut answers = BTreeSet::new();
    for repeat in 1..=view.summary.repeats {
        if repeat == shown {
            answers.extend(detail.answers.last().cloned());
        } else {
            let other = app.engine.comparison_cell(&address(repeat)).await?;
            answers.extend(other.answers.last().cloned());
        }
    }
    Ok((detail, answers.len()))
}

fn neighbours(view: &ComparisonView, looks: &Looks, place: usize) -> Markup {
    let order = looks.order(view);
    let at = order.iter().position(|case| *case == place);
    let before = at.and_then(|at| order.get(at.checked_sub(1)?));
    let after = at.and_then(|at| order.get(at + 1));
    let to = |case: &usize| format!("{}#case-{case}", looks.with_neighbour(view, *case));
    html! {
        nav.row aria-label="Cases" {
            @if let Some(case) = before { a.button href=(to(case)) rel="prev" { "← " (view.cases[*case].id) } }
            @if let Some(case) = after { a.button href=(to(case)) rel="next" { (view.cases[*case].id) " →" } }
            a href=(format!("{}#cases-title", looks.with_case(view, None))) { "Close" }
        }
    }
}

fn chooser(view: &ComparisonView, looks: &Looks) -> Markup {
    html! {
        nav aria-label="Repeats" {
            ul.tabs {
                @for repeat in 1..=view.summary.repeats {
                    li { a href=(looks.with_repeat(view, repeat)) aria-current=[(repeat == looks.repeat()).then_some("true")] { "repeat " (repeat) } }
                }
            }
        }
    }
}
