//! The case that is looked into, below the matrix.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};
use stepwell_contract::Digest;
use stepwell_contract::amounts::count;
use stepwell_engine::{CellAddress, CellDetail, ComparisonView, ListAnswers};
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
    let distinct = distinct(app, view, place).await?;
    let mut cells = Vec::new();
    for variant in columns(view) {
        cells.push(cell(app, view, looks, place, variant).await?);
    }
    let cells: Vec<Side> = cells
        .iter()
        .map(|detail| Side {
            cell: &detail.cell,
            detail: Some(detail),
            distinct: distinct.get(&detail.cell.variant).copied(),
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

/// How many different answers the repeats of each variant had; nothing is read where each case is run once.
async fn distinct(
    app: &App,
    view: &ComparisonView,
    place: usize,
) -> Result<BTreeMap<u32, usize>, ProblemDetails> {
    if view.summary.repeats < 2 {
        return Ok(BTreeMap::new());
    }
    let wanted = ListAnswers {
        comparison: view.summary.id,
        cases: vec![count(place)],
        repeat: None,
    };
    let mut answers: BTreeMap<u32, BTreeSet<Digest>> = BTreeMap::new();
    for answer in app.engine.comparison_answers(&wanted).await? {
        let of_variant = answers.entry(answer.variant).or_default();
        of_variant.insert(answer.digest);
    }
    let counted = answers.into_iter();
    Ok(counted.map(|(variant, all)| (variant, all.len())).collect())
}

/// A cell with its texts.
async fn cell(
    app: &App,
    view: &ComparisonView,
    looks: &Looks,
    case: usize,
    place: usize,
) -> Result<CellDetail, ProblemDetails> {
    let address = CellAddress {
        comparison: view.summary.id,
        case: count(case),
        variant: count(place),
        repeat: looks.repeat().clamp(1, view.summary.repeats.max(1)),
    };
    Ok(app.engine.comparison_cell(&address).await?)
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
