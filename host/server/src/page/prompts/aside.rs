//! What stands beside the text of a version: where it comes from, its variables, the other versions, and who made which current.

use maud::{Markup, html};
use stepwell_engine::{PromptSummary, VersionSummary};
use stepwell_store::Origin;

use super::of_intrinsic;
use crate::page::address::of_version;
use crate::page::parts;

/// Of the log of what was current, the newest that the page shows.
const PROMOTIONS: usize = 20;

/// Where a version comes from, and since when it is as it is.
pub(super) fn facts(version: &VersionSummary) -> Markup {
    let origin = match version.origin {
        Origin::Person => "a person",
        Origin::Intrinsic => "its plugin: nobody changed it",
        Origin::Step => "a step",
    };
    let since = if version.current {
        "Current since"
    } else {
        "Last change"
    };
    html! {
        dl.facts {
            div { dt { "Written by" } dd { (origin) } }
            @if version.stored {
                div { dt { "Created" } dd { (parts::moment(version.created_at)) } }
                div { dt { (since) } dd { (parts::moment(version.updated_at)) } }
            }
        }
    }
}

/// Its variables, and which of them the text names.
pub(super) fn variables(prompt: &PromptSummary, content: &str) -> Markup {
    html! {
        div.stack.tight {
            h3 { "Variables" }
            @match prompt.variables.as_deref() {
                None => p.quiet.small { "No plugin has used this prompt yet, so nobody knows its variables." },
                Some([]) => p.quiet.small { "Its plugin gives it none." },
                Some(fields) => ul.variables {
                    @for field in fields {
                        li.used[uses(content, &field.name)] title=(field.description) { code { (field.name) } }
                    }
                },
            }
        }
    }
}

/// Whether a template names a variable: enough for a mark; the engine checks a template before it is saved.
pub(super) fn uses(content: &str, name: &str) -> bool {
    let part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    content.match_indices(name).any(|(at, _)| {
        let before = content[..at].chars().next_back();
        let after = content[at + name.len()..].chars().next();
        !before.is_some_and(part) && !after.is_some_and(part)
    })
}

/// Its versions, newest first.
pub(super) fn history(prompt: &PromptSummary, shown: u32) -> Markup {
    html! {
        div.stack.tight {
            div.row.apart.baseline {
                h3 { "Versions" }
                span.small {
                    a href=(format!("/prompts/{}/history", prompt.name)) { "Scores and costs" } " · "
                    a href="/improvements" { "Improvements" }
                }
            }
            @if let Some(own) = &prompt.intrinsic {
                div.small { a href=(of_intrinsic(&prompt.name)) { "What " (own.plugin) " brings along" } }
            }
            ol.kept {
                @for version in prompt.versions.iter().rev() {
                    li {
                        a href=(of_version(&prompt.name, Some(version.number)))
                            aria-current=[(version.number == shown).then_some("true")] { "v" (version.number) }
                        @if version.current { " " span.tag.water { "current" } }
                        @if version.latest { " " span.tag { "latest" } }
                        @if version.unreadable.is_some() { " " span.tag.bad { "can't be read" } }
                        @if version.stored { " " span.quiet.small { (parts::age(version.created_at)) } }
                        @if !version.note.is_empty() { div.quiet.small { (version.note) } }
                    }
                }
            }
        }
    }
}

/// Who made which version current, newest first.
pub(super) fn promotions(prompt: &PromptSummary) -> Markup {
    html! {
        @if !prompt.promotions.is_empty() {
            details.more {
                summary { "Made current" }
                ol.kept {
                    @for promotion in prompt.promotions.iter().rev().take(PROMOTIONS) {
                        li {
                            strong { "v" (promotion.number) } " "
                            span.quiet.small { (parts::age(promotion.at)) @if !promotion.by.is_empty() { " by " (promotion.by) } }
                            @if !promotion.reason.is_empty() { div.small { (promotion.reason) } }
                            @if let Some(comparison) = promotion.comparison {
                                div.small { a href=(format!("/comparisons/{comparison}")) { "the comparison" } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The form that deletes a version.
pub(super) fn removal(prompt: &PromptSummary, number: u32) -> Markup {
    html! {
        details.more {
            summary { "Delete v" (number) " …" }
            form.stack.tight method="post" action=(format!("/prompts/{}/remove", prompt.name)) {
                input type="hidden" name="version" value=(number);
                p.small { "Its number is not used again. What runs sent with it stays readable in them." }
                div { button.away { "Delete v" (number) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_named_as_a_whole() {
        assert!(uses("{{ feature }}", "feature"));
        assert!(uses("{{ features }} {{feature|upper}}", "feature"));
        assert!(!uses("{{ features }} {{ my_feature }}", "feature"));
    }
}
