//! One case of a comparison: the same sections in each column, the baseline first, the others as what differs from it.

use std::collections::BTreeSet;

use maud::{Markup, html};
use stepwell_comparison::{CaseView, CellDetail, CellView, CheckResult, ComparisonView};
use stepwell_contract::amounts;

use crate::around::Around;
use crate::beside::{Texts, as_elsewhere, beside, gone};
use crate::matrix::verdict;
use crate::summary::{column_head, labelled, wrong};
use crate::texts::{sentence, text, visible};

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

    /// Its call at a place, of the prompts or the answers; one that is empty never came.
    fn call(&self, of: fn(&CellDetail) -> &Vec<String>, place: usize) -> Option<&'c str> {
        let text = of(self.detail?).get(place)?;
        Some(text.as_str()).filter(|text| !text.is_empty())
    }
}

/// What a case brings.
#[must_use]
pub fn given(case: &CaseView) -> Markup {
    html! {
        @for (name, value) in &case.inputs { div.stack.tight { h3 { (visible(name)) } (text(name, value)) } }
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
                    (sections(view, sides, around.texts()))
                    (section(sides, "Rating"))
                    (row(view, sides, |side| around.rating(side.cell)))
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
fn sections(view: &ComparisonView, sides: &[Side], texts: Texts) -> Markup {
    let details = || sides.iter().filter_map(|side| side.detail);
    let documents: BTreeSet<&String> = details().flat_map(|one| one.documents.keys()).collect();
    let files: BTreeSet<&String> = details()
        .flat_map(|one| one.files.iter().map(|file| &file.path))
        .collect();
    let calls = details()
        .map(|one| one.prompts.len().max(one.answers.len()))
        .max();
    let calls = calls.unwrap_or_default();
    let numbered = |what: &str, call: usize| match calls {
        1 => what.to_owned(),
        _ => format!("{what} {}", call + 1),
    };
    let baseline = sides
        .first()
        .filter(|side| side.cell.variant == view.baseline);
    let of_baseline = |side: &Side, read: &dyn Fn(&Side) -> Option<String>| {
        baseline
            .filter(|baseline| baseline.place() != side.place())
            .and_then(read)
    };
    let told = |name: &str, read: &dyn Fn(&Side) -> Option<String>| {
        row(view, sides, |side| match read(side) {
            Some(own) => {
                let label = format!("{name} of {}", view.variants[side.place()].label);
                beside(&label, &own, of_baseline(side, read).as_deref(), texts)
            }
            None => html! { p.quiet { "n/a" } },
        })
    };
    html! {
        @for name in documents {
            (section(sides, &format!("Document {name}")))
            (told(name, &|side| side.detail?.documents.get(name).cloned()))
        }
        @for path in files {
            (section(sides, &format!("File {path}")))
            (row(view, sides, |side| file(side, baseline, path, texts)))
        }
        @for call in 0..calls {
            @let name = numbered("Raw answer", call);
            (section(sides, &name))
            @if sides.iter().all(|side| is_a_document(side, call).is_some()) {
                (row(view, sides, |side| as_elsewhere(&format!("the document {}, as it is", is_a_document(side, call).unwrap_or_default()))))
            } @else {
                (told(&name, &|side| side.call(|detail| &detail.answers, call).map(str::to_owned)))
            }
            @let name = numbered("Filled prompt", call);
            (section(sides, &name))
            (told(&name, &|side| side.call(|detail| &detail.prompts, call).map(str::to_owned)))
        }
    }
}

/// The document that an answer is, word for word.
fn is_a_document<'c>(side: &Side<'c>, call: usize) -> Option<&'c str> {
    let answer = side.call(|detail| &detail.answers, call)?;
    let mut documents = side.detail?.documents.iter();
    let (name, _) = documents.find(|(_, document)| document.trim() == answer.trim())?;
    Some(name)
}

/// What a cell makes of a file, beside what the baseline makes of it; else beside what was there.
fn file(side: &Side, baseline: Option<&Side>, path: &str, texts: Texts) -> Markup {
    let of = |side: &Side<'_>| {
        let file = side.detail?.files.iter().find(|file| file.path == path)?;
        Some(file.clone())
    };
    let Some(own) = of(side) else {
        return html! { p.quiet { "n/a" } };
    };
    let baseline = baseline.filter(|baseline| baseline.place() != side.place());
    let before = baseline.and_then(of).and_then(|file| file.after);
    match (own.after, before.as_ref().or(own.before.as_ref())) {
        (Some(after), before) => beside(path, &after, before.map(String::as_str), texts),
        (None, _) => match own.before {
            Some(before) => gone(path, &before, texts),
            None => html! { p.quiet { "no text" } },
        },
    }
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
