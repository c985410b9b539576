//! The documents of a run: by step where there are many, and all of a step part by part.

use axum::extract::State;
use axum::response::IntoResponse;
use maud::{Markup, html};
use stepwell_contract::RunId;
use stepwell_engine::{DocumentSummary, Selection};

use super::{address, document, short};
use crate::App;
use crate::app::OfRun;
use crate::asked::Query;
use crate::page::address::{Address, Pairs};
use crate::page::frame::{Section, frame, head};
use crate::page::parts;
use crate::page::problem::Page;

/// So many stand on the page of a run as they are; more are folded by their steps.
const FLAT: usize = 30;

/// Documents of a step that its fold has.
const FOLDED: usize = 10;

/// Documents on a page of their own.
const PAGE: usize = 100;

/// The documents of a run, as its page shows them.
pub(super) fn of_run(run: RunId, documents: &[DocumentSummary]) -> Markup {
    if documents.len() <= FLAT {
        return listed(documents);
    }
    let by_step: Vec<_> = documents
        .chunk_by(|one, other| one.step == other.step)
        .collect();
    html! {
        p.small { a href=(all(run, None, 0)) { "All " (documents.len()) " documents" } }
        @for of_step in by_step {
            @let step = of_step[0].step.as_str();
            details.more id=(format!("documents-{step}")) {
                summary { (step) " " span.quiet.small { (of_step.len()) } }
                div.stack.tight {
                    (listed(&of_step[..of_step.len().min(FOLDED)]))
                    @if of_step.len() > FOLDED {
                        p.small { a href=(all(run, Some(step), 0)) { "All " (of_step.len()) " of " (step) } }
                    }
                }
            }
        }
    }
}

/// `GET /runs/{id}/documents`.
pub(super) async fn list(
    State(app): State<App>,
    OfRun(run): OfRun,
    Query(pairs): Query<Pairs>,
) -> Page {
    let step = pairs.get("step");
    let skip: usize = pairs.number("skip").unwrap_or(0);
    let selection = Selection {
        run: Some(run),
        step: step.and_then(|step| step.parse().ok()),
        round: None,
    };
    let documents = app.engine.documents(&selection).await?;
    let begin = skip.min(documents.len());
    let end = (begin + PAGE).min(documents.len());
    let back = address(run, "").to_string();
    let title = match step {
        Some(step) => format!("Documents of {step}"),
        None => "Documents".to_owned(),
    };
    let content = html! {
        (head(Some((&format!("Run {}", short(run)), &back)), &html! { (title) }, &html! {}))
        @if documents.is_empty() { p.quiet { "There are none." } }
        @else { p.quiet { (begin + 1) " to " (end) " of " (documents.len()) } }
        (listed(&documents[begin..end]))
        nav.row aria-label="Pages" {
            @if begin > 0 { a.button href=(all(run, step, begin.saturating_sub(PAGE))) rel="prev" { "Before" } }
            @if end < documents.len() { a.button href=(all(run, step, end)) rel="next" { "Further" } }
        }
    };
    Ok(frame(&app.about, Section::Runs, &title, &content).into_response())
}

fn all(run: RunId, step: Option<&str>, skip: usize) -> Address {
    Address::at(format!("/runs/{run}/documents"))
        .with("step", step)
        .with("skip", Some(skip).filter(|skip| *skip > 0))
}

/// Documents by their names.
pub(super) fn listed(documents: &[DocumentSummary]) -> Markup {
    html! {
        ul.listed {
            @for summary in documents {
                li {
                    a href=(document::address(summary)) { (summary.name) }
                    span.quiet.small {
                        (summary.execution)
                        @if summary.revision > 1 { " " span.tag { "revision " (summary.revision) } }
                    }
                    span.quiet.small { (parts::bytes(summary.bytes)) }
                }
            }
        }
    }
}
