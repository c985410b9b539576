//! What a plugin brings along for a prompt: read, held against the versions, and taken as one.

use axum::extract::{Form, Path, State};
use axum::response::IntoResponse;
use maud::{Markup, html};
use serde::Deserialize;
use stepwell_engine::{IntrinsicSummary, PromptSummary, TakeIntrinsic, VersionView};

use super::editing::what_saving_does;
use super::text::whole;
use super::{INTRINSIC, name_of, of_intrinsic};
use crate::App;
use crate::asked::Query;
use crate::page::address::of_version;
use crate::page::frame::{Section, frame, head};
use crate::page::parts::{self, Done, Layout};
use crate::page::problem::Page;

/// What is looked at.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Shows {
    /// The version that it is compared with; none is the current one, 0 is none.
    #[serde(default)]
    against: Option<u32>,
    /// How what differs is laid out.
    #[serde(default)]
    diff: Option<String>,
    /// From which line on unchanged lines are shown.
    #[serde(default)]
    from: Option<u32>,
}

/// `GET /prompts/{name}/intrinsic`.
pub(super) async fn show(
    State(app): State<App>,
    Path(name): Path<String>,
    Query(shows): Query<Shows>,
) -> Page {
    let name = name_of(&name)?;
    let prompt = app.engine.prompt(&name).await?;
    let own = app.engine.prompt_version(&name, Some(INTRINSIC)).await?;
    let layout = Layout::of(shows.diff.as_deref());
    let against = shows.against.or(prompt.current);
    let other = match against.filter(|number| *number != INTRINSIC) {
        Some(number) => Some(app.engine.prompt_version(&name, Some(number)).await?),
        None => None,
    };
    let differs = differs(name.as_str(), &own, other.as_ref(), (layout, shows.from));
    let against = other.map_or(INTRINSIC, |other| other.summary.number);
    let content = content(&prompt, &own, (against, layout), &differs);
    let title = format!("What the plugin of {name} brings along");
    Ok(frame(&app.about, Section::Prompts, &title, &content).into_response())
}

/// Why it is taken.
#[derive(Debug, Deserialize)]
pub(super) struct Taken {
    #[serde(default)]
    note: String,
}

/// `POST /prompts/{name}/intrinsic`.
pub(super) async fn take(
    State(app): State<App>,
    Path(name): Path<String>,
    Form(taken): Form<Taken>,
) -> Page {
    let name = name_of(&name)?;
    let _edit = app.edit().await;
    let take = TakeIntrinsic {
        name: name.clone(),
        note: taken.note,
        by: app.person(String::new()),
    };
    let taken = app.engine.take_intrinsic(take).await?;
    let done = match (taken.added, taken.previous) {
        (true, _) => Done::Saved,
        (false, Some(previous)) if previous == taken.number => Done::Unchanged,
        (false, _) => Done::Current,
    };
    Ok(parts::to_done(of_version(&name, Some(taken.number)), done))
}

fn content(
    prompt: &PromptSummary,
    own: &VersionView,
    (against, layout): (u32, Layout),
    differs: &Markup,
) -> Markup {
    let back = format!("/prompts/{}", prompt.name);
    let versions = prompt.versions.iter().rev();
    let versions = versions.map(|version| (version.number, parts::version_described(version)));
    html! {
        (head(Some((prompt.name.as_str(), &back)), &html! { "What its plugin brings along" }, &html! {}))
        form.card.versions method="get" data-submit-on-change {
            (parts::compare_with(versions, against))
            @if against != INTRINSIC { (parts::layout_choice(layout)) }
            button data-without-scripts { "Show" }
        }
        div.prompt {
            section.stack #shown aria-labelledby="text-title" {
                div.row.apart.baseline {
                    h2 #text-title { (own.summary.note) }
                    span.quiet.small { (parts::bytes(own.summary.bytes)) }
                }
                (differs)
                (parts::bounded_prompt(&own.summary.note, &own.content, whole(prompt.name.as_str(), INTRINSIC, None).as_str()))
            }
            aside.stack aria-label="About this text" { (taking(prompt)) }
        }
    }
}

/// The form that takes it, and what that does.
fn taking(prompt: &PromptSummary) -> Markup {
    let kept = prompt.intrinsic.as_ref().and_then(|own| own.kept);
    html! {
        form.stack.tight method="post" action=(of_intrinsic(&prompt.name)) {
            @match kept {
                Some(number) if Some(number) == prompt.current => {
                    p { "It is the text of v" (number) ", which is current." }
                }
                Some(number) => {
                    p { "It is the text of v" (number) ", which becomes current." }
                    div { button.first { "Take it" } }
                }
                None => {
                    (what_saving_does(prompt))
                    div { button.first { "Take it" } }
                }
            }
        }
    }
}

/// What differs from a version; nothing where there is none.
fn differs(
    prompt: &str,
    own: &VersionView,
    other: Option<&VersionView>,
    unfolded: (Layout, Option<u32>),
) -> Markup {
    let Some(other) = other else { return html! {} };
    let against = other.summary.number;
    let here = of_intrinsic(prompt).with("against", Some(against));
    let all = whole(prompt, INTRINSIC, None).to_string();
    let label = format!("From v{against} to what the plugin brings along");
    let texts = (other.content.as_str(), own.content.as_str());
    html! {
        h3 { "What differs from v" (against) }
        (parts::differs(&label, texts, here, &all, unfolded))
    }
}

/// Says on the prompt's page that its plugin brings along what no version has.
pub(super) fn offered(prompt: &PromptSummary) -> Markup {
    let offered = |own: &&IntrinsicSummary| own.is_offered();
    html! {
        div #offered data-live {
            @if let Some(own) = prompt.intrinsic.as_ref().filter(offered) {
                div.notice {
                    p {
                        (own.plugin) " brings along a text that no version has, and that isn't used. "
                        a href=(of_intrinsic(&prompt.name)) { "Look at what differs, and take it" }
                    }
                }
            }
        }
    }
}
