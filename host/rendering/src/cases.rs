//! One case of a comparison: the same sections in each column, the baseline first, the others as what differs from it.

use std::collections::BTreeSet;

use maud::{Markup, html};
use stepwell_comparison::{CaseView, CellDetail, CellView, CheckResult, ComparisonView, TextOf};
use stepwell_contract::{amounts, visible};

use crate::around::{Around, Whole};
use crate::beside::{Told, as_elsewhere, beside, gone};
use crate::matrix::verdict;
use crate::room::Room;
use crate::summary::{column_head, labelled, wrong};
use crate::texts::{bounded_text, capital, sentence, text};

/// A column: a cell, with its texts where they are at hand.
#[derive(Debug, Clone, Copy)]
pub struct Side<'c> {
    /// The cell.
    pub cell: &'c CellView,
    /// Its texts.
    pub detail: Option<&'c CellDetail>,
    /// How many different answers its repeats had, where somebody counted.
    pub distinct: Option<usize>,
}

impl<'c> Side<'c> {
    fn place(&self) -> usize {
        self.cell.variant as usize
    }

    fn text(&self, of: TextOf) -> Option<&'c str> {
        self.detail?.text(of)
    }
}

/// What a case at a place brings.
#[must_use]
pub fn given(place: usize, case: &CaseView, around: &impl Around) -> Markup {
    html! {
        @for (name, value) in &case.inputs {
            div.stack.tight {
                h3 { (visible(name)) }
                @match around.all(Whole::Input(place, name)) {
                    Some(all) => (bounded_text(name, value, Room::PAGE, &all)),
                    None => (text(name, value)),
                }
            }
        }
        @for (key, answer) in &case.answers { p { strong { (visible(key)) } ": " (visible(answer)) } }
        @if let Some(files) = &case.files { p { "Its files: " (visible(&files.join(", "))) } }
        @if !case.checks.is_empty() {
            div.stack.tight { h3 { "Checks" } ul { @for check in &case.checks { li { (visible(check)) } } } }
        }
    }
}

/// The cells of a case side by side, the baseline first.
#[must_use]
pub fn sides(view: &ComparisonView, sides: &[Side], around: &impl Around) -> Markup {
    html! {
        div.scrolls tabindex="0" role="region" aria-label="Side by side" {
            table.cards.sides {
                thead { tr { @for side in sides { (column_head(view, side.place())) } } }
                tbody {
                    (row(view, sides, |side| outcome(side, view.summary.repeats, around)))
                    (section(sides, "Rating"))
                    (row(view, sides, |side| around.rating(side.cell)))
                    (sections(view, sides, around))
                }
            }
        }
    }
}

fn row(view: &ComparisonView, sides: &[Side], told: impl Fn(&Side) -> Markup) -> Markup {
    html! { tr { @for side in sides { td data-label=(labelled(view, side.place())) { (told(side)) } } } }
}

fn section(sides: &[Side], name: &str) -> Markup {
    html! { tr.part { th colspan=(sides.len()) scope="colgroup" { h3 { (visible(name)) } } } }
}

/// The texts: a section each, the same in every column.
fn sections(view: &ComparisonView, sides: &[Side], around: &impl Around) -> Markup {
    let details = sides.iter().filter_map(|side| side.detail);
    let all: BTreeSet<TextOf> = details.flat_map(CellDetail::texts).collect();
    html! {
        @for (number, of) in all.into_iter().enumerate() {
            @let one = |side: &Side| one(view, sides, side, (number, of), around);
            (section(sides, &capital(&of.to_string())))
            @if around.texts().is_across() {
                tr {
                    td colspan=(sides.len()) {
                        div.stack {
                            @for side in sides {
                                div.stack.tight { h4 { (visible(&labelled(view, side.place()))) } (one(side)) }
                            }
                        }
                    }
                }
            } @else { (row(view, sides, one)) }
        }
    }
}

/// One text of a cell: beside the baseline's, or else beside what was there. A file says its path, by which its code has colours.
fn one(
    view: &ComparisonView,
    sides: &[Side],
    side: &Side,
    which: (usize, TextOf),
    around: &impl Around,
) -> Markup {
    let told = told(view, sides, side, which, around);
    match which.1 {
        TextOf::File(path) => html! { div data-path=(visible(path)) { (told) } },
        _ => told,
    }
}

fn told(
    view: &ComparisonView,
    sides: &[Side],
    side: &Side,
    (number, of): (usize, TextOf),
    around: &impl Around,
) -> Markup {
    let before = side.detail.and_then(|detail| detail.before(of));
    let name = format!("{of} of {}", view.variants[side.place()].label);
    let all = around.all(Whole::Cell(side.cell, of));
    let is_baseline = side.cell.variant == view.baseline;
    let fold = format!("text-{number}-{}", side.cell.variant);
    let told = |own, other| Told {
        name: &name,
        own,
        other,
        all: all.as_deref(),
        fold: &fold,
        // What was asked is looked up; what came of it is what a person is here for. Of two texts beside each other the
        // earlier one is there already.
        is_aside: matches!(of, TextOf::Prompt(_)) || (is_baseline && around.texts().is_across()),
    };
    let Some(own) = side.text(of) else {
        return match before {
            // It is what was there, which has no address of its own.
            Some(before) => gone(
                &Told {
                    all: None,
                    ..told(before, None)
                },
                around.texts(),
            ),
            None => html! { p.quiet { "n/a" } },
        };
    };
    let mut earlier = side.detail.into_iter().flat_map(CellDetail::texts);
    let same = |other: &TextOf| *other < of && side.text(*other).map(str::trim) == Some(own.trim());
    if let Some(other) = earlier.find(same).filter(|_| !own.trim().is_empty()) {
        return as_elsewhere(&format!("as the {other}, word for word"));
    }
    let baseline = sides
        .first()
        .filter(|first| first.cell.variant == view.baseline && first.place() != side.place())
        .and_then(|baseline| baseline.text(of));
    beside(&told(own, baseline.or(before)), around.texts())
}

fn outcome(side: &Side, repeats: u32, around: &impl Around) -> Markup {
    let cell = side.cell;
    html! {
        article.stack.tight {
            div.row.baseline {
                (verdict(&[cell]))
                @if cell.taken_over { span.tag title="It was there already" { "taken over" } }
                (around.links(cell))
            }
            div.small.quiet.row {
                @if let Some(score) = cell.score { span { "score " (amounts::score(score)) } }
                @if let Some(tokens) = cell.tokens { span { (amounts::tokens(tokens)) " tokens" } }
                @if let Some(duration) = cell.duration_ms { span { (amounts::duration(duration)) } }
                @if let Some(first) = cell.first_token_ms { span { "first token after " (amounts::duration(first)) } }
                @if let Some(money) = cell.money { span { (money) } }
                @if let Some(distinct) = side.distinct.filter(|_| repeats > 1) { span { (distinct) " different answers in " (repeats) " repeats" } }
            }
            @if let Some(problem) = &cell.problem { (wrong("bad", problem, around)) }
            @if !cell.checks.is_empty() { ul.checks { @for check in &cell.checks { (checked(check)) } } }
        }
    }
}

fn checked(check: &CheckResult) -> Markup {
    let (class, word) = match check.found.passed {
        Some(true) => ("success", "holds"),
        Some(false) => ("failure", "doesn't hold"),
        None => ("pending", "not judged"),
    };
    html! {
        li {
            span class=(format!("state bare {class}")) title=(word) { span { (word) } } " "
            (sentence(&check.what))
            @if let Some(score) = check.found.score { span.quiet { " · score " (amounts::score(score)) } }
            @if let Some(detail) = &check.found.detail { div.small.quiet { (visible(detail)) } }
        }
    }
}
