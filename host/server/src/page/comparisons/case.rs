//! One case of a comparison: the same sections in each column, the baseline first, the others as what differs from it.

use std::collections::BTreeSet;

use maud::{Markup, html};
use stepwell_engine::{CellAddress, CellDetail, CellStatus, ComparisonView};

use super::show::Looks;
use super::{columns, labelled, matrix};
use crate::App;
use crate::page::parts;
use crate::page::problem::{PageError, Shown};

/// A column: a cell, and how many different answers its repeats had.
struct Side {
    place: usize,
    detail: CellDetail,
    distinct: usize,
}

/// The case, below the matrix.
pub(super) async fn case(
    app: &App,
    view: &ComparisonView,
    looks: &Looks,
    place: usize,
) -> Result<Markup, PageError> {
    let mut sides = Vec::new();
    for variant in columns(view) {
        sides.push(side(app, view, looks, place, variant).await?);
    }
    let case = &view.cases[place];
    Ok(html! {
        section.card.stack.case #case data-live aria-labelledby=(format!("case-{place}")) {
            div.row.apart.baseline {
                h2 id=(format!("case-{place}")) { "Case " (case.id) }
                (neighbours(view, looks, place))
            }
            details.more #given {
                summary { "What it gives" }
                div.stack {
                    @for (name, value) in &case.inputs { div.stack.tight { h3 { (name) } (parts::text(name, value)) } }
                    @for (key, answer) in &case.answers { p { strong { (key) } ": " (answer) } }
                    @if let Some(files) = &case.files { p { "Its files: " (files.join(", ")) } }
                }
            }
            @if view.summary.repeats > 1 { (chooser(view, looks)) }
            div.scrolls tabindex="0" role="region" aria-label="Side by side" {
                table.cards.sides {
                    thead { tr { @for side in &sides { th scope="col" { (view.variants[side.place].label) @if side.place == view.baseline as usize { " " span.tag { "baseline" } } } } } }
                    tbody { (sections(view, looks, place, &sides)) }
                }
            }
        }
    })
}

async fn side(
    app: &App,
    view: &ComparisonView,
    looks: &Looks,
    case: usize,
    place: usize,
) -> Result<Side, PageError> {
    let address = |repeat| CellAddress {
        comparison: view.summary.id,
        case: u32::try_from(case).unwrap_or(u32::MAX),
        variant: u32::try_from(place).unwrap_or(u32::MAX),
        repeat,
    };
    let shown = looks.repeat().clamp(1, view.summary.repeats.max(1));
    let detail = app
        .engine
        .comparison_cell(&address(shown))
        .await
        .shown(app)?;
    let mut answers = BTreeSet::new();
    for repeat in 1..=view.summary.repeats {
        if repeat == shown {
            answers.extend(detail.answers.last().cloned());
        } else {
            let other = app
                .engine
                .comparison_cell(&address(repeat))
                .await
                .shown(app)?;
            answers.extend(other.answers.last().cloned());
        }
    }
    Ok(Side {
        place,
        detail,
        distinct: answers.len(),
    })
}

fn neighbours(view: &ComparisonView, looks: &Looks, place: usize) -> Markup {
    let order = matrix::order(view, looks);
    let at = order.iter().position(|case| *case == place);
    let before = at.and_then(|at| order.get(at.checked_sub(1)?));
    let after = at.and_then(|at| order.get(at + 1));
    let to = |case: &usize| format!("{}#case-{case}", looks.with_case(view, Some(*case)));
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

/// The rows: a section each, the same in every column.
fn sections(view: &ComparisonView, looks: &Looks, place: usize, sides: &[Side]) -> Markup {
    let documents: BTreeSet<&String> = sides
        .iter()
        .flat_map(|side| side.detail.documents.keys())
        .collect();
    let files: BTreeSet<&String> = sides
        .iter()
        .flat_map(|side| side.detail.files.iter().map(|file| &file.path))
        .collect();
    let whole = looks.whole_texts();
    let beside = |what: &str, read: &dyn Fn(&Side) -> Option<String>| {
        let texts: Vec<_> = sides.iter().map(read).collect();
        side_by_side(view, sides, what, &texts, whole)
    };
    html! {
        tr { @for side in sides { td data-label=(labelled(view, side.place)) { (outcome(side, view.summary.repeats)) } } }
        @for name in documents {
            (section(sides.len(), &format!("Document {name}")))
            (beside(name, &|side: &Side| side.detail.documents.get(name).cloned()))
        }
        @for path in files {
            (section(sides.len(), &format!("File {path}")))
            (beside(path, &|side: &Side| {
                let file = side.detail.files.iter().find(|file| file.path == *path)?;
                file.after.clone()
            }))
        }
        (section(sides.len(), "Raw answer"))
        (beside("Raw answer", &|side: &Side| side.detail.answers.last().filter(|answer| !answer.is_empty()).cloned()))
        (section(sides.len(), "Filled prompt"))
        (beside("Filled prompt", &|side: &Side| side.detail.prompts.last().cloned()))
        (section(sides.len(), "Rating"))
        tr { @for side in sides { td data-label=(labelled(view, side.place)) { (rating(view, looks, place, side)) } } }
    }
}

fn section(columns: usize, name: &str) -> Markup {
    html! { tr.part { th colspan=(columns) scope="colgroup" { h3 { (name) } } } }
}

/// One text of each side; those beside the baseline as what differs from it.
fn side_by_side(
    view: &ComparisonView,
    sides: &[Side],
    what: &str,
    texts: &[Option<String>],
    whole: bool,
) -> Markup {
    let baseline = texts.first().and_then(Option::as_ref);
    html! {
        tr {
            @for (index, (side, text)) in sides.iter().zip(texts).enumerate() {
                @let label = &view.variants[side.place].label;
                td data-label=(labelled(view, side.place)) {
                    @match (text, baseline) {
                        (None, _) => p.quiet { "n/a" },
                        (Some(text), Some(baseline)) if index > 0 && !whole => {
                            (parts::between(&format!("{what}: what differs in {label}"), baseline, text))
                        },
                        (Some(text), _) => (parts::text(&format!("{what} of {label}"), text)),
                    }
                }
            }
        }
    }
}

fn outcome(side: &Side, repeats: u32) -> Markup {
    let cell = &side.detail.cell;
    let (class, word) = match (cell.status, cell.passed) {
        (CellStatus::Pending, _) => ("pending", "not begun"),
        (CellStatus::Running, _) => ("running", "running"),
        (CellStatus::Failure, _) => ("failure", "failed"),
        (CellStatus::Success, Some(true)) => ("success", "passed"),
        (CellStatus::Success, Some(false)) => ("failure", "not passed"),
        (CellStatus::Success, None) => ("success", "done"),
    };
    html! {
        div.stack.tight {
            div.row.baseline {
                span class=(format!("state {class}")) { (word) }
                @if cell.taken_over { span.tag title="It was there already" { "taken over" } }
                @if let Some(run) = cell.run { a.small href=(format!("/runs/{run}")) { "its run" } }
            }
            div.small.quiet.row {
                @if let Some(tokens) = cell.tokens { span { (parts::tokens(tokens)) " tokens" } }
                @if let Some(duration) = cell.duration_ms { span { (parts::milliseconds(Some(duration))) } }
                @if let Some(first) = cell.first_token_ms { span { "first token after " (parts::milliseconds(Some(first))) } }
                @if cell.money.is_some() { span { (parts::money(cell.money)) } }
                @if repeats > 1 { span { (side.distinct) " different answers in " (repeats) " repeats" } }
            }
            @if let Some(problem) = &cell.problem { div.notice.bad { strong { (parts::sentence(&problem.message)) } } }
            ul.checks {
                @for check in &cell.checks {
                    @let class = match check.passed { Some(true) => "success", Some(false) => "failure", None => "pending" };
                    @let word = match check.passed { Some(true) => "holds", Some(false) => "doesn't hold", None => "not judged" };
                    li {
                        span class=(format!("state bare {class}")) title=(word) { span { (word) } } " "
                        (parts::sentence(&check.what))
                        @if let Some(score) = check.score { span.quiet { " · score " (format!("{score:.2}")) } }
                        @if let Some(detail) = &check.detail { div.small.quiet { (detail) } }
                    }
                }
            }
        }
    }
}

fn rating(view: &ComparisonView, looks: &Looks, case: usize, side: &Side) -> Markup {
    let cell = &side.detail.cell;
    if !matches!(cell.status, CellStatus::Success | CellStatus::Failure) {
        return html! { p.quiet { "n/a" } };
    }
    let given = cell.rating.as_ref();
    let id = |what: &str| format!("rating-{}-{what}", side.place);
    let address = looks.with_repeat(view, looks.repeat());
    let back = address.find('?').map_or("", |at| &address[at..]);
    html! {
        form.stack.tight method="post" action=(format!("/comparisons/{}/rating", view.summary.id)) {
            input type="hidden" name="case" value=(case);
            input type="hidden" name="variant" value=(side.place);
            input type="hidden" name="repeat" value=(cell.repeat);
            input type="hidden" name="back" value=(back);
            div.inline {
                label for=(id("score")) { "You say" }
                select id=(id("score")) name="score" {
                    option value="" { "nothing" }
                    @for (score, word) in [(5_u8, "good"), (4, ""), (3, ""), (2, ""), (1, "bad")] {
                        option value=(score) selected[given.is_some_and(|given| given.score == score)] { (score) @if !word.is_empty() { " " (word) } }
                    }
                }
            }
            div.field {
                label for=(id("comment")) { "Why" }
                input id=(id("comment")) name="comment" value=(given.map(|given| given.comment.as_str()).unwrap_or_default()) autocomplete="off";
            }
            div { button { "Keep the rating" } }
        }
    }
}
