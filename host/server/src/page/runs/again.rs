//! The form that runs a step of a run again.

use axum::http::StatusCode;
use maud::{Markup, html};
use stepwell_contract::{Name, RunId};
use stepwell_engine::{ExecutionView, PromptSummary, PromptUse, RunStatus, RunView, StepView};

use crate::page::address::Pairs;
use crate::page::frame::{Section, frame, head};
use crate::page::problem::alert;
use crate::{App, ProblemDetails};

/// The form that runs the step again, with another version or model.
pub(super) async fn form(
    app: &App,
    run: &RunView,
    (step, shown): (&StepView, Option<&ExecutionView>),
    unfolded: bool,
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
            details.more.card open[unfolded] {
                summary { "Run this step again …" }
                form.stack method="post" action=(format!("/runs/{}/again", run.summary.id)) {
                    input type="hidden" name="step" value=(step.path);
                    p.small.quiet { "With what is current now, or with what you choose. What depends on it is out of date then, and “Go on” runs that too." }
                    @for (used, prompt) in &prompts { (versions(used, prompt.as_ref())) }
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

/// The versions of a prompt that a step uses, to choose one.
fn versions(used: &PromptUse, prompt: Option<&PromptSummary>) -> Markup {
    let id = format!("again-{}", used.declared);
    html! {
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
}

/// Asks for a yes to what running a step again will take; with it comes all that was chosen.
pub(super) fn asked(
    app: &App,
    run: RunId,
    pairs: &Pairs,
    problem: &ProblemDetails,
) -> (StatusCode, Markup) {
    let content = html! {
        (head(Some(("The run", super::address(run, "").as_str())), &html! { "Run the step again" }, &html! {}))
        (alert(problem))
        form.stack method="post" action=(format!("/runs/{run}/again")) {
            @for (name, value) in &pairs.0 { input type="hidden" name=(name) value=(value); }
            div.actions { button.first name="confirmed" value="yes" { "Start all the same" } }
        }
    };
    let page = frame(&app.about, Section::Runs, "Run the step again", &content);
    (problem.status_code(), page)
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
