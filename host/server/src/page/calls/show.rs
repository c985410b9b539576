//! One call, with everything that was sent and received.

use axum::extract::{Path, State};
use axum::response::IntoResponse;
use maud::{Markup, html};
use stepwell_contract::{Expense, Money};
use stepwell_engine::{CallDetail, CallView, PromptVersion};
use stepwell_store::CallAttempt;

use super::texts::{TextOf, whole_attempt, whole_of_call};
use crate::App;
use crate::asked::Query;
use crate::page::address::{Address, Pairs, of_version};
use crate::page::frame::{Section, frame, head};
use crate::page::parts::{self, Done, Room};
use crate::page::problem::Page;

/// `GET /calls/{id}`.
pub(super) async fn show(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(pairs): Query<Pairs>,
) -> Page {
    let call = app.engine.call(&id).await?;
    let title = format!("Call of {}", call.call.execution);
    let content = html! {
        @if let Some(done) = Done::of(pairs.get(Done::NAME)) { (parts::done_notice(done.sentence())) }
        div.stack #call data-live data-follows="/api/stream" { (content(&call)) }
    };
    Ok(frame(&app.about, Section::Calls, &title, &content).into_response())
}

/// `POST /calls/{id}/write-off`: what was sent and has no end was not paid.
pub(super) async fn write_off(State(app): State<App>, Path(id): Path<String>) -> Page {
    let by = app.person(String::new());
    let call = app.engine.write_off_call(&id, &by).await?;
    let there = Address::at(format!("/calls/{}", call.call.id));
    Ok(parts::to_done(there, Done::WrittenOff))
}

/// What is held for an attempt without an end, with what a person may say of it.
fn open(call: &CallView, attempt: &CallAttempt) -> Markup {
    html! {
        div.notice.warn {
            strong { "Attempt " (attempt.number) " has no end: it is under way, or its answer was lost." }
            @if let Some(Expense { tokens, money }) = attempt.budgeted {
                p { "Every budget holds " (parts::tokens(Some(tokens))) " tokens" @if money != Money::default() { " and " (money) } " for it, since it may have been paid." }
            }
            form.inline method="post" action=(format!("/calls/{}/write-off", call.id)) {
                button { "It was not paid: write it off" }
            }
        }
    }
}

/// The version that was sent; what was no version leads to the prompt alone.
fn prompt(call: &CallView, used: &PromptVersion) -> Markup {
    let number = Some(used.number).filter(|number| *number > 0);
    let address = of_version(&used.name, number).with("run", number.map(|_| call.run));
    html! { a href=(address) { (used.named()) } }
}

fn content(detail: &CallDetail) -> Markup {
    let call = &detail.call;
    let run = format!("/runs/{}", call.run);
    let request = serde_json::to_string_pretty(&detail.request).unwrap_or_default();
    let text = |label: &str, text: &str, of: TextOf| {
        parts::bounded_text(label, text, Room::PAGE, whole_of_call(call.id, of).as_str())
    };
    html! {
        (head(Some(("Calls", "/calls")), &html! { "Call of " (call.execution) }, &html! {}))
        dl.facts {
            div { dt { "Run" } dd { a href=(Address::at(run).with("step", Some(&call.step))) { (call.step) } } }
            div { dt { "Model" } dd { (call.model) " (" (call.provider_model) " at " (call.provider) ")" } }
            @if let Some(meant) = &call.instead_of { div { dt { "Instead of" } dd { (meant) ", which could not answer" } } }
            @if let Some(answer) = &call.answer_of { div { dt { "Answer" } dd { "that of " a href={ "/calls/" (answer.call) } { "an equal question" } "; nothing was sent" } } }
            @for used in &call.prompts { div { dt { "Prompt" } dd { (prompt(call, used)) } } }
            div { dt { "Tokens in" } dd { (parts::tokens(call.usage.input_tokens)) } }
            div { dt { "Tokens out" } dd { (parts::tokens(call.usage.output_tokens)) } }
            div { dt { "Money" } dd { (parts::money(call.money)) } }
            @if let Some(finish) = &call.finish { div { dt { "Ended with" } dd { (finish) } } }
            div { dt { "Began" } dd { (parts::moment(call.created_at)) } }
        }
        @if let Some(error) = &call.error { div.notice.bad { strong { (parts::sentence(&error.message)) } } }
        @for attempt in call.attempts.iter().filter(|attempt| attempt.is_open()) { (open(call, attempt)) }
        div.beside {
            section.stack.tight { h2 { "Filled prompt" } (text("Filled prompt", &detail.prompt, TextOf::Prompt)) }
            section.stack.tight {
                h2 { "Answer" }
                @match &detail.answer {
                    Some(answer) => (text("Answer", answer, TextOf::Answer)),
                    None => p.quiet { "There is none." },
                }
            }
        }
        @if let Some(reasoning) = &detail.reasoning {
            details.more { summary { "What the model thought before" } (text("Reasoning", reasoning, TextOf::Reasoning)) }
        }
        details.more { summary { "The request as it was made" } (text("Request", &request, TextOf::Request)) }
        @for (place, (attempt, raw)) in call.attempts.iter().zip(&detail.raw).enumerate() {
            details.more {
                summary {
                    "Attempt " (attempt.number) ": "
                    @if let Some(batch) = attempt.batch {
                        "in a batch" @if let Some(saved) = batch.saved { ", which saved " (saved) } ", "
                    }
                    @if let Some(status) = attempt.status { "status " (status) ", " }
                    @match &attempt.written_off {
                        Some(off) => { "written off" @if !off.by.is_empty() { " by " (off.by) } ", " (parts::moment(off.at)) }
                        None => (parts::milliseconds(attempt.duration_ms)),
                    }
                }
                (parts::bounded_text("Bytes as they came", raw, Room::PAGE, whole_attempt(call.id, place).as_str()))
            }
        }
    }
}
