//! A document: its text beside what it looks like, its revisions, and a correction by a person.

use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use stepwell_contract::RunId;
use stepwell_engine::{
    DocumentAddress, DocumentSummary, DocumentView, ResumeRun, RunStatus, RunView,
};
use stepwell_store::Author;

use crate::app::OfRun;
use crate::asked::Query;
use crate::page::address::{Address, Pairs, plain_lines};
use crate::page::frame::{Section, frame, head};
use crate::page::parts::{self, Done, Layout, Room};
use crate::page::problem::{Page, no_page};
use crate::page::whole::Whole;
use crate::{App, ProblemDetails};

/// The address of a document's page.
pub(super) fn address(document: &DocumentSummary) -> Address {
    named(format!("/runs/{}/document", document.run), document)
}

/// Where one of its texts is shown whole.
pub(super) fn whole(document: &DocumentSummary, revision: u32) -> Address {
    let whole = named(format!("/runs/{}/document/text", document.run), document);
    whole.with("revision", Some(revision))
}

/// A path with what names the document.
fn named(path: String, document: &DocumentSummary) -> Address {
    Address::at(path)
        .with("step", Some(&document.step))
        .with("name", Some(&document.name))
        .with("items", joined(&document.items))
        .with("rounds", joined(&document.rounds))
        .with("take", Some(document.take))
}

/// `GET /runs/{id}/document`.
pub(super) async fn show(
    State(app): State<App>,
    OfRun(run): OfRun,
    Query(pairs): Query<Pairs>,
) -> Page {
    let at = at(run, &pairs)?;
    let view = app.engine.document(&at, pairs.number("revision")).await?;
    let against = match pairs.number("against").filter(|number: &u32| *number > 0) {
        Some(other) => Some(app.engine.document(&at, Some(other)).await?),
        None => None,
    };
    let looks = Looks {
        layout: Layout::of(pairs.get(parts::LAYOUT)),
        from: pairs.number("from"),
        corrects: pairs.get("correct").is_some(),
        saved: match Done::of(pairs.get(Done::NAME)) {
            Some(_) => Some(what_is_left(&app.engine.run(run).await?)),
            None => None,
        },
    };
    let content = content(&view, against.as_ref(), &looks);
    let title = format!("{} of {}", view.summary.name, view.summary.execution);
    Ok(frame(&app.about, Section::Runs, &title, &content).into_response())
}

/// `GET /runs/{id}/document/text`: all of it, however long it is.
pub(super) async fn text(
    State(app): State<App>,
    OfRun(run): OfRun,
    Query(pairs): Query<Pairs>,
) -> Page {
    let at = at(run, &pairs)?;
    let view = app.engine.document(&at, pairs.number("revision")).await?;
    let whole = Whole {
        section: Section::Runs,
        back: (&view.summary.name, address(&view.summary).to_string()),
        name: format!("{} of {}", view.summary.name, view.summary.execution),
        text: &view.text,
        here: Some(whole(&view.summary, view.shown_revision)),
    };
    Ok(whole.answer(&app, &pairs))
}

/// `POST /runs/{id}/document`: a correction, and the run goes on with it where that is asked for.
pub(super) async fn save(
    State(app): State<App>,
    OfRun(run): OfRun,
    Form(pairs): Form<Pairs>,
) -> Page {
    let at = at(run, &pairs)?;
    let text = plain_lines(pairs.get("text").unwrap_or_default());
    let saved = {
        let _edit = app.edit().await;
        if let Some(begun) = pairs.number::<u32>(BASED_ON) {
            let latest = app.engine.document(&at, None).await?;
            if latest.summary.revision != begun && latest.text != text {
                return Ok(overtaken(&app, &latest, &text));
            }
        }
        app.engine.put_document(&at, text).await?
    };
    // Where nothing depends on it there is nothing to go on with: the text is saved, and that is all that was left to do.
    if pairs.get("go_on").is_some() && super::can_go_on(&app.engine.run(run).await?) {
        let resumed = app.runs.resume(run, ResumeRun::default()).await;
        resumed.map_err(|problem| ProblemDetails {
            detail: format!(
                "revision {} is saved, but its run doesn't go on: {}",
                saved.revision, problem.detail
            )
            .into(),
            ..problem
        })?;
        return Ok(parts::to_done(super::address(run, ""), Done::GoesOn));
    }
    Ok(parts::to_done(address(&saved), Done::Saved))
}

/// Names, in a form that is sent, the revision that a correction was begun from.
const BASED_ON: &str = "based_on";

/// Somebody else corrected the document while this text was written: it comes back, with what differs.
fn overtaken(app: &App, latest: &DocumentView, typed: &str) -> Response {
    let (summary, revision) = (&latest.summary, latest.summary.revision);
    let title = format!("{} of {}", summary.name, summary.execution);
    let back = address(summary);
    let content = html! {
        (head(Some((&summary.execution, back.as_str())), &html! { (summary.name) }, &html! {}))
        div.notice.warn role="alert" {
            strong { "Revision " (revision) " was saved while you were writing. Nothing of yours is lost: it is in the form below." }
            p { "Look at what differs, take over what you want, and save again: yours becomes the next revision." }
            (parts::between(&format!("From revision {revision} to your text"), &latest.text, typed))
        }
        (correction(latest, true, Some(typed)))
    };
    let page = frame(&app.about, Section::Runs, &title, &content);
    (StatusCode::CONFLICT, page).into_response()
}

/// `POST /runs/{id}/document/remove`.
pub(super) async fn remove(
    State(app): State<App>,
    OfRun(run): OfRun,
    Form(pairs): Form<Pairs>,
) -> Page {
    let at = at(run, &pairs)?;
    app.engine.remove_document(&at).await?;
    let there = super::address(run, at.step.as_str());
    Ok(parts::to_done(there, Done::Deleted))
}

fn at(run: RunId, pairs: &Pairs) -> Result<DocumentAddress, ProblemDetails> {
    let missing = || {
        no_page(
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

fn joined(numbers: &[u32]) -> Option<String> {
    let numbers: Vec<_> = numbers.iter().map(ToString::to_string).collect();
    (!numbers.is_empty()).then(|| numbers.join("."))
}

/// What names the document in a form.
fn hidden(document: &DocumentSummary) -> Markup {
    html! {
        input type="hidden" name="step" value=(document.step);
        input type="hidden" name="name" value=(document.name);
        input type="hidden" name="items" value=[joined(&document.items)];
        input type="hidden" name="rounds" value=[joined(&document.rounds)];
        input type="hidden" name="take" value=(document.take);
    }
}

/// How a document is looked at.
struct Looks {
    layout: Layout,
    /// From which line on unchanged lines are shown.
    from: Option<u32>,
    /// Whether a long text is to be corrected: its editor is no part of the page else.
    corrects: bool,
    /// Where it was saved just now: what is left to do.
    saved: Option<&'static str>,
}

/// What is left to do in a run after one of its documents was corrected.
fn what_is_left(run: &RunView) -> &'static str {
    match (super::can_go_on(run), run.summary.status) {
        (true, _) => "“Go on” in its run brings up to date what depends on it.",
        (_, RunStatus::Started) => "Its run is under way.",
        _ => "Nothing in its run has to be brought up to date.",
    }
}

/// Beyond so many bytes a text is edited on a page of its own.
const EDITED_IN_PLACE: usize = 64 * 1024;

fn content(view: &DocumentView, against: Option<&DocumentView>, looks: &Looks) -> Markup {
    let summary = &view.summary;
    let back = super::address(summary.run, summary.step.as_str());
    let is_latest = view.shown_revision == summary.revision;
    let whole = whole(summary, view.shown_revision).to_string();
    html! {
        (head(Some((&summary.execution, back.as_str())), &html! { (summary.name) }, &html! {}))
        @if let Some(left) = looks.saved {
            (parts::done_notice(&format!("Saved: revision {} counts now. {left}", summary.revision)))
        }
        @if view.revisions.len() > 1 { (revisions(view, against, looks.layout)) }
        @if !is_latest { div.notice.warn { strong { "An earlier text: revision " (summary.revision) " is the one that counts." } } }
        @if let Some(other) = against {
            section.stack.tight {
                h2 { "What differs from revision " (other.shown_revision) }
                (differs(view, other, looks))
            }
        }
        (parts::document(&summary.name, 1, &view.text, Room::PAGE, &whole))
        @if is_latest {
            @if view.text.len() <= EDITED_IN_PLACE || looks.corrects { (correction(view, looks.corrects, None)) }
            @else { p { a href=(address(summary).with("correct", Some("yes"))) data-key="e" { "Correct it …" } } }
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

fn differs(view: &DocumentView, other: &DocumentView, looks: &Looks) -> Markup {
    let here = address(&view.summary)
        .with("revision", Some(view.shown_revision))
        .with("against", Some(other.shown_revision));
    let whole = whole(&view.summary, view.shown_revision).to_string();
    let texts = (other.text.as_str(), view.text.as_str());
    parts::differs(
        "What differs",
        texts,
        here,
        &whole,
        (looks.layout, looks.from),
    )
}

/// The form in which a person writes another text; with what was typed before, where it comes back.
fn correction(view: &DocumentView, open: bool, typed: Option<&str>) -> Markup {
    let summary = &view.summary;
    let corrected = format!(
        "document/{}/{}/{}",
        summary.run, summary.execution, summary.name
    );
    html! {
        details.more.card data-edit-details open[open] {
            summary data-key="e" { "Correct it …" }
            form.stack method="post" action=(format!("/runs/{}/document", summary.run)) data-draft=(corrected)
                data-begun=(format!("from revision {}", summary.revision)) data-newer=[typed.map(|_| "typed")]
                data-at=(address(summary).with("correct", Some("yes"))) {
                (hidden(summary))
                input type="hidden" name=(BASED_ON) value=(summary.revision) data-base;
                div.field {
                    label for="text" { "Text" }
                    textarea #text name="text" rows="24" autofocus[open] { "\n" (typed.unwrap_or(&view.text)) }
                    span.hint { "The earlier text stays readable. What depends on it is out of date then." }
                }
                div.actions {
                    button.first name="go_on" value="yes" { "Save and go on" }
                    button { "Save" }
                }
            }
        }
    }
}

fn revisions(view: &DocumentView, against: Option<&DocumentView>, layout: Layout) -> Markup {
    let other = against.map_or(0, |other| other.shown_revision);
    let others = view.revisions.iter().rev().map(|revision| revision.number);
    let others = others.filter(|number| *number != view.shown_revision);
    let others = others.map(|number| (number, number.to_string()));
    html! {
        form.card.versions method="get" data-submit-on-change {
            (hidden(&view.summary))
            div.pick {
                label for="revision" { "Revision" }
                select #revision name="revision" data-key="v" {
                    @for revision in view.revisions.iter().rev() {
                        option value=(revision.number) selected[revision.number == view.shown_revision] {
                            (revision.number) " · "
                            (match revision.author { Author::Person => "a person", Author::Step => "the step" })
                            (revision.created_at.strftime(" · %-d %b %Y, %H:%M UTC").to_string())
                        }
                    }
                }
            }
            (parts::compare_with(others, other))
            @if against.is_some() { (parts::layout_choice(layout)) }
            button data-without-scripts { "Show" }
        }
    }
}
