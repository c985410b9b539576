//! A step of a run: one of its executions, with its prompts, answers, documents, files and attempts.

use maud::{Markup, html};
use stepwell_contract::{Name, RunId};
use stepwell_engine::{
    CallDetail, CallView, ExecutionView, PromptUse, RunStatus, RunView, Selection, StepView,
};
use stepwell_store::Author;

use crate::page::address::{Address, of_version};
use crate::page::parts;
use crate::{App, ProblemDetails};

/// Calls that are shown with their texts at once; further ones are a link.
const CALLS: usize = 12;

/// A step, and one of its executions.
pub(super) async fn step(
    app: &App,
    run: &RunView,
    step: &StepView,
    of: Option<&str>,
) -> Result<Markup, ProblemDetails> {
    let named = of.and_then(|of| {
        step.executions
            .iter()
            .find(|execution| execution.name == of)
    });
    let execution = named.or_else(|| step.executions.first());
    let detail = match execution {
        Some(execution) => outcome(app, run, step, execution).await?,
        None => html! {
            p.quiet { (if step.uses.is_some() { "Nothing of it has begun." } else { "It groups its sub-steps." }) }
        },
    };
    let again = match step.uses {
        Some(_) => again(app, run, step, execution).await?,
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
                @if let Some(uses) = &step.uses { div { dt { "Plugin" } dd { a href=(format!("/plugins#{}", anchor(uses))) { (uses) } } } }
                @if let Some(model) = &step.model { div { dt { "Model" } dd { (model) } } }
                @for prompt in &step.prompts { div { dt { "Prompt" } dd { (used(run.summary.id, prompt)) } } }
                @if let Some(execution) = execution {
                    div { dt { "Tokens" } dd { (parts::spent_tokens(&execution.spent)) } }
                    div { dt { "Money" } dd { (parts::spent_money(&execution.spent)) } }
                    div { dt { "Took" } dd { (parts::duration(execution.started_at, execution.ended_at)) } }
                }
            }
            @if step.executions.len() > 1 { (chooser(run, step, execution)) }
        }
        pre.text.short #stream data-execution=[execution.map(|execution| &execution.name)] aria-label="The answer as it comes" tabindex="0" hidden {}
        (detail)
        (again)
    })
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

fn chooser(run: &RunView, step: &StepView, shown: Option<&ExecutionView>) -> Markup {
    html! {
        form.row method="get" action=(format!("/runs/{}", run.summary.id)) data-submit-on-change {
            input type="hidden" name="step" value=(step.path);
            label for="of" { "Of its " (step.executions.len()) }
            select #of name="of" {
                @for execution in &step.executions {
                    option value=(execution.name) selected[shown.is_some_and(|shown| shown.id == execution.id)] {
                        (execution.name) " · " (parts::step_word(execution.status).1)
                    }
                }
            }
            button data-without-scripts { "Show" }
        }
    }
}

async fn outcome(
    app: &App,
    run: &RunView,
    step: &StepView,
    execution: &ExecutionView,
) -> Result<Markup, ProblemDetails> {
    let id = run.summary.id;
    let of_step = Selection {
        run: Some(id),
        step: Some(step.path.clone()),
        round: None,
    };
    let documents = documents(app, execution).await?;
    let mut diff = String::new();
    for file in &execution.files {
        let changed = app.engine.file_diff(id, &of_step, Some(&file.path)).await;
        diff.push_str(&changed?);
    }
    let found = app
        .engine
        .calls_of_execution(id, &step.path, &execution.name, CALLS)
        .await;
    let (details, calls) = found?;
    Ok(html! {
        div.stack.wide #outcome data-live {
            @if let Some(problem) = &execution.problem {
                div.notice.bad {
                    strong { (parts::sentence(&problem.message)) }
                    @if let Some(remedy) = problem.advice() { p { (parts::remedy(&remedy)) } }
                }
            }
            (documents)
            @if !execution.files.is_empty() {
                section.section aria-labelledby="files-title" {
                    h2 #files-title { "Files" }
                    @if execution.files.iter().any(|file| file.replaced_foreign) {
                        p.small { "Somebody else's text was replaced; it is kept. At the terminal " code { "stepwell files " (id) " --restore PATH" } " puts it back." }
                    }
                    (parts::unified("What the step changed in the workspace", &diff))
                }
            }
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
            (attempts(execution))
        }
    })
}

async fn documents(app: &App, execution: &ExecutionView) -> Result<Markup, ProblemDetails> {
    let mut shown = Vec::new();
    for summary in &execution.documents {
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
                        (parts::document(&view.summary.name, 3, &view.text))
                    }
                }
            }
        }
    })
}

/// A call with its prompt and its raw answer.
fn asked(call: &CallDetail, open: bool) -> Markup {
    html! {
        details.call open[open] id=(format!("call-{}", call.call.id)) {
            summary { (call_line(&call.call)) }
            div.stack {
                @if let Some(error) = &call.call.error {
                    div.notice.bad { strong { (parts::sentence(&error.message)) } }
                }
                div.beside {
                    div.stack.tight { h3 { "Filled prompt" } (parts::text("Filled prompt", &call.prompt)) }
                    div.stack.tight {
                        h3 { "Raw answer" }
                        @match &call.answer {
                            Some(answer) => (parts::text("Raw answer", answer)),
                            None => p.quiet { "There is none." },
                        }
                    }
                }
                @if let Some(reasoning) = &call.reasoning {
                    details.more { summary { "What the model thought before" } (parts::text("Reasoning", reasoning)) }
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

fn attempts(execution: &ExecutionView) -> Markup {
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
                        @if !attempt.stderr.is_empty() { (parts::text("What it wrote to its standard error", &attempt.stderr)) }
                    }
                }
            }
        }
    }
}

/// The form that runs the step again, with another version or model.
async fn again(
    app: &App,
    run: &RunView,
    step: &StepView,
    shown: Option<&ExecutionView>,
) -> Result<Markup, ProblemDetails> {
    if matches!(
        run.summary.status,
        RunStatus::Started | RunStatus::Cancelled
    ) {
        return Ok(html! { div #again data-live {} });
    }
    let mut prompts = Vec::new();
    for used in &step.prompts {
        let Ok(name) = Name::new(used.name.clone()) else {
            continue;
        };
        prompts.push((used, app.engine.prompt(&name).await.ok()));
    }
    let models = app.engine.models();
    Ok(html! {
        div #again data-live {
            details.more.card {
                summary { "Run this step again …" }
                form.stack method="post" action=(format!("/runs/{}/again", run.summary.id)) {
                    input type="hidden" name="step" value=(step.path);
                    p.small.quiet { "With what is current now, or with what you choose. What depends on it is out of date then, and “Go on” runs that too." }
                    @for (used, prompt) in &prompts {
                        @let id = format!("again-{}", used.declared);
                        div.field {
                            label for=(id) { "Version of " (used.name) }
                            select id=(id) name=(format!("prompt.{}", used.declared)) {
                                option value="" { "the current one" }
                                @for version in prompt.iter().flat_map(|prompt| prompt.versions.iter().rev()) {
                                    option value=(version.number) {
                                        "v" (version.number)
                                        @if version.current { " (current)" }
                                        @if version.number == used.number { " (used last)" }
                                    }
                                }
                            }
                        }
                    }
                    @if step.model.is_some() {
                        div.field {
                            label for="again-model" { "Model" }
                            select #again-model name="model" {
                                option value="" { "the same" }
                                @for model in &models { option value=(model.name) { (model.name) " (" (model.model) ")" } }
                            }
                        }
                    }
                    @if let Some(shown) = shown { (by_itself(shown)) }
                    div.actions {
                        button.first { "Run it again" }
                        button formmethod="get" formaction=(format!("/runs/{}/ahead", run.summary.id)) { "Look at its prompt" }
                    }
                    p.small.quiet { "To look at it asks nothing, and costs nothing." }
                }
                form.stack method="post" action=(format!("/runs/{}/reprocess", run.summary.id)) {
                    input type="hidden" name="step" value=(step.path);
                    p.small.quiet { "After its plugin was mended the step can read what it was answered before: nothing is asked, and nothing is paid." }
                    div { button { "Read the answer again" } }
                }
            }
        }
    })
}

/// Where an item is shown it can be run by itself.
fn by_itself(shown: &ExecutionView) -> Markup {
    let items: Vec<u32> = shown.at.iter().filter_map(|it| it.item).collect();
    let [.., last] = items.as_slice() else {
        return html! {};
    };
    html! {
        @if items.len() == 1 {
            label.check {
                input type="checkbox" name="item" value=(last);
                "Only item " (last) ": the others keep what they have"
            }
        }
    }
}
