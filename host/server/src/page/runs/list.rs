//! The runs, newest first, a page at a time.

use axum::extract::State;
use axum::response::IntoResponse;
use maud::{Markup, html};
use stepwell_engine::{ListRuns, RunSummary};

use super::short;
use crate::App;
use crate::asked::Query;
use crate::page::address::{Address, Pairs};
use crate::page::frame::{Section, frame, head};
use crate::page::parts::{self, Done};
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
    let wanted = parts::wanted_runs(&pairs, before, PAGE + 1)?;
    let mut runs = app.engine.runs(&wanted).await?;
    let listing = || Address::at("/runs").of_runs(&wanted);
    let more = runs.len() > PAGE;
    runs.truncate(PAGE);
    let actions = html! { div.actions { a.button.first href="/runs/new" { "Start a run" } } };
    let content = html! {
        (head(None, &html! { "Runs" }, &actions))
        @if let Some(done) = Done::of(pairs.get(Done::NAME)) { (parts::done_notice(done.sentence())) }
        (parts::left_out(runs.gaps("run")))
        @if !runs.is_empty() || wanted.leaves_out() { (search(&wanted)) }
        div.stack #listed data-live data-follows="/api/stream" {
            @if runs.is_empty() { (nothing(&wanted)) } @else { (table(&runs)) }
            @if before.is_some() || more {
                nav.row aria-label="Pages" {
                    @if before.is_some() { a.button href=(listing()) rel="first" { "Newest" } }
                    @if let Some(last) = runs.last().filter(|_| more) {
                        a.button href=(listing().with("before", Some(last.id))) rel="next" { "Older" }
                    }
                }
            }
        }
    };
    Ok(frame(&app.about, Section::Runs, "Runs", &content).into_response())
}

fn search(wanted: &ListRuns) -> Markup {
    html! {
        search {
            form.row.find method="get" action="/runs" {
                (parts::finding(wanted, "Words of its input, label, workflow or problem"))
                @if wanted.leaves_out() { a href="/runs" { "All runs" } }
            }
        }
    }
}

fn nothing(wanted: &ListRuns) -> Markup {
    html! {
        div.empty {
            @if wanted.before.is_some() { p { "There are no older runs." } }
            @else if wanted.leaves_out() { p { "No run fits that." } }
            @else {
                p { "No runs yet." }
                p { "A run carries out a workflow: give it its inputs, and watch its steps." }
            }
        }
    }
}

fn table(runs: &[RunSummary]) -> Markup {
    html! {
        div.card.flush {
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
                a.name href=(format!("/runs/{}", run.id)) data-row {
                    (parts::run_name(run)) " " span.quiet.mono { (short(run.id)) }
                }
                @if parts::run_name(run) != run.workflow {
                    span.small.quiet { a href=(Address::at("/runs").with("workflow", Some(&run.workflow))) { (run.workflow) } }
                }
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
