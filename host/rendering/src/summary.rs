//! A comparison in few words: where it is, what it cost, what the numbers say.

use maud::{Markup, html};
use stepwell_comparison::{BatchesView, ComparisonStatus, ComparisonView};
use stepwell_contract::Problem;

use crate::amounts::{spent_money, spent_tokens};
use crate::around::Around;
use crate::texts::{said, sentence};

/// Where a comparison is.
#[must_use]
pub fn state(status: ComparisonStatus) -> Markup {
    let (class, word) = match status {
        ComparisonStatus::Running => ("running", "running"),
        ComparisonStatus::Interrupted => ("interrupted", "interrupted"),
        ComparisonStatus::Finished => ("success", "finished"),
        ComparisonStatus::Stopped => ("failure", "stopped"),
    };
    html! { span class=(format!("state {class}")) { (word) } }
}

/// Where it is, how large it is, and what it cost.
#[must_use]
pub fn facts(view: &ComparisonView, began: &Markup) -> Markup {
    let summary = &view.summary;
    let done = view.cells.iter().filter(|cell| cell.has_outcome()).count();
    let under_way = summary.status != ComparisonStatus::Finished;
    html! {
        dl.facts {
            div { dt { "State" } dd { span data-said { (state(summary.status)) @if under_way { " " (done) " of " (view.cells.len()) " cells" } } } }
            div { dt { "Cases" } dd { (summary.case_count) } }
            @if summary.repeats > 1 { div { dt { "Repeats" } dd { (summary.repeats) } } }
            div { dt { "Tokens" } dd { (spent_tokens(&view.spent)) } }
            div { dt { "Money" } dd { (spent_money(&view.spent)) } }
            @for told in view.batches.iter().flat_map(BatchesView::told) { div { dt { "Batches" } dd { (told) } } }
            div { dt { "Began" } dd { (began) } }
        }
    }
}

/// What the numbers say.
#[must_use]
pub fn sentences(view: &ComparisonView) -> Markup {
    html! {
        @if !view.sentences.is_empty() {
            div.notice { @for sentence in &view.sentences { p.lead { (said(sentence)) } } }
        }
    }
}

/// Why a comparison stopped.
#[must_use]
pub fn stopped(view: &ComparisonView, around: &impl Around) -> Markup {
    html! { @if let Some(problem) = &view.summary.problem { (wrong("warn", problem, around)) } }
}

/// A problem, and what helps.
pub(crate) fn wrong(class: &str, problem: &Problem, around: &impl Around) -> Markup {
    html! {
        div class=(format!("notice {class}")) {
            strong { (sentence(&problem.message)) }
            @if let Some(remedy) = problem.advice() { p { (around.remedy(&remedy)) } }
        }
    }
}

/// The places of the variants as they are shown: the baseline first.
#[must_use]
pub fn columns(view: &ComparisonView) -> Vec<usize> {
    let baseline = view.baseline as usize;
    let others = (0..view.variants.len()).filter(|variant| *variant != baseline);
    std::iter::once(baseline).chain(others).collect()
}

/// The name of a column, where its head isn't in sight.
pub(crate) fn labelled(view: &ComparisonView, variant: usize) -> String {
    let label = &view.variants[variant].label;
    match variant == view.baseline as usize {
        true => format!("{label} (baseline)"),
        false => label.clone(),
    }
}

/// The head of a column.
pub(crate) fn column_head(view: &ComparisonView, place: usize) -> Markup {
    html! {
        th scope="col" {
            (view.variants[place].label)
            @if place == view.baseline as usize { " " span.tag { "baseline" } }
        }
    }
}
