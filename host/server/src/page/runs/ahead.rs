//! What a step would ask its model, looked at before it is run.

use axum::extract::{Query, State};
use axum::response::IntoResponse;
use maud::{Markup, html};
use stepwell_contract::{Form, Role, RunId, StepPath};
use stepwell_engine::{Ahead, AheadOf, LookAhead, PromptAhead, UnsentCall};

use super::acting::{chosen, step_of};
use super::{address, short};
use crate::App;
use crate::app::OfRun;
use crate::page::address::{Pairs, of_version};
use crate::page::frame::{Section, frame, head};
use crate::page::parts;
use crate::page::problem::Page;

/// `GET /runs/{id}/ahead`: nothing is sent for it, and nothing is kept.
pub(super) async fn show(
    State(app): State<App>,
    OfRun(run): OfRun,
    Query(pairs): Query<Pairs>,
) -> Page {
    let step = step_of(&pairs)?;
    let request = LookAhead {
        of: AheadOf::Run {
            run,
            step: step.clone(),
        },
        with: chosen(&pairs),
    };
    let ahead = app.engine.look_ahead(request).await?;
    let back = address(run, step.as_str()).to_string();
    let crumb = format!("{step} of run {}", short(run));
    let content = html! {
        (head(Some((&crumb, &back)), &html! { "What " (ahead.execution) " would ask" }, &html! {}))
        div.stack.wide {
            (told(&ahead))
            (run_it(run, &step, &pairs))
        }
    };
    let title = format!("What {step} would ask");
    Ok(frame(&app.about, Section::Runs, &title, &content).into_response())
}

/// What it would do first.
pub(in crate::page) fn told(ahead: &Ahead) -> Markup {
    if let Some(problem) = &ahead.problem {
        return html! {
            div.notice.bad {
                strong { "It would fail before it asks: " (parts::sentence(&problem.message)) }
                @if let Some(remedy) = problem.advice() { p { (parts::remedy(&remedy)) } }
            }
        };
    }
    if let Some(form) = &ahead.question {
        return asks_a_person(form);
    }
    html! {
        @if ahead.calls.is_empty() { p { "It asks no model." } }
        @if ahead.calls.len() > 1 { p { "It asks " (ahead.calls.len()) " things at once." } }
        @for call in &ahead.calls { (unsent(call)) }
        @if !ahead.calls.is_empty() {
            p.quiet { "Nothing was sent. What the step asks after that follows from the answer." }
        }
    }
}

fn unsent(call: &UnsentCall) -> Markup {
    html! {
        section.stack {
            dl.facts {
                div { dt { "Model" } dd { (call.model.as_deref().unwrap_or("none is set up")) } }
                @if let Some(model) = &call.provider_model { div { dt { "At its provider" } dd { (model) } } }
                @for prompt in &call.prompts { div { dt { "Prompt" } dd { (version(prompt)) } } }
                div { dt { "Tokens" } dd { (call.estimated_tokens) " at most" } }
                @if !call.tools.is_empty() { div { dt { "Tools" } dd { (call.tools.join(", ")) } } }
            }
            @for message in &call.messages {
                @let who = role(message.role);
                div.stack.tight { h2 { (who) } (parts::text(who, &message.text)) }
            }
        }
    }
}

fn version(prompt: &PromptAhead) -> Markup {
    let PromptAhead {
        name,
        number,
        stored,
        unsaved,
    } = prompt;
    html! {
        @if *unsaved {
            (name) " (the text that isn't saved)"
        } @else if *stored {
            a href=(of_version(name, Some(*number))) { (name) " v" (number) }
        } @else {
            (name) " (its plugin's own)"
        }
    }
}

fn role(role: Role) -> &'static str {
    match role {
        Role::System => "System",
        Role::User => "User",
        Role::Assistant => "Assistant",
        Role::Tool => "Tool",
    }
}

fn asks_a_person(form: &Form) -> Markup {
    html! {
        div.notice.warn {
            strong { "It asks a person first: " (form.title) }
            ul { @for question in &form.questions { li { (question.text) } } }
            p { "What it asks a model follows from the answers." }
        }
    }
}

/// The same, to be run.
fn run_it(run: RunId, step: &StepPath, pairs: &Pairs) -> Markup {
    html! {
        form method="post" action=(format!("/runs/{run}/again")) {
            @for (name, value) in pairs.0.iter().filter(|(_, value)| !value.is_empty()) {
                input type="hidden" name=(name) value=(value);
            }
            div.actions {
                button.first { "Run it again with this" }
                a href=(address(run, step.as_str())) { "Leave it" }
            }
        }
    }
}
