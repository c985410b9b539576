//! The plugins: what they say of themselves, what they ask for, and what the project's definitions grant them.

use std::path::Path;

use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;
use maud::{Markup, html};
use stepwell_contract::{Field, Uses};
use stepwell_engine::{DefinitionView, KnownPlugin, PluginView};

use super::definitions::{definitions, folder};
use super::frame::{Section, frame, head};
use super::problem::{Page, notice};
use super::{parts, runs};
use crate::{App, ProblemDetails};

/// The routes of the plugins.
pub(super) fn router() -> Router<App> {
    Router::new().route("/plugins", get(list))
}

/// `GET /plugins`: the built-in ones, those that the operator gave names to, and those that the project's definitions name by file.
async fn list(State(app): State<App>) -> Page {
    let builtin = app.engine.builtin_plugins().await?;
    let known = definitions(&app).await;
    let mut found: Vec<Result<PluginView, ProblemDetails>> = builtin.into_iter().map(Ok).collect();
    // One that nobody agreed to yet may be on another machine alone, which isn't asked for a page.
    let is_here = |known: &KnownPlugin| known.plugin.is_some() || known.problem.is_some();
    let named = app.engine.project_plugins().await?.plugins.into_iter();
    for name in named.filter(is_here).filter_map(|known| known.name) {
        let plugin = app
            .engine
            .plugin(&name, Path::new(&app.about.project))
            .await;
        found.push(plugin.map_err(ProblemDetails::from));
    }
    for (uses, file) in by_file(&known) {
        let plugin = app.engine.plugin(uses, &folder(&app, file)).await;
        found.push(plugin.map_err(ProblemDetails::from));
    }
    let content = html! {
        (head(None, &html! { "Plugins" }, &html! {}))
        p.quiet { "Each step of a workflow is a component in a sandbox. It gets what its definition grants, and nothing else." }
        @if found.is_empty() { div.empty { p { "No plugins: this build carries none, and no definition of the project names one." } } }
        div.stack {
            @for plugin in &found {
                @match plugin {
                    Ok(plugin) => (card(plugin, &known)),
                    Err(problem) => (notice(problem)),
                }
            }
        }
    };
    Ok(frame(&app.about, Section::Plugins, "Plugins", &content).into_response())
}

/// The plugins that definitions name by a file, each once, with a definition that names it.
fn by_file(known: &[DefinitionView]) -> Vec<(&str, &str)> {
    let mut found: Vec<(&str, &str)> = Vec::new();
    for definition in known {
        for uses in definition
            .steps
            .iter()
            .filter_map(|step| step.uses.as_deref())
        {
            let seen = found.iter().any(|(known, _)| *known == uses);
            if !seen && Uses::of(uses).is_path() {
                found.push((uses, &definition.file));
            }
        }
    }
    found
}

fn card(plugin: &PluginView, known: &[DefinitionView]) -> Markup {
    let description = &plugin.description;
    let digest = plugin.digest.hex();
    html! {
        section.card.stack id=(runs::anchor(&plugin.uses)) aria-label=(plugin.uses) {
            div.row.apart.baseline {
                h2 data-row tabindex="-1" { (plugin.uses) }
                span.quiet.small { (description.version) " · " (parts::bytes(plugin.bytes)) " · " code title=(digest) { (digest[..12]) } }
            }
            @if !description.summary.is_empty() { p { (parts::sentence(&description.summary)) } }
            dl.facts.wide {
                div {
                    dt { "Asks for" }
                    dd {
                        @if description.grants.is_empty() && description.optional_grants().is_empty() { "nothing" }
                        @for grant in &description.grants { span.tag.warn { (grant.name) " = " (grant.value) } " " }
                        @for grant in description.optional_grants() { span.tag { (grant.name) " = " (grant.value) ", if given" } " " }
                    }
                }
                @if let Ok(Some(gate)) = description.gate() {
                    div {
                        dt { "Gate" }
                        dd {
                            "What the steps before it write stays out of the workspace until " code { (gate.document) } " says "
                            @for (index, word) in gate.is.iter().enumerate() { @if index > 0 { " or " } code { (word) } }
                        }
                    }
                }
                div { dt { "Is granted" } dd { (granted(&plugin.uses, known)) } }
            }
            details.more {
                summary { "Inputs, documents, settings, prompts" }
                div.stack {
                    (fields("Inputs", &description.inputs))
                    (fields("Documents", &description.documents))
                    (fields("Settings", &description.settings))
                    @for prompt in &description.prompts {
                        div.stack.tight {
                            h3 { "Prompt " a href=(format!("/prompts/{}", prompt.name)) { (prompt.name) } }
                            (parts::prompt_text(&format!("Intrinsic text of {}", prompt.name), &prompt.intrinsic))
                        }
                    }
                }
            }
        }
    }
}

fn granted(uses: &str, known: &[DefinitionView]) -> Markup {
    let steps = known.iter().flat_map(|definition| {
        let used = definition.steps.iter();
        let used = used.filter(|step| step.uses.as_deref() == Some(uses));
        used.map(move |used| (definition, used))
    });
    let steps: Vec<_> = steps.collect();
    html! {
        @if steps.is_empty() { "nothing: no definition of the project uses it" }
        @else {
            ul.plain {
                @for (definition, used) in steps {
                    li {
                        @for line in &used.grants { span.tag.good { (line) } " " }
                        @if used.grants.is_empty() { "nothing " }
                        span.quiet.small { "step " (used.path) " of " (definition.file) }
                    }
                }
            }
        }
    }
}

fn fields(what: &str, fields: &[Field]) -> Markup {
    html! {
        @if !fields.is_empty() {
            div.stack.tight {
                h3 { (what) }
                dl.fields {
                    @for field in fields {
                        dt { code { (field.name) } @if !field.required { span.quiet.small { " may be missing" } } }
                        dd { (field.description) }
                    }
                }
            }
        }
    }
}
