//! Versions of a prompt that aren't there as others are: not kept any more, or damaged.

use maud::{Markup, html};
use stepwell_contract::RunId;
use stepwell_engine::{PromptSummary, VersionSummary};

use super::aside::{facts, history, promotions, removal};
use super::choosing::chooser;
use super::text::whole;
use crate::page::address::Address;
use crate::page::frame::head;
use crate::page::parts::{self, Layout};

/// A version that isn't kept any more, as a run used it.
pub(super) fn gone(
    prompt: &PromptSummary,
    (number, text): (u32, &str),
    run: RunId,
    (against, differs): ((u32, Layout), &Markup),
) -> Markup {
    let edit = Address::at(format!("/prompts/{}/edit", prompt.name))
        .with("from", Some(number))
        .with("run", Some(run));
    let actions = html! { div.actions { a.button.first href=(edit) data-key="e" { "Edit" } } };
    html! {
        (head(Some(("Prompts", "/prompts")), &html! { (prompt.name) }, &actions))
        (chooser(prompt, number, against, Some(run)))
        div.prompt {
            section.stack aria-labelledby="text-title" {
                h2 #text-title { "v" (number) " " span.tag { "not kept any more" } }
                div.notice.warn { p {
                    "This is its text as " a href=(format!("/runs/{run}")) { "a run" } " used it. To use it again, save it as a new version: “Edit” begins with it."
                } }
                (differs)
                (parts::bounded_prompt(&format!("Text of v{number}"), text, whole(prompt.name.as_str(), number, Some(run)).as_str()))
            }
            aside.stack aria-label="About this prompt" {
                (history(prompt, number))
                (promotions(prompt))
            }
        }
    }
}

/// A version whose text can't be read: it can go, and another one can be chosen.
pub(super) fn unreadable(prompt: &PromptSummary, version: &VersionSummary, reason: &str) -> Markup {
    let number = version.number;
    html! {
        (head(Some(("Prompts", "/prompts")), &html! { (prompt.name) }, &html! {}))
        (chooser(prompt, number, (0, Layout::default()), None))
        div.prompt {
            section.stack aria-labelledby="text-title" {
                h2 #text-title {
                    "v" (number) " "
                    @if version.current { span.tag.water { "current" } " " }
                    @if version.latest { span.tag { "latest" } " " }
                    span.tag.bad { "can't be read" }
                }
                div.notice.bad role="alert" {
                    strong { "The text of v" (number) " can't be read." }
                    p { (parts::sentence(reason)) }
                    @if version.current {
                        p { "No run begins with it: make another version current, or save a new one from the text of another one." }
                    } @else {
                        p { "Delete it, or save the same text again. The other versions are as they were." }
                    }
                }
            }
            aside.stack aria-label="About this version" {
                (facts(version))
                (history(prompt, number))
                (promotions(prompt))
                @if !version.current { (removal(prompt, number)) }
            }
        }
    }
}
