//! The prompts, each with its current version.

use axum::extract::State;
use axum::response::IntoResponse;
use maud::{Markup, html};
use stepwell_engine::PromptSummary;

use crate::App;
use crate::page::frame::{Section, frame, head};
use crate::page::parts;
use crate::page::problem::Page;

/// `GET /prompts`.
pub(super) async fn list(State(app): State<App>) -> Page {
    let prompts = app.engine.prompts().await?;
    let content = html! {
        (head(None, &html! { "Prompts" }, &html! {}))
        div.stack #prompts data-live data-follows="/api/stream" {
            @if prompts.is_empty() {
                div.empty {
                    p { "No prompts yet." }
                    p { "A run stores the prompt that each of its steps brings along as version 1." }
                    a.button.first href="/runs/new" { "Start a run" }
                }
            } @else {
                div.card.flush {
                    table.cards.prompts {
                        thead { tr { th { "Prompt" } th { "Current" } th { "Kept" } th { "Why" } th { "Since" } } }
                        tbody { @for prompt in &prompts { (row(prompt)) } }
                    }
                }
            }
        }
    };
    Ok(frame(&app.about, Section::Prompts, "Prompts", &content).into_response())
}

fn row(prompt: &PromptSummary) -> Markup {
    let current = prompt.versions.iter().find(|version| version.current);
    let newer = current.is_some_and(|version| !version.latest);
    html! {
        tr {
            td { a href=(format!("/prompts/{}", prompt.name)) data-row { strong { (prompt.name) } } }
            @if let Some(reason) = &prompt.unreadable {
                td colspan="4" { span.tag.bad { "unreadable" } " " (reason) }
            } @else if let Some(version) = current {
                td data-label="Current" {
                    "v" (version.number)
                    @if newer { " " span.tag { "not the latest" } }
                    @if prompt.intrinsic.as_ref().is_some_and(|own| own.is_offered()) { " " span.tag { "its plugin brings another" } }
                    @if !prompt.stored { " " span.tag { "not stored yet" } }
                    @if version.unreadable.is_some() { " " span.tag.bad { "can't be read" } }
                }
                td data-label="Kept" { @for kept in &prompt.versions { "v" (kept.number) " " } }
                td { (note_of(&version.note)) }
                td { @if prompt.stored { (parts::age(version.updated_at)) } }
            }
        }
    }
}

fn note_of(note: &str) -> &str {
    note.lines().next().unwrap_or_default()
}
