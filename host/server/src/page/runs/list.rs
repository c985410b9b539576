//! The runs, newest first, a page at a time.

use axum::extract::{Query, State};
use axum::response::IntoResponse;
use maud::{Markup, html};
use stepwell_engine::RunSummary;

use super::short;
use crate::App;
use crate::page::address::Pairs;
use crate::page::frame::{Section, frame, head};
use crate::page::parts;
use crate::page::problem::Page;

/// Runs on one page.
const PAGE: usize = 50;

/// `GET /runs`.
pub(super) async fn list(State(app): State<App>, Query(pairs): Query<Pairs>) -> Page {
    let before = match pairs.get("before") {
        Some(given) => Some(app.engine.find_run(given).await?),
        None => None,
    };
    // One more than is shown tells whether there are older ones.
    let mut runs = app.engine.runs(before, Some(PAGE + 1)).await?;
    let more = runs.len() > PAGE;
    runs.truncate(PAGE);
    let actions = html! { div.actions { a.button.first href="/runs/new" { "Start a run" } } };
    let content = html! {
        (head(None, &html! { "Runs" }, &actions))
        @if runs.is_empty() { (nothing(before.is_some())) } @else { (table(&runs)) }
        @if before.is_some() || more {
            nav.row aria-label="Pages" {
                @if before.is_some() { a.button href="/runs" rel="first" { "Newest" } }
                @if let Some(last) = runs.last().filter(|_| more) {
                    a.button href=(format!("/runs?before={}", last.id)) rel="next" { "Older" }
                }
            }
        }
    };
    Ok(frame(&app.about, Section::Runs, "Runs", &content).into_response())
}

fn nothing(paged: bool) -> Markup {
    html! {
        div.empty {
            @if paged { p { "There are no older runs." } }
            @else {
                p { "No runs yet." }
                p { "A run carries out a workflow: give it its inputs, and watch its steps." }
            }
        }
    }
}

fn table(runs: &[RunSummary]) -> Markup {
    html! {
        div.card.flush #runs data-live data-follows="/api/stream" {
            table.runs {
                thead {
                    tr {
                        th { "State" } th { "Run" } th.number { "Tokens" } th.number { "Money" } th.number { "Took" } th.number { "Began" }
                    }
                }
                tbody { @for run in runs { (row(run)) } }
            }
        }
    }
}

fn row(run: &RunSummary) -> Markup {
    html! {
        tr {
            td { (parts::run_state(run)) }
            td {
                a.name href=(format!("/runs/{}", run.id)) data-row { (run.workflow) " " span.quiet.mono { (short(run.id)) } }
                @if let Some(problem) = &run.problem {
                    span.small.quiet {
                        @if let Some(step) = &problem.step { (step) ": " }
                        (parts::said(&first_line(&problem.message)))
                    }
                }
            }
            td.number data-label="Tokens" { (parts::spent_tokens(&run.spent)) }
            td.number data-label="Money" { (parts::spent_money(&run.spent)) }
            td.number data-label="Took" { (parts::duration(run.created_at, run.ended_at)) }
            td.number { (parts::age(run.created_at)) }
        }
    }
}

fn first_line(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let short: String = line.chars().take(140).collect();
    if short.len() < text.len() {
        short + " …"
    } else {
        short
    }
}
