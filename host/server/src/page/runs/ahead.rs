//! What a step would ask its model, looked at before it is run.

use std::fmt;
use std::str::FromStr;

use axum::extract::State;
use axum::response::IntoResponse;
use maud::{Markup, html};
use stepwell_contract::{Form, Role, RunId, StepPath};
use stepwell_engine::{Ahead, AheadOf, LookAhead, PromptAhead, UnsentCall};

use super::acting::{chosen, step_of};
use super::{address, short};
use crate::app::OfRun;
use crate::asked::Query;
use crate::page::address::{Address, Pairs, of_version};
use crate::page::frame::{Section, frame, head};
use crate::page::parts::{self, Room};
use crate::page::problem::{Page, no_page};
use crate::page::whole::Whole;
use crate::{App, ProblemDetails};

/// `GET /runs/{id}/ahead`: nothing is sent for it, and nothing is kept.
pub(super) async fn show(
    State(app): State<App>,
    OfRun(run): OfRun,
    Query(pairs): Query<Pairs>,
) -> Page {
    let step = step_of(&pairs)?;
    let ahead = looked_at(&app, run, &pairs).await?;
    let back = address(run, step.as_str()).to_string();
    let crumb = format!("{step} of run {}", short(run));
    let all = |which: Which| {
        let all = whole_message(run, &pairs, which);
        html! { a href=(all) { "Show all" } }
    };
    let content = html! {
        (head(Some((&crumb, &back)), &html! { "What " (ahead.execution) " would ask" }, &html! {}))
        div.stack.wide {
            (told(&ahead, &all))
            (run_it(run, &step, &pairs))
        }
    };
    let title = format!("What {step} would ask");
    Ok(frame(&app.about, Section::Runs, &title, &content).into_response())
}

/// What the step would ask with what the pairs choose.
async fn looked_at(app: &App, run: RunId, pairs: &Pairs) -> Result<Ahead, ProblemDetails> {
    let step = step_of(pairs)?;
    let request = LookAhead {
        of: AheadOf::Run { run, step },
        with: chosen(pairs),
    };
    Ok(app.engine.look_ahead(request).await?)
}

/// Where all of a message is shown.
fn whole_message(run: RunId, pairs: &Pairs, which: Which) -> Address {
    let there = Address::at(format!("/runs/{run}/ahead/message"));
    let given = pairs.0.iter().filter(|(_, value)| !value.is_empty());
    let there = given.fold(there, |there, (name, value)| there.with(name, Some(value)));
    there.with("message", Some(which))
}

/// `GET /runs/{id}/ahead/message`: one of the messages, whole.
pub(super) async fn message(
    State(app): State<App>,
    OfRun(run): OfRun,
    Query(mut pairs): Query<Pairs>,
) -> Page {
    let which: Option<Which> = pairs.number("message");
    pairs.0.retain(|(name, _)| name != "message");
    let ahead = looked_at(&app, run, &pairs).await?;
    let (which, text) = which
        .and_then(|which| Some((which, which.text(&ahead)?)))
        .ok_or_else(no_message)?;
    let kept = pairs.0.iter().filter(|(_, value)| !value.is_empty());
    let back = kept.fold(
        Address::at(format!("/runs/{run}/ahead")),
        |there, (name, value)| there.with(name, Some(value)),
    );
    let whole = Whole {
        section: Section::Runs,
        back: ("What it would ask", back.to_string()),
        name: format!("Message of {}", ahead.execution),
        text,
        here: Some(whole_message(run, &pairs, which)),
    };
    Ok(whole.answer(&app, &pairs))
}

/// That what would be sent has no such message.
pub(in crate::page) fn no_message() -> ProblemDetails {
    let hint = "what would be sent may have changed meanwhile: look at it again";
    no_page("there is no such message", hint)
}

/// Which message of which call, each from 0: as it stands in an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::page) struct Which {
    call: usize,
    message: usize,
}

impl Which {
    /// The text of the message.
    pub(in crate::page) fn text(self, ahead: &Ahead) -> Option<&str> {
        let message = ahead.calls.get(self.call)?.messages.get(self.message)?;
        Some(&message.text)
    }
}

impl fmt::Display for Which {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{}", self.call, self.message)
    }
}

impl FromStr for Which {
    type Err = ();

    fn from_str(given: &str) -> Result<Self, ()> {
        let (call, message) = given.split_once('-').ok_or(())?;
        Ok(Self {
            call: call.parse().map_err(|_| ())?,
            message: message.parse().map_err(|_| ())?,
        })
    }
}

/// What it would do first; `all` leads to all of a long message.
pub(in crate::page) fn told(ahead: &Ahead, all: &dyn Fn(Which) -> Markup) -> Markup {
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
        @for (place, call) in ahead.calls.iter().enumerate() { (unsent(place, call, all)) }
        @if !ahead.calls.is_empty() {
            p.quiet { "Nothing was sent. What the step asks after that follows from the answer." }
        }
    }
}

fn unsent(place: usize, call: &UnsentCall, all: &dyn Fn(Which) -> Markup) -> Markup {
    html! {
        section.stack {
            dl.facts {
                div { dt { "Model" } dd { (call.model.as_deref().unwrap_or("none is set up")) } }
                @if let Some(model) = &call.provider_model { div { dt { "At its provider" } dd { (model) } } }
                @for prompt in &call.prompts { div { dt { "Prompt" } dd { (version(prompt)) } } }
                div { dt { "Tokens" } dd { (call.estimated_tokens) " at most" } }
                @if !call.tools.is_empty() { div { dt { "Tools" } dd { (call.tools.join(", ")) } } }
            }
            @for (number, message) in call.messages.iter().enumerate() {
                @let (who, text) = (role(message.role), message.text.as_str());
                @let shown = Room::PAGE.shown(text);
                @let all = || all(Which { call: place, message: number });
                div.stack.tight { h2 { (who) } (parts::text(who, shown)) (parts::cut_with(shown, text.len() as u64, &all())) }
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
