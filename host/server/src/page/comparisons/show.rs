//! A comparison: what the numbers say, the matrix of its cases, and a case that is looked into.

use std::ops::Range;

use axum::extract::{Path, State};
use axum::response::IntoResponse;
use maud::{Markup, html};
use stepwell_engine::{ComparisonStatus, ComparisonView};
use stepwell_rendering::{facts, matrix, sentences, stopped, templates, variants};

use super::answers::Answers;
use super::around::Linked;
use super::case;
use super::looks::Looks;
use crate::App;
use crate::asked::Query;
use crate::page::address::to;
use crate::page::frame::{Section, frame, head};
use crate::page::parts::{self, Done};
use crate::page::problem::Page;

/// `GET /comparisons/{id}`.
pub(super) async fn show(
    State(app): State<App>,
    Path(given): Path<String>,
    Query(looks): Query<Looks>,
) -> Page {
    let id = app.engine.find_comparison(&given).await?;
    if id.to_string() != given {
        return Ok(to(format!("/comparisons/{id}")));
    }
    let view = app.engine.comparison(id).await?;
    let opened = match looks.case.filter(|case| *case < view.cases.len()) {
        Some(place) => case::case(&app, &view, &looks, place).await?,
        None => html! { div #case data-live {} },
    };
    let order = looks.order(&view);
    let part = looks.part(&order);
    let answers = Answers::of(&app, &view, &order[part.clone()]).await?;
    let around = Linked {
        view: &view,
        looks: &looks,
        answers: &answers,
    };
    let content = html! {
        (comparison_head(&view))
        @match looks.done() {
            // It is said where it can be seen: beside the case.
            None | Some(Done::Rated) => {},
            Some(Done::Current) => (parts::done_notice(&made_current(&view))),
            Some(done) => (parts::done_notice(done.sentence())),
        }
        (standing(&view, &around))
        h2.spoken { "Versions" }
        div.stack.tight #numbers data-live { (variants(&view, &around)) }
        (templates(&view, &around))
        (controls(&view, &looks))
        div.stack #matrix data-live {
            (matrix(&view, &order[part.clone()], &around))
            (pages(&view, &looks, &part, order.len()))
        }
        @if looks.done() == Some(Done::Rated) { (parts::done_notice(Done::Rated.sentence())) }
        (opened)
    };
    let title = format!("{}: {}", view.summary.step, view.summary.labels.join(", "));
    Ok(frame(&app.about, Section::Comparisons, &title, &content).into_response())
}

/// What was made current by this comparison.
fn made_current(view: &ComparisonView) -> String {
    match view.promoted {
        Some(number) => format!("v{number} is current: the next run uses it."),
        None => "It is current: the next run uses it.".to_owned(),
    }
}

fn comparison_head(view: &ComparisonView) -> Markup {
    let can_resume = matches!(
        view.summary.status,
        ComparisonStatus::Interrupted | ComparisonStatus::Stopped
    );
    let actions = html! {
        div.actions #actions data-live {
            @if view.summary.status == ComparisonStatus::Running {
                form method="post" action=(format!("/comparisons/{}/stop", view.summary.id)) { button { "Stop for now" } }
            }
            @if can_resume {
                form method="post" action=(format!("/comparisons/{}/resume", view.summary.id)) { button.first { "Go on" } }
            }
            @if view.summary.status != ComparisonStatus::Running {
                a.button href=(format!("/comparisons/{}/remove", view.summary.id)) { "Remove …" }
            }
        }
    };
    let title = html! {
        (view.summary.step)
        @if let Some(prompt) = &view.summary.prompt { " " span.quiet { "· versions of " (prompt) } }
    };
    head(Some(("Comparisons", "/comparisons")), &title, &actions)
}

fn standing(view: &ComparisonView, around: &Linked) -> Markup {
    let done = view.cells.iter().filter(|cell| cell.has_outcome()).count();
    let under_way = view.summary.status != ComparisonStatus::Finished;
    html! {
        div.stack #standing data-live data-follows=(format!("/api/comparisons/{}/stream", view.summary.id)) data-cursor=(view.cursor) {
            (facts(view, &parts::moment(view.summary.created_at)))
            @if under_way { progress max=(view.cells.len()) value=(done) aria-label="Cells that are done" {} }
            (stopped(view, around))
            (sentences(view))
        }
    }
}

/// What leads to the other parts of the matrix.
fn pages(view: &ComparisonView, looks: &Looks, part: &Range<usize>, cases: usize) -> Markup {
    let to = |skip| format!("{}#cases-title", looks.with_part(view, skip));
    html! {
        @if part.len() < cases {
            nav.row aria-label="Pages of cases" {
                @if part.start > 0 { a.button href=(to(part.start - 1)) { "Cases before" } }
                span.quiet.small { (part.start + 1) " to " (part.end) " of " (cases) " cases" }
                @if part.end < cases { a.button href=(to(part.end)) { "Further cases" } }
            }
        }
    }
}

fn controls(view: &ComparisonView, looks: &Looks) -> Markup {
    html! {
        div.row.apart.baseline {
            h2 #cases-title { "Cases" }
            form.row method="get" action=(format!("/comparisons/{}", view.summary.id)) data-submit-on-change {
                @if let Some(case) = looks.case { input type="hidden" name="case" value=(case); }
                label.inline { "Order"
                    select name="sort" {
                        option value="given" { "as given" }
                        option value="worst" selected[looks.worst_first()] { "worst beside the baseline first" }
                    }
                }
                label.check { input type="checkbox" name="only" value="differing" checked[looks.only_differing()]; "Only what differs" }
                label.check { input type="checkbox" name="texts" value="whole" checked[looks.whole_texts()]; "Whole texts" }
                (parts::layout_in_row(looks.layout()))
                button data-without-scripts { "Show" }
            }
        }
    }
}
