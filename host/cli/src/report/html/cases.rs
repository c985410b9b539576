//! The cases: a map of all cells, then each case with what every version made of it.

use std::collections::BTreeSet;

use maud::{Markup, html};
use stepwell_engine::{CaseView, CellDetail, CellFile, CellStatus, CellView, ComparisonView};

use super::texts::Room;
use super::{figures, texts, variants};
use crate::report::outcome;
use crate::terminal::remedied;

/// All cells at one look, each leading to its case.
pub(super) fn overview(view: &ComparisonView) -> Markup {
    html! {
        section aria-labelledby="cells" {
            h2 #cells { "Cells" }
            div.scrolls tabindex="0" role="region" aria-labelledby="cells" {
                table.map {
                    thead {
                        tr {
                            th scope="col" { "Case" }
                            @for variant in &view.variants { th scope="col" { (variant.label) } }
                        }
                    }
                    tbody {
                        @for (case, about) in view.cases.iter().enumerate() {
                            tr {
                                th scope="row" { a href=(format!("#case-{case}")) { (texts::visible(&about.id)) } }
                                @for variant in 0..view.variants.len() {
                                    td { (marks(&repeats(view, case, variant).collect::<Vec<_>>())) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn repeats(view: &ComparisonView, case: usize, variant: usize) -> impl Iterator<Item = &CellView> {
    (1..=view.summary.repeats).filter_map(move |repeat| view.cell(case, variant, repeat))
}

/// What came of the repeats of a case: how many of them passed, where all have a verdict.
fn marks(cells: &[&CellView]) -> Markup {
    let passed = cells
        .iter()
        .filter(|cell| cell.passed == Some(true))
        .count();
    let judged = cells.iter().all(|cell| cell.passed.is_some());
    html! {
        @if cells.len() > 1 && judged {
            @let class = if passed * 2 > cells.len() { "tag good" } else { "tag bad" };
            span class=(class) { (passed) " of " (cells.len()) " passed" }
        } @else {
            @for cell in cells { (mark(cell)) " " }
        }
    }
}

/// What came of a cell, as a word; the colour only repeats it.
fn mark(cell: &CellView) -> Markup {
    let class = match (cell.status, cell.passed) {
        (CellStatus::Failure, _) | (CellStatus::Success, Some(false)) => "tag bad",
        (CellStatus::Success, Some(true)) => "tag good",
        _ => "tag",
    };
    html! { span class=(class) { (outcome(cell)) } }
}

/// Each case in a section of its own.
pub(super) fn cases(view: &ComparisonView, details: &[CellDetail], room: Room) -> Markup {
    html! {
        h2 #cases { "Cases" }
        @for (place, case) in view.cases.iter().enumerate() {
            section.case id=(format!("case-{place}")) aria-labelledby=(format!("case-{place}-name")) {
                h3 id=(format!("case-{place}-name")) { (texts::visible(&case.id)) }
                (given(case, room))
                div.columns {
                    @for variant in 0..view.variants.len() {
                        div.column {
                            @for cell in repeats(view, place, variant) { (told(view, details, cell, room)) }
                        }
                    }
                }
            }
        }
    }
}

/// What a case brings.
fn given(case: &CaseView, room: Room) -> Markup {
    let content = html! {
        @for (name, input) in &case.inputs { h5 { (texts::visible(name)) } (texts::text(input, room)) }
        @for (key, answer) in &case.answers { h5 { "Answer to " (texts::visible(key)) } (texts::text(answer, room)) }
        @if let Some(files) = &case.files {
            h5 { "Files" }
            @if files.is_empty() { p.quiet { "none" } }
            @else { ul { @for path in files { li { code { (texts::visible(path)) } } } } }
        }
        @if !case.checks.is_empty() {
            h5 { "Checks" }
            ul { @for check in &case.checks { li { (texts::visible(check)) } } }
        }
    };
    texts::folded("What it brings and what is checked", false, &content)
}

/// The texts of a cell.
fn texts_of<'d>(details: &'d [CellDetail], cell: &CellView) -> Option<&'d CellDetail> {
    details.iter().find(|detail| {
        let other = &detail.cell;
        (other.case, other.variant, other.repeat) == (cell.case, cell.variant, cell.repeat)
    })
}

fn told(view: &ComparisonView, details: &[CellDetail], cell: &CellView, room: Room) -> Markup {
    let variant = cell.variant as usize;
    let baseline = (cell.variant != view.baseline)
        .then(|| view.cell(cell.case as usize, view.baseline as usize, cell.repeat))
        .flatten()
        .and_then(|baseline| texts_of(details, baseline));
    html! {
        article {
            h4 {
                (variants::label(view, variant))
                @if view.summary.repeats > 1 { " " span.quiet { "repeat " (cell.repeat) } }
                " " (mark(cell))
            }
            (spent(cell))
            @if let Some(problem) = &cell.problem {
                div.problem {
                    p { strong { (problem.code) ": " } (texts::visible(&problem.message)) }
                    @if let Some(remedy) = problem.advice() { p.quiet { (texts::visible(&remedied(&remedy))) } }
                }
            }
            (checks(cell))
            @if let Some(rating) = &cell.rating {
                p.small { "Rated " (rating.score) " of 5" @if !rating.comment.is_empty() { ": " (texts::visible(&rating.comment)) } }
            }
            @if let Some(detail) = texts_of(details, cell) { (sections(detail, baseline, room)) }
        }
    }
}

fn spent(cell: &CellView) -> Markup {
    #[allow(
        clippy::cast_precision_loss,
        reason = "whole tokens and milliseconds of one cell"
    )]
    let float = |value: u64| value as f64;
    let mut facts = Vec::new();
    facts.extend(
        cell.score
            .map(|score| format!("score {}", figures::score(score))),
    );
    facts.extend(
        cell.tokens
            .map(|tokens| format!("{} tokens", figures::tokens(float(tokens)))),
    );
    facts.extend(cell.money.map(|money| money.to_string()));
    facts.extend(cell.duration_ms.map(|time| figures::time(float(time))));
    facts.extend(
        cell.first_token_ms
            .map(|time| format!("first token after {}", figures::time(float(time)))),
    );
    if cell.taken_over {
        facts.push("from an earlier comparison".to_owned());
    }
    html! { @if !facts.is_empty() { p.small { (facts.join(" · ")) } } }
}

fn checks(cell: &CellView) -> Markup {
    html! {
        @if !cell.checks.is_empty() {
            ul.checks {
                @for check in &cell.checks {
                    @let (class, sign, word) = match check.passed {
                        Some(true) => ("good", "✓", "passed"),
                        Some(false) => ("bad", "✗", "failed"),
                        None => ("open", "–", "not judged"),
                    };
                    li class=(class) {
                        span.sign role="img" aria-label=(word) { (sign) }
                        span {
                            (texts::visible(&check.what))
                            @if let Some(score) = check.score { " " span.quiet { "(" (figures::score(score)) ")" } }
                            @if let Some(detail) = &check.detail { div.small { (texts::visible(detail)) } }
                        }
                    }
                }
            }
        }
    }
}

/// Its documents and files, then what was sent and what came; each beside the baseline's.
fn sections(detail: &CellDetail, baseline: Option<&CellDetail>, room: Room) -> Markup {
    let calls = detail.prompts.len().max(detail.answers.len());
    let numbered = |what: &str, call: usize| match calls {
        1 => what.to_owned(),
        _ => format!("{what} {}", call + 1),
    };
    html! {
        @for (name, document) in &detail.documents {
            @let before = baseline.and_then(|baseline| baseline.documents.get(name));
            (texts::beside(&format!("Document {name}"), document, before.map(String::as_str), baseline.is_some(), room))
        }
        (missing(detail, baseline))
        @for file in &detail.files { (changed(file, room)) }
        @for call in 0..calls {
            @if let Some(answer) = detail.answers.get(call) {
                @let before = baseline.and_then(|baseline| baseline.answers.get(call));
                @let same = detail.documents.iter().find(|(_, document)| document.trim() == answer.trim());
                @if let Some((name, _)) = same.filter(|_| !answer.trim().is_empty()) {
                    (texts::as_elsewhere(&numbered("Raw answer", call), &format!("the document {name}, as it is")))
                } @else {
                    (texts::beside(&numbered("Raw answer", call), answer, before.map(String::as_str), false, room))
                }
            }
            @if let Some(prompt) = detail.prompts.get(call) {
                @let name = numbered("Prompt as it was sent", call);
                @if baseline.and_then(|baseline| baseline.prompts.get(call)) == Some(prompt) {
                    (texts::as_elsewhere(&name, "as with the baseline"))
                } @else {
                    (texts::folded(&name, false, &texts::text(prompt, room)))
                }
            }
        }
    }
}

/// Documents that the baseline has, and this cell has not.
fn missing(detail: &CellDetail, baseline: Option<&CellDetail>) -> Markup {
    let own: BTreeSet<&String> = detail.documents.keys().collect();
    let others = baseline.map(|baseline| &baseline.documents);
    let names = others
        .into_iter()
        .flat_map(|documents| documents.keys())
        .filter(|name| !own.contains(name));
    html! { @for name in names { p.small { "Without the baseline’s document " (texts::visible(name)) "." } } }
}

/// What a cell would do to a file.
fn changed(file: &CellFile, room: Room) -> Markup {
    let name = |what: &str| format!("File {}: {what}", file.path);
    match (file.before.as_deref(), file.after.as_deref()) {
        (Some(before), Some(after)) => texts::beside(
            &format!("File {}", file.path),
            after,
            Some(before),
            false,
            room,
        ),
        (None, Some(after)) => texts::folded(&name("new"), false, &texts::text(after, room)),
        (Some(before), None) => texts::folded(
            &name("removed, or no text"),
            false,
            &texts::text(before, room),
        ),
        (None, None) => texts::folded(&name("no text"), false, &html! {}),
    }
}
