//! A document: its text beside what it looks like, its revisions, and a correction by a person.

use axum::extract::{Form, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use maud::{Markup, html};
use stepwell_contract::RunId;
use stepwell_engine::{DocumentAddress, DocumentSummary, DocumentView, ResumeRun};
use stepwell_store::Author;

use super::run_of;
use crate::App;
use crate::page::address::{Pairs, plain_lines, with_query};
use crate::page::frame::{Section, frame, head};
use crate::page::parts;
use crate::page::problem::{Page, PageError, Shown};

/// The address of a document's page.
pub(super) fn address(document: &DocumentSummary) -> String {
    let take = document.take.to_string();
    with_query(
        &format!("/runs/{}/document", document.run),
        &[
            ("step", document.step.as_str()),
            ("name", &document.name),
            ("items", &joined(document.items.iter())),
            ("rounds", &joined(document.rounds.iter())),
            ("take", &take),
        ],
    )
}

/// `GET /runs/{id}/document`.
pub(super) async fn show(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(query): Query<Vec<(String, String)>>,
) -> Page {
    let run = run_of(&app, &id).await?;
    let pairs = Pairs(query);
    let at = at(&app, run, &pairs)?;
    let number = |name: &str| pairs.get(name).and_then(|number| number.parse().ok());
    let view = app
        .engine
        .document(&at, number("revision"))
        .await
        .shown(&app)?;
    let against = match number("against").filter(|number| *number > 0) {
        Some(other) => Some(app.engine.document(&at, Some(other)).await.shown(&app)?),
        None => None,
    };
    let content = content(&view, against.as_ref());
    let title = format!("{} of {}", view.summary.name, view.summary.execution);
    Ok(frame(&app.about, Section::Runs, &title, &content).into_response())
}

/// `POST /runs/{id}/document`: a correction, and the run goes on with it where that is asked for.
pub(super) async fn save(
    State(app): State<App>,
    Path(id): Path<String>,
    Form(form): Form<Vec<(String, String)>>,
) -> Page {
    let run = run_of(&app, &id).await?;
    let pairs = Pairs(form);
    let at = at(&app, run, &pairs)?;
    let text = plain_lines(pairs.get("text").unwrap_or_default());
    let saved = app.engine.put_document(&at, text).await.shown(&app)?;
    if pairs.get("go_on").is_some() {
        let resume = app.runs.resume(run, ResumeRun::default());
        resume.await.shown(&app)?;
        return Ok(Redirect::to(&super::address(run, "")).into_response());
    }
    Ok(Redirect::to(&address(&saved)).into_response())
}

/// `POST /runs/{id}/document/remove`.
pub(super) async fn remove(
    State(app): State<App>,
    Path(id): Path<String>,
    Form(form): Form<Vec<(String, String)>>,
) -> Page {
    let run = run_of(&app, &id).await?;
    let at = at(&app, run, &Pairs(form))?;
    app.engine.remove_document(&at).await.shown(&app)?;
    Ok(Redirect::to(&super::address(run, at.step.as_str())).into_response())
}

fn at(app: &App, run: RunId, pairs: &Pairs) -> Result<DocumentAddress, PageError> {
    let missing = || {
        PageError::new(
            app,
            StatusCode::NOT_FOUND,
            "the address names no document",
            "the run's page lists its documents",
        )
    };
    let numbers = |name: &str| -> Vec<u32> {
        let given = pairs.get(name).unwrap_or_default().split('.');
        given.filter_map(|number| number.parse().ok()).collect()
    };
    Ok(DocumentAddress {
        run,
        step: pairs
            .get("step")
            .and_then(|step| step.parse().ok())
            .ok_or_else(missing)?,
        name: pairs.get("name").ok_or_else(missing)?.to_owned(),
        items: numbers("items"),
        rounds: numbers("rounds").into_iter().map(Some).collect(),
        take: pairs.get("take").and_then(|take| take.parse().ok()),
    })
}

fn joined<'n>(numbers: impl Iterator<Item = &'n u32>) -> String {
    numbers
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(".")
}

/// What names the document in a form.
fn hidden(document: &DocumentSummary) -> Markup {
    html! {
        input type="hidden" name="step" value=(document.step);
        input type="hidden" name="name" value=(document.name);
        input type="hidden" name="items" value=(joined(document.items.iter()));
        input type="hidden" name="rounds" value=(joined(document.rounds.iter()));
        input type="hidden" name="take" value=(document.take);
    }
}

fn content(view: &DocumentView, against: Option<&DocumentView>) -> Markup {
    let summary = &view.summary;
    let back = super::address(summary.run, summary.step.as_str());
    let is_latest = view.shown_revision == summary.revision;
    let corrected = format!(
        "document/{}/{}/{}",
        summary.run, summary.execution, summary.name
    );
    html! {
        (head(Some((&summary.execution, &back)), &html! { (summary.name) }, &html! {}))
        @if view.revisions.len() > 1 { (revisions(view, against)) }
        @if !is_latest { div.notice.warn { strong { "An earlier text: revision " (summary.revision) " is the one that counts." } } }
        @if let Some(other) = against {
            section.stack.tight {
                h2 { "What differs from revision " (other.shown_revision) }
                (parts::between("What differs", &other.text, &view.text))
            }
        }
        (parts::document(&summary.name, 1, &view.text))
        @if is_latest {
            details.more.card data-edit-details {
                summary data-edit { "Correct it …" }
                form.stack method="post" action=(format!("/runs/{}/document", summary.run)) data-draft=(corrected) {
                    (hidden(summary))
                    div.field {
                        label for="text" { "Text" }
                        textarea #text name="text" rows="24" { "\n" (view.text) }
                        span.hint { "The earlier text stays readable. What depends on it is out of date then." }
                    }
                    div.actions {
                        button.first name="go_on" value="yes" { "Save and go on" }
                        button { "Save" }
                    }
                }
            }
            details.more {
                summary { "Delete it …" }
                form.inline method="post" action=(format!("/runs/{}/document/remove", summary.run)) {
                    (hidden(summary))
                    span.small { "Its texts stay readable by their revisions." }
                    button.away { "Delete" }
                }
            }
        }
    }
}

fn revisions(view: &DocumentView, against: Option<&DocumentView>) -> Markup {
    let other = against.map_or(0, |other| other.shown_revision);
    html! {
        form.card.versions method="get" data-submit-on-change {
            (hidden(&view.summary))
            div.pick {
                label for="revision" { "Revision" }
                select #revision name="revision" {
                    @for revision in view.revisions.iter().rev() {
                        option value=(revision.number) selected[revision.number == view.shown_revision] {
                            (revision.number) " · "
                            (match revision.author { Author::Person => "a person", Author::Step => "the step" })
                            (revision.created_at.strftime(" · %-d %b %Y, %H:%M UTC").to_string())
                        }
                    }
                }
            }
            div.pick {
                label for="against" { "Compare with" }
                select #against name="against" {
                    option value="0" { "nothing" }
                    @for revision in view.revisions.iter().rev().filter(|revision| revision.number != view.shown_revision) {
                        option value=(revision.number) selected[revision.number == other] { (revision.number) }
                    }
                }
            }
            button data-without-scripts { "Show" }
        }
    }
}
