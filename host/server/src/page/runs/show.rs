//! A run: the tree of its steps beside the step that is looked at.

use axum::extract::{Path, State};
use axum::response::IntoResponse;
use maud::{Markup, html};
use serde::Deserialize;
use stepwell_contract::{ProblemCode, RunId, WaitingFor};
use stepwell_engine::{BranchView, EventView, FileFate, FileView, RunStatus, RunView, Selection};

use super::questions::Refused;
use super::{documents, execution, questions, short, texts, tree};
use crate::asked::Query;
use crate::page::address::{Address, to};
use crate::page::frame::{Section, frame, head};
use crate::page::parts::{self, Done, Layout, Room, Shown};
use crate::page::problem::Page;
use crate::{App, ProblemDetails};

/// The newest events that the page shows.
const EVENTS: u64 = 60;
/// The warnings that it shows above all else.
const WARNINGS: usize = 5;

/// What is looked at.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Looks {
    /// The step; none is the whole run.
    #[serde(default)]
    step: Option<String>,
    /// One of its executions, as a person names it; none is the first that is worth a look.
    #[serde(default)]
    of: Option<String>,
    /// How what differs is laid out.
    #[serde(default)]
    diff: Option<String>,
    /// Whether the step is to be run again, or its answer read again: the forms for that are unfolded.
    #[serde(default)]
    again: Option<String>,
    /// What a form has just done.
    #[serde(default)]
    done: Option<String>,
}

/// `GET /runs/{id}`. An id that is cut short leads to the whole one.
pub(super) async fn show(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(looks): Query<Looks>,
) -> Page {
    let run = app.engine.find_run(&id).await?;
    if run.to_string() != id {
        return Ok(to(format!("/runs/{run}")));
    }
    Ok(page(&app, run, &looks, None).await?.into_response())
}

/// A step of a run at which an answer was refused, since it asks about something else by now.
pub(super) async fn refused_at(app: &App, run: RunId, step: &str, refused: &Refused<'_>) -> Page {
    let looks = Looks {
        step: Some(step.to_owned()),
        ..Looks::default()
    };
    let page = page(app, run, &looks, Some(refused)).await?;
    Ok((refused.problem.status_code(), page).into_response())
}

async fn page(
    app: &App,
    run: RunId,
    looks: &Looks,
    refused: Option<&Refused<'_>>,
) -> Result<Markup, ProblemDetails> {
    let view = app.engine.run(run).await?;
    let step = looks.step.as_deref().filter(|step| !step.is_empty());
    let layout = Layout::of(looks.diff.as_deref());
    let detail = match step.map(|step| view.step(step)) {
        None => overview(app, &view, layout).await?,
        Some(Some(step)) => {
            let again = looks.again.is_some();
            execution::step(app, &view, step, looks.of.as_deref(), (layout, again)).await?
        }
        Some(None) => html! {
            div.notice.warn { strong { "This run has no step " code { (step.unwrap_or_default()) } "." } p { "The tree beside has those that there are." } }
        },
    };
    let content = html! {
        (run_head(&view))
        @if let Some(done) = Done::of(looks.done.as_deref()) { (parts::done_notice(done.sentence())) }
        (standing(&view, step))
        div.run {
            aside.card { (tree::tree(&view, step)) }
            div.stack.wide #step data-follows=(format!("/api/runs/{run}/stream")) data-cursor=(view.cursor) {
                (questions::questions(&view, step, refused))
                (detail)
            }
        }
    };
    let title = format!("{} {}", parts::run_name(&view.summary), short(run));
    Ok(frame(&app.about, Section::Runs, &title, &content))
}

/// Whether a run that nobody carries on has something left to do without an answer.
pub(super) fn can_go_on(view: &RunView) -> bool {
    let run = &view.summary;
    match run.status {
        RunStatus::Interrupted | RunStatus::Failure => true,
        RunStatus::Waiting if run.waiting_for != Some(WaitingFor::Answers) => true,
        RunStatus::Started | RunStatus::Cancelled => false,
        _ => view.stale().next().is_some(),
    }
}

fn run_head(view: &RunView) -> Markup {
    let run = &view.summary;
    let can_cancel = matches!(
        run.status,
        RunStatus::Interrupted | RunStatus::Failure | RunStatus::Waiting
    );
    let is_over = matches!(
        run.status,
        RunStatus::Success | RunStatus::Failure | RunStatus::Cancelled
    );
    let problem = run.problem.as_ref();
    let has_used_up_rounds = problem.is_some_and(|problem| problem.code == ProblemCode::Rounds);
    let actions = html! {
        div.actions #actions data-live {
            @if run.status == RunStatus::Started {
                form method="post" action=(format!("/runs/{}/stop", run.id)) { button { "Stop for now" } }
            }
            @if can_cancel {
                details.more.beneath {
                    summary.small { "Cancel …" }
                    form.inline method="post" action=(format!("/runs/{}/cancel", run.id)) {
                        span.small { "It can't be resumed then." }
                        button.away { "Cancel the run" }
                    }
                }
            }
            @if is_over {
                a.button href=(format!("/runs/{}/remove", run.id)) { "Remove …" }
            }
            @if can_go_on(view) {
                form method="post" action=(format!("/runs/{}/resume", run.id)) {
                    @if run.waiting_for == Some(WaitingFor::InDoubt) {
                        input type="hidden" name="resend" value="yes";
                        button.first { "Send again what is in doubt" }
                    } @else if has_used_up_rounds {
                        label.small { "Rounds " input type="number" name="rounds" value="2" min="1" max="100"; }
                        button.first { "More rounds" }
                    } @else {
                        button.first { (if run.status == RunStatus::Failure { "Try again" } else { "Go on" }) }
                    }
                }
            }
        }
    };
    head(
        Some(("Runs", "/runs")),
        &html! { (parts::run_name(run)) " " span.quiet.mono { (short(run.id)) } },
        &actions,
    )
}

/// Where the run is, in one line that a screen reader hears when it changes, and what it took.
fn standing(view: &RunView, shown: Option<&str>) -> Markup {
    let run = &view.summary;
    // The page of the step that failed says it itself.
    let said_below = |step: &String| Some(step_of(step).as_str()) == shown;
    let problem = run.problem.as_ref();
    let problem = problem.filter(|problem| !problem.step.as_ref().is_some_and(said_below));
    html! {
        div.stack #standing data-live {
            dl.facts {
                div { dt { "State" } dd { span data-said { (parts::run_state(run)) } } }
                div { dt { "Workflow" } dd { (run.workflow) } }
                div { dt { "Tokens in" } dd { (parts::tokens(run.spent.input_tokens)) } }
                div { dt { "Tokens out" } dd { (parts::tokens(run.spent.output_tokens)) } }
                @if let Some(estimate) = &view.estimate {
                    div { dt { "Estimated" } dd { (estimate.to_string()) } }
                }
                div { dt { "Money" } dd { a href=(Address::at("/cost").with("by", Some("step")).with("run", Some(run.id))) { (parts::spent_money(&run.spent)) } } }
                div { dt { "Calls" } dd { a href=(Address::at("/calls").with("run", Some(run.id))) { (run.spent.calls) } } }
                div { dt { "Took" } dd { (parts::duration(run.created_at, run.ended_at)) } }
                div { dt { "Began" } dd { (parts::moment(run.created_at)) } }
                @if let Some(branch) = &view.branch { (on_branch(branch, view.summary.id)) }
                @if run.replayed { div { dt { "Answers" } dd { "replayed from a recording" } } }
            }
            (parts::left_out(view.gaps()))
            @if let Some(problem) = problem {
                div.notice.bad {
                    strong {
                        @if let Some(step) = &problem.step {
                            a href=(super::address(run.id, &step_of(step))) { (step) } ": "
                        }
                        (parts::sentence(&problem.message))
                    }
                    @if let Some(remedy) = problem.advice() { p { (parts::remedy(&remedy)) } }
                }
            }
            (warnings(view, shown))
        }
    }
}

/// What its steps warned of, so that a success that isn't a plain one is seen to be none.
fn warnings(view: &RunView, shown: Option<&str>) -> Markup {
    // The page of the step itself says it below.
    let elsewhere = view.warnings.iter();
    let told: Vec<_> = elsewhere
        .filter(|warning| Some(warning.step.as_str()) != shown)
        .collect();
    html! {
        @if !told.is_empty() {
            div.notice.warn {
                @for warning in told.iter().take(WARNINGS) {
                    p {
                        a href=(super::address(view.summary.id, warning.step.as_str())) { (warning.execution) } ": "
                        (parts::warned(warning))
                    }
                }
                @if told.len() > WARNINGS { p { "And " (told.len() - WARNINGS) " more, on the pages of the steps." } }
            }
        }
    }
}

/// The branch that has what the run wrote, and how to look at it.
fn on_branch(branch: &BranchView, run: RunId) -> Markup {
    html! {
        div {
            dt { "Branch" }
            dd {
                code { (branch.name) }
                @match (&branch.commit, branch.look()) {
                    (Some(commit), Some(look)) => {
                        " at " span.mono title=(commit) { (commit.short()) }
                        br;
                        code.small { (look) }
                    }
                    (Some(commit), None) => {
                        ", deleted since; it was at " span.mono title=(commit) { (commit.short()) }
                        br;
                        form.inline method="post" action=(format!("/runs/{run}/branch")) { button { "Make it again" } }
                    }
                    _ => span.quiet { ", not made yet" },
                }
            }
        }
    }
}

/// The step of an execution's name: `implementation/code[2]` is one of `implementation/code`.
fn step_of(name: &str) -> String {
    name.split('/')
        .map(|level| level.split(['[', '~']).next().unwrap_or_default())
        .collect::<Vec<_>>()
        .join("/")
}

/// The whole run: what it was given, its documents, its files, what happened.
async fn overview(app: &App, view: &RunView, layout: Layout) -> Result<Markup, ProblemDetails> {
    let run = view.summary.id;
    let of_run = Selection {
        run: Some(run),
        ..Selection::default()
    };
    let mut documents = app.engine.documents(&of_run).await?;
    let steps = view.all_steps();
    // As the steps follow each other; the listing has them by name.
    documents.sort_by_key(|document| steps.iter().position(|step| step.path == document.step));
    let files = app.engine.files(run, &of_run).await?;
    let diff = match files.is_empty() {
        true => String::new(),
        false => texts::diff(app, run, None, texts::context(&files), FileFate::Written).await?,
    };
    let dropped = texts::dropped(app, run, None, &files).await?;
    let whole = texts::whole_files(run, None).to_string();
    let shown = Shown::in_layout(layout).with_whole(&whole);
    let after = view.cursor.saturating_sub(EVENTS);
    let events = app
        .engine
        .events(run.into(), after, EVENTS as usize)
        .await?;
    Ok(html! {
        div.stack.wide #overview data-live {
            @if view.inputs.values().any(|value| !value.is_empty()) {
                section.section aria-labelledby="inputs-title" {
                    h2 #inputs-title { "What it was given" }
                    @for (name, value) in view.inputs.iter().filter(|(_, value)| !value.is_empty()) {
                        div.stack.tight { h3 { (name) } (parts::bounded_text(name, value, Room::PAGE, texts::whole_input(run, name).as_str())) }
                    }
                }
            }
            @if !documents.is_empty() {
                section.section aria-labelledby="documents-title" {
                    h2 #documents-title { "Documents" }
                    (documents::of_run(run, &documents))
                }
            }
            @if !files.is_empty() {
                section.section aria-labelledby="files-title" {
                    div.row.apart.baseline {
                        h2 #files-title { "Files" }
                        (parts::layout_form(super::address(run, "").as_str(), &[], layout))
                    }
                    (texts::not_there(&files, view.branch.is_some()))
                    @if !diff.is_empty() || dropped.is_none() { (parts::unified(changed_where(view, &files), &diff, shown)) }
                @if let Some(dropped) = &dropped { (parts::unified(texts::DROPPED, dropped, Shown::in_layout(layout))) }
                }
            }
            section.section aria-labelledby="events-title" {
                div.row.apart.baseline {
                    h2 #events-title { "What happened" }
                    @if after > 0 { span.quiet.small { "the newest " (EVENTS) " of " (view.cursor) } }
                }
                ol.events { @for event in events.iter().rev() { (happened(event)) } }
            }
        }
    })
}

fn changed_where(view: &RunView, files: &[FileView]) -> &'static str {
    let is_there = |file: &FileView| file.published || file.dropped;
    match view.branch.is_some() {
        _ if !files.iter().all(is_there) => "What the run changed",
        true => "What the run changed on its branch",
        false => "What the run changed in the workspace",
    }
}

fn happened(event: &EventView) -> Markup {
    let Some(sentence) = event.event.told(parts::remedy_text) else {
        return html! {};
    };
    html! {
        li {
            (parts::clock(event.at))
            span {
                @if let Some(execution) = &event.execution { span.quiet { (execution) " " } }
                (parts::said(&sentence))
            }
        }
    }
}
