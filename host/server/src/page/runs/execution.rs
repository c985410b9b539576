//! A step of a run: one of its executions, with its prompts, answers, documents, files and attempts.

use maud::{Markup, html};
use stepwell_contract::{RunId, amounts};
use stepwell_engine::{
    CallDetail, CallView, ExecutionView, FileFate, PromptUse, RunView, StepView, WarningView,
    why_skipped,
};
use stepwell_store::{Author, KeptDocument};

use super::{again, items, texts};
use crate::page::address::{Address, of_version};
use crate::page::calls::{TextOf, whole_of_call};
use crate::page::parts::{self, Layout, Room, Shown};
use crate::{App, ProblemDetails};

/// Calls that are shown with their texts at once; further ones are a link.
const CALLS: usize = 12;

/// Bytes of an answer of a person that are shown.
const MOST_OF_ANSWER: usize = 500;

/// Documents that are shown with their texts at once.
const DOCUMENTS: usize = 8;

/// A step, and one of its executions.
pub(super) async fn step(
    app: &App,
    run: &RunView,
    step: &StepView,
    of: Option<&str>,
    (layout, unfolds_again): (Layout, bool),
) -> Result<Markup, ProblemDetails> {
    let named = of.and_then(|of| {
        step.executions
            .iter()
            .find(|execution| execution.name == of)
    });
    let execution = named.or_else(|| step.executions.first());
    let detail = match execution {
        Some(execution) => outcome(app, run, (step, execution), layout).await?,
        None => html! {
            p.quiet { (if step.uses.is_some() { "Nothing of it has begun." } else { "It groups its sub-steps." }) }
        },
    };
    let again = match step.uses {
        Some(_) => again::form(app, run, (step, execution), unfolds_again).await?,
        None => html! {},
    };
    Ok(html! {
        div.stack #step-head data-live {
            div.row.apart.baseline {
                h2 { (step.path) }
                span.row {
                    @if !step.prompts.is_empty() && execution.is_some() {
                        a href=(Address::at("/comparisons/new").with("run", Some(run.summary.id)).with("step", Some(&step.path))) { "Compare versions on this" }
                    }
                    (parts::step_state(step.status))
                }
            }
            dl.facts {
                @if let Some(uses) = &step.uses { div { dt { "Plugin" } dd { a href=(format!("/plugins#{}", anchor(uses))) { (uses) } (in_use(step)) } } }
                @if let Some(model) = execution.map_or_else(|| step.model_told(), |execution| execution.model_told(step.model.as_deref())) { div { dt { "Model" } dd { (model) } } }
                @for prompt in &step.prompts { div { dt { "Prompt" } dd { (used(run.summary.id, prompt)) } } }
                @if let Some(execution) = execution {
                    div { dt { "Tokens" } dd { (parts::spent_tokens(&execution.spent)) } }
                    div { dt { "Money" } dd { (parts::spent_money(&execution.spent)) } }
                    div { dt { "Took" } dd { (parts::duration(execution.started_at, execution.ended_at)) } }
                }
            }
            @let own = || run.warnings.iter().filter(|warning| is_of_rounds(step, warning));
            @if own().next().is_some() {
                div.notice.warn { @for warning in own() { p { (warning.execution) ": " (parts::warned(warning)) } } }
            }
            @if step.executions.len() > 1 { (items::chooser(run, step, execution, layout)) }
        }
        p.quiet #queue aria-live="polite" hidden {}
        pre.text.short #stream data-execution=[execution.map(|execution| &execution.name)] aria-label="The answer as it comes" tabindex="0" hidden {}
        (detail)
        (again)
    })
}

/// Whether a warning is of a step's rounds: none of its executions says it.
fn is_of_rounds(step: &StepView, warning: &WarningView) -> bool {
    let mut executions = step.executions.iter();
    warning.step == step.path && !executions.any(|execution| execution.name == warning.execution)
}

/// A document that is kept as a file: where, and line by line how it differs from what was there.
fn kept_as_file(kept: &KeptDocument) -> Markup {
    let same = kept.added.is_empty() && kept.changed.is_empty() && kept.removed.is_empty();
    html! {
        div.notice {
            p {
                "Kept as a file: " code { (kept.document) } " in " code { (kept.path) }
                @if kept.is_new { ", which is new." } @else if same { ", as it was." } @else { "." }
            }
            @if !same {
                ul.plain {
                    @for line in &kept.removed { li { strong { "Removed: " } del { (line) } } }
                    @for (before, now) in &kept.changed { li { strong { "Changed: " } del { (before) } " " ins { (now) } } }
                    @for line in &kept.added { li { strong { "Added: " } ins { (line) } } }
                    @if kept.more > 0 { li { "and " (kept.more) " more" } }
                }
            }
        }
    }
}

/// Which plugin it is, and which one the run before had, where that was another one.
fn in_use(step: &StepView) -> Markup {
    html! {
        @if let Some(plugin) = step.plugin_in_use() { ", " (plugin.told()) }
        @if let Some(before) = &step.plugin_before { br; strong { "Another one:" } " the run before had " (before.told()) }
    }
}

/// The id of a plugin on the page of the plugins.
pub(crate) fn anchor(uses: &str) -> String {
    uses.replace(|letter: char| !letter.is_ascii_alphanumeric(), "-")
}

fn used(run: RunId, prompt: &PromptUse) -> Markup {
    html! {
        @if prompt.unsaved { (prompt.name) " (a text that isn't saved)" }
        @else if prompt.number == 0 { (prompt.name) " (its plugin's own)" }
        @else {
            a href=(of_version(&prompt.name, Some(prompt.number)).with("run", Some(run))) { (prompt.name) " v" (prompt.number) }
        }
    }
}

async fn outcome(
    app: &App,
    run: &RunView,
    (step, execution): (&StepView, &ExecutionView),
    layout: Layout,
) -> Result<Markup, ProblemDetails> {
    let id = run.summary.id;
    let documents = documents(app, execution).await?;
    let files = match execution.files.is_empty() {
        true => html! {},
        false => files(app, run, (step, execution), layout).await?,
    };
    let found = app
        .engine
        .calls_of_execution(id, &step.path, &execution.name, CALLS)
        .await;
    let (details, calls) = found?;
    Ok(html! {
        div.stack.wide #outcome data-live {
            @if let Some(reason) = &execution.skipped {
                div.notice { p { "Left out: " (why_skipped(reason)) "." } }
            }
            @if let Some(problem) = &execution.problem {
                div.notice.bad {
                    strong { (parts::sentence(&problem.message)) }
                    @if let Some(remedy) = problem.advice() { p { (parts::remedy(&remedy)) } }
                }
            }
            (warnings(run, execution))
            @if !execution.answered.is_empty() { (answered(execution)) }
            @for kept in &execution.kept { (kept_as_file(kept)) }
            (documents)
            (files)
            @if !details.is_empty() {
                section.section aria-labelledby="calls-title" {
                    div.row.apart.baseline {
                        h2 #calls-title { "Asked and answered" }
                        @if calls > details.len() {
                            a.small href=(Address::at("/calls").with("run", Some(id)).with("step", Some(&step.path))) { "all " (calls) " calls" }
                        }
                    }
                    div { @for (index, call) in details.iter().enumerate() { (asked(call, index == 0)) } }
                }
            }
            (attempts(id, (step, execution)))
        }
    })
}

/// What an execution is to be warned of.
fn warnings(run: &RunView, execution: &ExecutionView) -> Markup {
    let warnings = run.warnings.iter();
    let warnings: Vec<_> = warnings
        .filter(|warning| warning.execution == execution.name)
        .collect();
    let is_told = |said: &str| warnings.iter().any(|warning| warning.message == said);
    // What an earlier round warned of is none of the run's warnings any more.
    let said_then = execution.warnings.iter();
    let said_then: Vec<_> = said_then.filter(|said| !is_told(said)).collect();
    html! {
        @if !warnings.is_empty() || !said_then.is_empty() {
            div.notice.warn {
                @for warning in &warnings { p { (parts::warned(warning)) } }
                @for said in said_then { p { (parts::sentence(said)) } }
            }
        }
    }
}

/// What was answered to its questions.
fn answered(execution: &ExecutionView) -> Markup {
    html! {
        details.more {
            summary { "What was answered, and by whom" }
            dl.facts.wide {
                @for answered in &execution.answered {
                    div {
                        dt { (answered.key) }
                        dd {
                            @if answered.text.is_empty() { "(nothing)" } @else { (amounts::beginning(&answered.text, MOST_OF_ANSWER)) }
                            " " span.quiet.small { @if !answered.by.is_empty() { (answered.by) ", " } (parts::moment(answered.at)) }
                        }
                    }
                }
            }
        }
    }
}

/// What an execution changed in the workspace.
async fn files(
    app: &App,
    view: &RunView,
    (step, execution): (&StepView, &ExecutionView),
    layout: Layout,
) -> Result<Markup, ProblemDetails> {
    let run = view.summary.id;
    let of = Some((step, execution));
    let context = texts::context(&execution.files);
    let diff = texts::diff(app, run, of, context, FileFate::Written).await?;
    let dropped = texts::dropped(app, run, of, &execution.files).await?;
    let whole = texts::whole_files(run, of).to_string();
    let shown = Shown::in_layout(layout).with_whole(&whole);
    let kept = [
        ("step", Some(step.path.as_str())),
        ("of", Some(execution.name.as_str())),
    ];
    let action = super::address(run, "");
    Ok(html! {
        section.section aria-labelledby="files-title" {
            div.row.apart.baseline {
                h2 #files-title { "Files" }
                (parts::layout_form(action.as_str(), &kept, layout))
            }
            @for file in execution.files.iter().filter(|file| file.replaced_foreign) {
                form.inline method="post" action=(format!("/runs/{run}/files/restore")) {
                    input type="hidden" name="step" value=(step.path);
                    input type="hidden" name="of" value=(execution.name);
                    input type="hidden" name="path" value=(file.path);
                    @if let Some(text) = file.foreign { input type="hidden" name="text" value=(text); }
                    span.small { "In " code { (file.path) } " somebody else's text was replaced; it is kept." }
                    button { "Put it back" }
                }
            }
            @let commit = execution.files.iter().find_map(|file| file.commit.as_ref());
            @if let Some(commit) = commit {
                p.small { "Commit " span.mono title=(commit) { (commit.short()) } " of the run's branch." }
            }
            (texts::not_there(&execution.files, view.branch.is_some()))
            @if !diff.is_empty() || dropped.is_none() { (parts::unified("What the step changed", &diff, shown)) }
            @if let Some(dropped) = &dropped { (parts::unified(texts::DROPPED, dropped, Shown::in_layout(layout))) }
        }
    })
}

async fn documents(app: &App, execution: &ExecutionView) -> Result<Markup, ProblemDetails> {
    let (with_texts, others) = execution
        .documents
        .split_at(execution.documents.len().min(DOCUMENTS));
    let room = match with_texts.len() {
        ..=2 => Room::PAGE,
        _ => Room::CELL,
    };
    let mut shown = Vec::new();
    for summary in with_texts {
        shown.push(app.engine.document(&summary.address(), None).await?);
    }
    Ok(html! {
        @if !shown.is_empty() {
            section.section aria-labelledby="documents-title" {
                h2 #documents-title { "Documents" }
                @for view in &shown {
                    @let address = super::document::address(&view.summary);
                    div.stack.tight {
                        div.row.apart.baseline {
                            h3 { a href=(address) { (view.summary.name) } }
                            span.row {
                                @if view.summary.author == Author::Person { span.tag.water { "corrected by a person" } }
                                @if view.summary.revision > 1 { span.tag { "revision " (view.summary.revision) } }
                                span.quiet.small { (parts::bytes(view.summary.bytes)) }
                            }
                        }
                        @let whole = super::document::whole(&view.summary, view.shown_revision);
                        (parts::document(&view.summary.name, 3, &view.text, room, whole.as_str()))
                    }
                }
                @if !others.is_empty() {
                    details.more #more-documents {
                        summary { (others.len()) " more" }
                        (super::documents::listed(others))
                    }
                }
            }
        }
    })
}

/// A call with its prompt and its raw answer.
fn asked(call: &CallDetail, open: bool) -> Markup {
    let room = if open { Room::PAGE } else { Room::CELL };
    let text = |label: &str, text: &str, of: TextOf| {
        let all = whole_of_call(call.call.id, of);
        parts::bounded_text(label, text, room, all.as_str())
    };
    html! {
        details.call open[open] id=(format!("call-{}", call.call.id)) {
            summary { (call_line(&call.call)) }
            div.stack {
                @if let Some(error) = &call.call.error {
                    div.notice.bad { strong { (parts::sentence(&error.message)) } }
                }
                div.beside {
                    div.stack.tight { h3 { "Filled prompt" } (text("Filled prompt", &call.prompt, TextOf::Prompt)) }
                    div.stack.tight {
                        h3 { "Raw answer" }
                        @match &call.answer {
                            Some(answer) => (text("Raw answer", answer, TextOf::Answer)),
                            None => p.quiet { "There is none." },
                        }
                    }
                }
                @if let Some(reasoning) = &call.reasoning {
                    details.more { summary { "What the model thought before" } (text("Reasoning", reasoning, TextOf::Reasoning)) }
                }
                p.small { a href=(format!("/calls/{}", call.call.id)) { "Everything about this call" } }
            }
        }
    }
}

/// A call in one line.
pub(crate) fn call_line(call: &CallView) -> Markup {
    let answered = call.attempts.last();
    html! {
        strong { (call.model) }
        @for used in &call.prompts { span { (used.named()) } }
        span.quiet { (parts::tokens(call.usage.input_tokens)) " in, " (parts::tokens(call.usage.output_tokens)) " out" }
        @if let Some(money) = call.money { span.quiet { (money) } }
        @if let Some(attempt) = answered {
            span.quiet { (parts::milliseconds(attempt.duration_ms)) }
            @if let Some(first) = attempt.first_token_ms { span.quiet { "first token after " (parts::milliseconds(Some(first))) } }
        }
        @if call.attempts.len() > 1 { span.tag.warn { (call.attempts.len()) " attempts" } }
    }
}

fn attempts(run: RunId, of: (&StepView, &ExecutionView)) -> Markup {
    let execution = of.1;
    let telling = execution.attempts.len() > 1
        || execution
            .attempts
            .iter()
            .any(|attempt| !attempt.stderr.is_empty());
    html! {
        @if telling {
            section.section aria-labelledby="attempts-title" {
                h2 #attempts-title { "Attempts" }
                @for attempt in &execution.attempts {
                    div.stack.tight {
                        p {
                            strong { (attempt.number) ". " }
                            (attempt.end.as_deref().unwrap_or("under way"))
                            " " span.quiet.small { (parts::milliseconds(Some(attempt.wall_ms))) ", " (parts::milliseconds(Some(attempt.cpu_ms))) " of the processor" }
                        }
                        @if !attempt.stderr.is_empty() {
                            @let all = texts::whole_stderr(run, of, attempt.number);
                            (parts::bounded_text("What it wrote to its standard error", &attempt.stderr, Room::CELL, all.as_str()))
                        }
                    }
                }
            }
        }
    }
}
