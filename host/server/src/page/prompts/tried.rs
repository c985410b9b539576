//! What came of a text that was tried: its answers as they came, and as the step read them.

use maud::{Markup, html};
use stepwell_contract::{ComparisonId, Uses};
use stepwell_engine::{
    CaseView, CellAddress, CellDetail, CellStatus, CellView, ComparisonStatus, ComparisonView,
    PromptSummary,
};
use stepwell_rendering::{Room, TextOf, Whole};

use super::trial_cases::Case;
use crate::page::address::Pairs;
use crate::page::comparisons::whole_text;
use crate::page::parts;
use crate::page::problem::no_page;
use crate::{App, ProblemDetails};

/// A trial, with what came of it.
pub(super) struct Tried {
    view: ComparisonView,
    detail: CellDetail,
    /// The text.
    pub(super) text: String,
    /// What it was tried on.
    pub(super) case: Option<Case>,
    /// The inputs that it had, where no run gave them.
    pub(super) given: Pairs,
    /// Which time it was sent.
    time: u32,
}

impl Tried {
    /// Whether nothing came, or nothing that the step could read.
    pub(super) fn has_failed(&self) -> bool {
        self.detail.cell.status == CellStatus::Failure
    }

    pub(super) fn model(&self) -> Option<&str> {
        self.view.variants[0].model.as_deref()
    }
}

/// A trial of a prompt.
pub(super) async fn find(
    app: &App,
    prompt: &PromptSummary,
    id: ComparisonId,
    time: u32,
) -> Result<Tried, ProblemDetails> {
    let view = app.engine.comparison(id).await?;
    let variant = view.variants.first().filter(|variant| variant.unsaved);
    let of_prompt = view.summary.prompt.as_ref() == Some(&prompt.name);
    let Some(text) = variant
        .and_then(|variant| variant.template.clone())
        .filter(|_| of_prompt)
    else {
        return Err(no_page(
            format!("no text of `{}` was tried as {id}", prompt.name),
            "the page “Comparisons” has what was tried",
        ));
    };
    let address = CellAddress {
        comparison: id,
        case: 0,
        variant: 0,
        repeat: 1,
    };
    let detail = app.engine.comparison_cell(&address).await?;
    let case = view.cases.first().and_then(|case| case_of(&view, case));
    let given = view.cases.first().map(|case| Pairs::inputs(&case.inputs));
    Ok(Tried {
        text,
        case,
        given: given.unwrap_or_default(),
        time,
        view,
        detail,
    })
}

/// The step that it was tried with; a plugin stands alone, in a step that is named after it.
fn case_of(view: &ComparisonView, case: &CaseView) -> Option<Case> {
    let (step, plugin) = (&view.summary.step, &view.summary.plugin);
    match case.run {
        Some(run) => Some(Case::OfRun {
            run,
            step: step.clone(),
            items: case.items.clone(),
        }),
        None => Uses::of(plugin)
            .is_builtin()
            .then(|| Case::Plugin(plugin.clone())),
    }
}

/// It, as a part of the page that follows it.
pub(super) fn shown(tried: &Tried, send: &str) -> Markup {
    let Tried { view, detail, .. } = tried;
    let cell = &detail.cell;
    let id = view.summary.id;
    let follows = format!("/api/comparisons/{id}/stream");
    html! {
        section.card.stack #tried data-live data-follows=(follows) data-cursor=(view.cursor) aria-labelledby="tried-title" {
            div.row.apart.baseline {
                h2 #tried-title { "What came back" }
                span data-said { (state(tried)) }
            }
            dl.facts {
                @if let Some(model) = tried.model() { div { dt { "Model" } dd { (model) } } }
                div { dt { "Tokens" } dd { (parts::spent_tokens(&cell.spent)) } }
                div { dt { "Money" } dd { (parts::spent_money(&cell.spent)) } }
                div { dt { "Took" } dd { (parts::milliseconds(cell.duration_ms)) } }
                div { dt { "Sent" } dd { (parts::age(view.summary.created_at)) } }
                div { dt { "Kept as" } dd { a href=(format!("/comparisons/{id}")) { "a comparison of this text alone" } } }
                @if let Some(run) = cell.run { div { dt { "Calls" } dd { a href=(format!("/calls?run={run}")) { (cell.spent.calls) } } } }
            }
            (problems(tried))
            @if cell.status == CellStatus::Success { (as_read(id, detail)) }
            @for (place, answer) in detail.answers.iter().enumerate().filter(|(_, answer)| !answer.is_empty()) {
                @let named = match place { 0 => "Raw answer".to_owned(), place => format!("Raw answer {}", place + 1) };
                @let all = whole(id, cell, TextOf::Answer(place));
                div.stack.tight { h3 { (named) } (parts::bounded_text(&named, answer, Room::PAGE, &all)) }
            }
            @if cell.has_outcome() {
                div.row.baseline {
                    button formaction=(send) name="time" value=(tried.time.saturating_add(1)) { "Send it again" }
                    span.small.quiet { "Another answer to the same, which is paid again." }
                }
            }
        }
    }
}

fn state(tried: &Tried) -> Markup {
    let (class, word) = match (tried.detail.cell.status, tried.view.summary.status) {
        (CellStatus::Success, _) => ("success", "answered and read"),
        (CellStatus::Failure, _) => ("failure", "failed"),
        (_, ComparisonStatus::Running) => ("started", "under way"),
        _ => ("interrupted", "not sent to its end"),
    };
    html! { span class=(format!("state {class}")) { (word) } }
}

/// Why nothing came, or why the step couldn't read it.
fn problems(tried: &Tried) -> Markup {
    let of_cell = tried.detail.cell.problem.as_ref();
    let problem = of_cell.or(tried.view.summary.problem.as_ref());
    html! {
        @if let Some(problem) = problem {
            div.notice.bad {
                strong { (parts::sentence(&problem.message)) }
                @if let Some(remedy) = problem.advice() { p { (parts::remedy(&remedy)) } }
            }
        }
    }
}

/// Where all of a text is shown.
fn whole(id: ComparisonId, cell: &CellView, of: TextOf<'_>) -> String {
    whole_text(id, Whole::Cell(cell, of)).to_string()
}

/// What the step made of it.
fn as_read(id: ComparisonId, detail: &CellDetail) -> Markup {
    let all = |of| whole(id, &detail.cell, of);
    html! {
        @if detail.documents.is_empty() && detail.files.is_empty() { p.quiet { "The step wrote nothing." } }
        @for (name, text) in &detail.documents {
            div.stack.tight { h3 { "As the step read it: " (name) } (parts::document(name, 3, text, Room::PAGE, &all(TextOf::Document(name)))) }
        }
        @if !detail.files.is_empty() {
            div.stack.tight {
                h3 { "Files that it would write" }
                p.small.quiet { "They are kept here alone: the workspace is as it was." }
                @for file in &detail.files {
                    @let text = file.after.as_deref().unwrap_or_default();
                    details.more data-path=(file.path) { summary { (file.path) } (parts::bounded_text(&file.path, text, Room::PAGE, &all(TextOf::File(&file.path)))) }
                }
            }
        }
    }
}
