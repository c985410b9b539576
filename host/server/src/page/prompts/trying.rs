//! A text of a prompt, tried before it is saved: filled with what a step of a run was given or what is given by hand, looked at, and
//! sent once.
//!
//! Nothing here adds a version. What was typed goes on to the editor, which saves.

use axum::extract::{Form, Path, State};
use axum::response::IntoResponse;
use maud::{Markup, html};
use serde::Deserialize;
use stepwell_contract::{ComparisonId, Name};
use stepwell_engine::{Ahead, PromptSummary};

use super::editing::{begun, draft_of, fits, variables, version_or_latest};
use super::trial_cases::{Case, Cases, cases, picker};
use super::tried::{Tried, find, shown};
use super::typed::{Kept, Typed};
use super::{latest, name_of, of_trial};
use crate::asked::Query;
use crate::page::address::Pairs;
use crate::page::frame::{Section, frame, head};
use crate::page::parts::{self, Done};
use crate::page::problem::{Page, alert, is_mendable, no_form, notice};
use crate::page::runs::{Which, no_message, told};
use crate::page::whole::Whole;
use crate::{App, ProblemDetails};

/// What is looked at: everything of it is in the address.
#[derive(Debug, Deserialize)]
pub(super) struct Shows {
    /// The version whose text it starts with; none is the current one.
    #[serde(default)]
    from: Option<u32>,
    /// What it is tried on.
    #[serde(default)]
    case: String,
    /// A text that was sent.
    #[serde(default)]
    trial: Option<ComparisonId>,
    /// Which time that was.
    #[serde(default)]
    time: Option<u32>,
    /// What a form has just done.
    #[serde(default)]
    done: Option<String>,
}

/// `GET /prompts/{name}/try`.
pub(super) async fn show(
    State(app): State<App>,
    Path(name): Path<String>,
    Query(shows): Query<Shows>,
) -> Page {
    let name = name_of(&name)?;
    let prompt = app.engine.prompt(&name).await?;
    let tried = match shows.trial {
        Some(trial) => Some(find(&app, &prompt, trial, shows.time.unwrap_or(1)).await?),
        None => None,
    };
    let from = match shows.from {
        Some(number) => version_or_latest(&app, &name, number).await?,
        None => app.engine.prompt_version(&name, None).await?,
    };
    let case = tried.as_ref().and_then(|tried| tried.case.clone());
    // What a run gave needs no typing.
    let given = match (&tried, &case) {
        (Some(tried), Some(Case::Plugin(_))) => tried.given.clone(),
        _ => Pairs::default(),
    };
    let typed = Typed {
        content: tried
            .as_ref()
            .map_or(from.content, |tried| tried.text.clone()),
        note: String::new(),
        from: from.summary.number,
        based_on: latest(&prompt),
        case: case.map_or(shows.case, |case| case.to_string()),
        search: String::new(),
        model: tried
            .as_ref()
            .and_then(Tried::model)
            .unwrap_or_default()
            .to_owned(),
        time: None,
        given,
    };
    let kept = match tried {
        Some(_) => Kept::Trial,
        None => Kept::Version,
    };
    let said = match Done::of(shows.done.as_deref()) {
        // Where it failed, that is said with what came back.
        Some(Done::Tried) if tried.as_ref().is_none_or(|tried| !tried.has_failed()) => {
            parts::done_notice(
                "Sent once, and paid as any call: the same text on the same case isn't sent twice. No version was added, and no run was changed.",
            )
        }
        _ => html! {},
    };
    page(&app, &prompt, &typed, kept, tried.as_ref(), &said).await
}

/// `POST /prompts/{name}/try`: with the text that was typed, here or in the editor.
pub(super) async fn again(
    State(app): State<App>,
    Path(name): Path<String>,
    Form(pairs): Form<Pairs>,
) -> Page {
    let name = name_of(&name)?;
    let prompt = app.engine.prompt(&name).await?;
    let typed = Typed::of(pairs);
    page(&app, &prompt, &typed, Kept::Nowhere, None, &html! {}).await
}

/// `POST /prompts/{name}/try/ahead`: what would be sent, as a part of the page.
pub(super) async fn ahead(
    State(app): State<App>,
    Path(name): Path<String>,
    Form(pairs): Form<Pairs>,
) -> Page {
    let name = name_of(&name)?;
    let typed = Typed::of(pairs);
    let case = typed.case.parse().ok();
    let part = looked_at(&app, &name, &typed, case).await?;
    Ok(part.into_response())
}

/// `POST /prompts/{name}/try/message`: a message of what would be sent, whole.
pub(super) async fn message(
    State(app): State<App>,
    Path(name): Path<String>,
    Form(pairs): Form<Pairs>,
) -> Page {
    let name = name_of(&name)?;
    let which = pairs.number::<Which>("message").ok_or_else(no_message)?;
    let typed = Typed::of(pairs);
    let case = typed.case.parse().map_err(|()| no_message())?;
    let trial = typed.trial(&app, &name, case).await?;
    let ahead = app.engine.look_at_trial(trial).await?;
    let whole = Whole {
        section: Section::Prompts,
        back: (name.as_str(), of_trial(name.as_str()).to_string()),
        name: "What would be sent".to_owned(),
        text: which.text(&ahead).ok_or_else(no_message)?,
        here: None,
    };
    Ok(whole.answer(&app, &Pairs::default()))
}

/// `POST /prompts/{name}/try/send`. Where it can't be sent, the form comes back with what was given.
pub(super) async fn send(
    State(app): State<App>,
    Path(name): Path<String>,
    Form(pairs): Form<Pairs>,
) -> Page {
    let name = name_of(&name)?;
    let typed = Typed::of(pairs);
    let problem = match typed.case.parse() {
        Ok(case) => match started(&app, &name, &typed, case).await {
            Ok(id) => {
                let there = of_trial(name.as_str()).with("from", Some(typed.from));
                let there = there.with("trial", Some(id)).with("time", typed.time);
                return Ok(parts::to_done(there, Done::Tried));
            }
            Err(problem) if is_mendable(&problem) => problem,
            Err(problem) => return Err(problem),
        },
        Err(()) => no_form(
            "there is nothing to fill the text with",
            "choose what a run gave, or give it by hand: nothing was sent",
        ),
    };
    let prompt = app.engine.prompt(&name).await?;
    let said = alert(&problem);
    let page = page(&app, &prompt, &typed, Kept::Nowhere, None, &said).await?;
    Ok((problem.status_code(), page).into_response())
}

async fn page(
    app: &App,
    prompt: &PromptSummary,
    typed: &Typed,
    kept: Kept,
    tried: Option<&Tried>,
    said: &Markup,
) -> Page {
    let name = name_of(&prompt.name)?;
    let cases = cases(app, &name, &typed.search, typed.case.parse().ok()).await?;
    let looked_at = looked_at(app, &name, typed, cases.chosen.clone()).await?;
    let back = format!("/prompts/{name}?version={}", typed.from);
    let send = format!("{}/send", of_trial(name.as_str()));
    let here = of_trial(name.as_str()).with("from", Some(typed.from));
    let here = here.with("case", Some(&typed.case).filter(|case| !case.is_empty()));
    let content = html! {
        (head(Some((name.as_str(), &back)), &html! { "Try a text" }, &html! {}))
        (said)
        form.stack method="post" action=(of_trial(name.as_str())) data-editor=(format!("{}/ahead", of_trial(name.as_str())))
            data-draft=(draft_of(name.as_str())) data-begun=(begun(typed.from, typed.based_on)) data-newer=[kept.newer()] data-at=(here) {
            input type="hidden" name="from" value=(typed.from) data-base="chosen";
            input type="hidden" name="based_on" value=(typed.based_on) data-base;
            input type="hidden" name="note" value=(typed.note) data-carried;
            div.prompt {
                div.stack {
                    div.field {
                        label for="template" { "Text, begun from v" (typed.from) }
                        textarea #template name="content" spellcheck="true" required autofocus { "\n" (typed.content) }
                    }
                    (actions(&name, &back, &send, &cases))
                }
                aside.stack aria-label="What it is filled with" {
                    (picker(&cases, &typed.given))
                    (models(app, typed))
                    h2 { "Variables" }
                    (variables(prompt, &typed.content))
                }
            }
            @if let Some(tried) = tried { (shown(tried, &send)) }
            (looked_at)
        }
    };
    let title = format!("Try {name}");
    Ok(frame(&app.about, Section::Prompts, &title, &content).into_response())
}

/// The first button is what Enter in a field presses: it sends nothing.
fn actions(name: &Name, back: &str, send: &str, cases: &Cases) -> Markup {
    html! {
        div.stack.tight {
            p.small.quiet {
                "What you send is paid, and counted like any call. No version is added until you save one, and no run is changed."
            }
            div.actions {
                button data-without-scripts { "See what would be sent" }
                @if cases.chosen.is_some() { button.first formaction=(send) { "Send it once" } }
                button formaction=(format!("/prompts/{name}/edit")) data-key="e" { "Save as a version …" }
                a href=(back) { "Leave it" }
            }
        }
    }
}

fn models(app: &App, typed: &Typed) -> Markup {
    let models = app.engine.models();
    html! {
        @if models.len() > 1 {
            div.field {
                label for="model" { "Model" }
                select #model name="model" data-not-kept {
                    option value="" { "the step's own" }
                    @for model in &models {
                        option value=(model.name) selected[model.name == typed.model] { (model.name) " (" (model.model) ")" }
                    }
                }
            }
        }
    }
}

async fn started(
    app: &App,
    name: &Name,
    typed: &Typed,
    case: Case,
) -> Result<ComparisonId, ProblemDetails> {
    let trial = typed.trial(app, name, case).await?;
    app.runs.start_trial(trial).await
}

async fn ahead_of(
    app: &App,
    name: &Name,
    typed: &Typed,
    case: Case,
) -> Result<Ahead, ProblemDetails> {
    let trial = typed.trial(app, name, case).await?;
    Ok(app.engine.look_at_trial(trial).await?)
}

/// What leads to all of a message: what was typed goes along, since it is kept nowhere.
fn whole_message(name: &Name, which: Which) -> Markup {
    let there = format!("{}/message", of_trial(name.as_str()));
    html! { button formaction=(there) formnovalidate name="message" value=(which) { "Show all" } }
}

/// Whether a text fits, and what would be sent of it.
async fn looked_at(
    app: &App,
    name: &Name,
    typed: &Typed,
    case: Option<Case>,
) -> Result<Markup, ProblemDetails> {
    let (said, fits) = fits(app, name, &typed.content).await?;
    let ahead = match case.filter(|_| fits) {
        Some(case) => match ahead_of(app, name, typed, case).await {
            Ok(ahead) => told(&ahead, &|which| whole_message(name, which)),
            Err(problem) => notice(&problem),
        },
        None => html! {},
    };
    Ok(html! {
        section.stack #checked aria-labelledby="ahead-title" {
            h2 #ahead-title { "What would be sent" }
            div role="status" { (said) }
            (ahead)
        }
    })
}
