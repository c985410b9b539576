//! What stands around every page: the bar with the sections, the help, the foot.

use maud::{DOCTYPE, Markup, html};
use stepwell_rendering::page_in_order;

use super::assets;
use crate::About;

/// The sections of the bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    Runs,
    Prompts,
    Comparisons,
    Plugins,
    Calls,
    Cost,
    /// None of them: a page that says what is wrong.
    None,
}

const SECTIONS: [(Section, &str, &str, &str); 6] = [
    (Section::Runs, "Runs", "/runs", "r"),
    (Section::Prompts, "Prompts", "/prompts", "p"),
    (Section::Comparisons, "Comparisons", "/comparisons", "c"),
    (Section::Plugins, "Plugins", "/plugins", "l"),
    (Section::Calls, "Calls", "/calls", "a"),
    (Section::Cost, "Cost", "/cost", "o"),
];

/// A whole page around its content.
pub(crate) fn frame(about: &About, section: Section, title: &str, content: &Markup) -> Markup {
    page_in_order(html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="same-origin";
                title { (title) " · Stepwell" }
                link rel="icon" type="image/svg+xml" href=(assets::address("icon.svg"));
                @for style in ["style.css", "page.css"] { link rel="stylesheet" href=(assets::address(style)); }
                script type="module" src=(assets::address("page.js")) {}
            }
            body {
                a.skip href="#content" { "Skip to the content" }
                (bar(about, section))
                main #content tabindex="-1" { (content) }
                footer.foot {
                    @if !about.version.is_empty() { span { "Stepwell " (about.version) } }
                    button type="button" data-opens="help" hidden { "Keyboard" }
                    a href="/api/openapi.json" { "API" }
                }
                (help())
                p.spoken #said role="status" {}
                p.connection #connection role="status" hidden { "Connection lost. Trying again …" }
            }
        }
    })
}

fn bar(about: &About, section: Section) -> Markup {
    html! {
        header.bar {
            div {
                a.home href="/runs" { (mark()) "Stepwell" }
                nav aria-label="Sections" {
                    ul {
                        @for (one, name, address, key) in SECTIONS {
                            li { a href=(address) data-go=(key) aria-current=[(one == section).then_some("page")] { (name) } }
                        }
                    }
                }
                @if !about.project.is_empty() {
                    span.project title=(about.project) { (about.project) }
                }
            }
        }
    }
}

/// Steps that lead down to water.
fn mark() -> Markup {
    html! {
        svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true" {
            path d="M1 3h4v4h4v4h4v4h6" fill="none" stroke="currentColor" stroke-width="2" stroke-linejoin="round" stroke-linecap="round" {}
            path d="M3 17.5h14" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" opacity="0.45" {}
        }
    }
}

fn help() -> Markup {
    html! {
        dialog.help #help aria-labelledby="help-title" {
            div.stack {
                h2 #help-title { "Keyboard" }
                dl {
                    @for (_, name, _, key) in SECTIONS { dt { kbd { "g" } " " kbd { (key) } } dd { (name) } }
                    dt { kbd { "j" } " " kbd { "k" } } dd { "The next and the one before: in a list, of the steps of a run, of the cases of a comparison, of a prompt's versions" }
                    dt { kbd { "↓" } " " kbd { "↑" } } dd { "The same, from a row that was moved to" }
                    dt { kbd { "Enter" } } dd { "Open it" }
                    dt { kbd { "←" } " " kbd { "→" } } dd { "The older and the newer version of a prompt" }
                    dt { kbd { "e" } } dd { "Edit what is shown" }
                    dt { kbd { "t" } } dd { "Try a text of a prompt without saving it" }
                    dt { kbd { "v" } " " kbd { "d" } } dd { "Choose the version that is shown, and the one that it is compared with" }
                    dt { kbd { "c" } } dd { "Compare versions by running them" }
                    dt { kbd { "m" } } dd { "Make the version that is shown current" }
                    dt { kbd { "/" } } dd { "Search" }
                    dt { kbd { "Ctrl" } " " kbd { "Enter" } } dd { "Save, or send the form that you are in" }
                    dt { kbd { "?" } } dd { "This help" }
                    dt { kbd { "Esc" } } dd { "Close" }
                }
                label.check { input #single-keys type="checkbox" checked; "Keys without Ctrl do something" }
                form method="dialog" { button autofocus { "Close" } }
            }
        }
    }
}

/// The head of a page: where it belongs, its name, and what can be done.
pub(crate) fn head(crumb: Option<(&str, &str)>, title: &Markup, actions: &Markup) -> Markup {
    html! {
        div.head {
            div.named {
                @if let Some((name, address)) = crumb {
                    p.crumb { a href=(address) { "← " (name) } }
                }
                h1 { (title) }
            }
            (actions)
        }
    }
}
