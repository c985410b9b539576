//! A prompt: one of its versions, chosen from a list, and what differs from another one.

use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;
use stepwell_contract::{Name, RunId};
use stepwell_engine::{PromptSummary, UseVersion, VersionView};

use super::aside::{facts, history, promotions, removal, variables};
use super::choosing::chooser;
use super::intrinsic::offered;
use super::text::whole;
use super::{lost, name_of, of_trial};
use crate::App;
use crate::asked::Query;
use crate::page::address::{Address, of_version};
use crate::page::frame::{Section, frame, head};
use crate::page::parts::{self, Done, Layout};
use crate::page::problem::Page;

/// What is looked at: everything of it is in the address.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Shows {
    /// The version; none is the current one.
    #[serde(default)]
    version: Option<u32>,
    /// The version that it is compared with; 0 or none is none.
    #[serde(default)]
    against: Option<u32>,
    /// The run that used the version: shows its text where it isn't kept any more.
    #[serde(default)]
    run: Option<RunId>,
    /// How what differs is laid out.
    #[serde(default)]
    diff: Option<String>,
    /// From which line on unchanged lines are shown.
    #[serde(default)]
    from: Option<u32>,
    /// What a form has just done.
    #[serde(default)]
    done: Option<String>,
}

/// `GET /prompts/{name}`.
pub(super) async fn show(
    State(app): State<App>,
    Path(name): Path<String>,
    Query(shows): Query<Shows>,
) -> Page {
    let name = name_of(&name)?;
    let prompt = app.engine.prompt(&name).await?;
    let number = shows.version.or(prompt.current);
    let shown = prompt
        .versions
        .iter()
        .find(|version| Some(version.number) == number);
    if let Some(shown) = shown
        && let Some(reason) = &shown.unreadable
    {
        let content = lost::unreadable(&prompt, shown, reason);
        return Ok(framed(&app, &prompt, shown.number, &content));
    }
    let layout = Layout::of(shows.diff.as_deref());
    let other = match shows.against.filter(|number| *number > 0) {
        Some(other) => Some(app.engine.prompt_version(&name, Some(other)).await?),
        None => None,
    };
    let unfolded = (layout, shows.from);
    if let (None, Some(number), Some(run)) = (shown, number, shows.run) {
        let text = app.engine.prompt_of_run(run, &name, number).await?;
        let differs = differs(&name, (number, &text), Some(run), other.as_ref(), unfolded);
        let against = (other.map_or(0, |other| other.summary.number), layout);
        let content = lost::gone(&prompt, (number, &text), run, (against, &differs));
        return Ok(framed(&app, &prompt, number, &content));
    }
    let version = app.engine.prompt_version(&name, number).await?;
    let done = Done::of(shows.done.as_deref());
    let shown = (version.summary.number, version.content.as_str());
    let differs = differs(&name, shown, None, other.as_ref(), unfolded);
    let content = content(&prompt, &version, (other.as_ref(), &differs), layout, done);
    Ok(framed(&app, &prompt, version.summary.number, &content))
}

fn framed(app: &App, prompt: &PromptSummary, number: u32, content: &Markup) -> Response {
    let title = format!("{} v{number}", prompt.name);
    frame(&app.about, Section::Prompts, &title, content).into_response()
}

/// A version that a form is about.
#[derive(Debug, Deserialize)]
pub(super) struct Chosen {
    version: u32,
    /// Why it is made current.
    #[serde(default)]
    reason: String,
}

/// `POST /prompts/{name}/current`.
pub(super) async fn make_current(
    State(app): State<App>,
    Path(name): Path<String>,
    Form(chosen): Form<Chosen>,
) -> Page {
    let name = name_of(&name)?;
    let number = chosen.version;
    let _edit = app.edit().await;
    let request = UseVersion {
        name: name.clone(),
        number,
        by: app.person(String::new()),
        reason: chosen.reason,
        comparison: None,
    };
    app.engine.use_prompt_version(request).await?;
    let there = of_version(&name, Some(number));
    Ok(parts::to_done(there, Done::Current))
}

/// `POST /prompts/{name}/remove`.
pub(super) async fn remove(
    State(app): State<App>,
    Path(name): Path<String>,
    Form(chosen): Form<Chosen>,
) -> Page {
    let name = name_of(&name)?;
    let _edit = app.edit().await;
    let removed = app.engine.remove_prompt_version(&name, chosen.version);
    removed.await?;
    let there = of_version(&name, None);
    Ok(parts::to_done(there, Done::Deleted))
}

fn content(
    prompt: &PromptSummary,
    version: &VersionView,
    (other, differs): (Option<&VersionView>, &Markup),
    layout: Layout,
    done: Option<Done>,
) -> Markup {
    let number = version.summary.number;
    let against = other.map_or(0, |other| other.summary.number);
    let actions = actions(prompt, version, other);
    html! {
        (head(Some(("Prompts", "/prompts")), &html! { (prompt.name) }, &actions))
        @if let Some(done) = done { (parts::done_notice(&what_was_done(done, number))) }
        (offered(prompt))
        div #versions data-live data-follows="/api/stream" { (chooser(prompt, number, (against, layout), None)) }
        div.prompt {
            section.stack #shown data-live aria-labelledby="text-title" {
                div.row.apart.baseline {
                    h2 #text-title {
                        "v" (number) " "
                        @if version.summary.current { span.tag.water { "current" } " " }
                        @if version.summary.latest { span.tag { "latest" } " " }
                        @if !version.summary.stored { span.tag { "not stored yet" } }
                    }
                    span.quiet.small { (parts::bytes(version.summary.bytes)) }
                }
                @if !version.summary.note.is_empty() { p.note { (version.summary.note) } }
                @if !version.summary.stored {
                    p.quiet { "It is what the plugin brings along. It is stored as v1 when a run first uses it, or when you save a text of your own, which is v2 then." }
                }
                (differs)
                (parts::bounded_prompt(&format!("Text of v{number}"), &version.content, whole(prompt.name.as_str(), number, None).as_str()))
            }
            aside.stack #about data-live aria-label="About this version" {
                (facts(&version.summary))
                (variables(prompt, &version.content))
                (history(prompt, number))
                (promotions(prompt))
                @if !version.summary.current { (removal(prompt, number)) }
            }
        }
    }
}

/// What can be done with a version.
fn actions(prompt: &PromptSummary, version: &VersionView, other: Option<&VersionView>) -> Markup {
    let number = version.summary.number;
    let edit = Address::at(format!("/prompts/{}/edit", prompt.name)).with("from", Some(number));
    // What is compared here by its text is what is picked there, to be run.
    let compare = Address::at("/comparisons/new")
        .with("prompt", Some(&prompt.name))
        .with("baseline", other.map(|other| other.summary.number))
        .with("version", other.map(|_| number));
    html! {
        div.actions #actions data-live {
            @if !version.summary.current {
                form method="post" action=(format!("/prompts/{}/current", prompt.name)) {
                    input type="hidden" name="version" value=(number);
                    button data-key="m" { "Make v" (number) " current" }
                }
            }
            @if prompt.versions.len() > 1 {
                a.button href=(compare) data-key="c" { "Compare versions" }
            }
            a.button href=(of_trial(&prompt.name).with("from", Some(number))) data-key="t" { "Try it" }
            a.button.first href=(edit) data-key="e" { "Edit" }
        }
    }
}

/// What differs from another version; nothing where there is none. `run` has used the one that is shown, where it isn't kept any more.
fn differs(
    prompt: &Name,
    (number, text): (u32, &str),
    run: Option<RunId>,
    other: Option<&VersionView>,
    unfolded: (Layout, Option<u32>),
) -> Markup {
    let Some(other) = other else { return html! {} };
    let against = other.summary.number;
    let here = of_version(prompt, Some(number)).with("run", run);
    let here = here.with("against", Some(against));
    let all = whole(prompt.as_str(), number, run).to_string();
    let label = format!("From v{against} to v{number}");
    let texts = (other.content.as_str(), text);
    html! {
        h3 { "What differs from v" (against) }
        (parts::differs(&label, texts, here, &all, unfolded))
    }
}

fn what_was_done(done: Done, number: u32) -> String {
    match done {
        Done::Saved => format!("Saved as v{number}. It is current: the next run uses it."),
        Done::Unchanged => {
            format!("That is the text of v{number} already, so no version was added.")
        }
        Done::Current => format!("v{number} is current: the next run uses it."),
        Done::Deleted => format!("Deleted. This is v{number}, the current version."),
        other => other.sentence().to_owned(),
    }
}
