//! The editor of a prompt: its variables, a check and a diff while typing, and what saving pushes out.

use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use maud::{Markup, html};
use serde::Deserialize;
use stepwell_contract::{Name, RunId};
use stepwell_engine::{AddVersion, ErrorCode, PromptSummary, VersionView};

use super::aside::uses;
use super::{latest, name_of, of_trial, pushed_out};
use crate::asked::Query;
use crate::page::address::{Address, of_version, plain_lines};
use crate::page::frame::{Section, frame, head};
use crate::page::parts::{self, Done};
use crate::page::problem::{Page, alert, is_mendable, notice};
use crate::{App, ProblemDetails};

/// The version whose text the editor starts with; none is the current one.
#[derive(Debug, Deserialize)]
pub(super) struct Starts {
    #[serde(default)]
    from: Option<u32>,
    /// The run that used that version, where it isn't kept any more.
    #[serde(default)]
    run: Option<RunId>,
}

/// `GET /prompts/{name}/edit`.
pub(super) async fn edit(
    State(app): State<App>,
    Path(name): Path<String>,
    Query(starts): Query<Starts>,
) -> Page {
    let name = name_of(&name)?;
    let prompt = app.engine.prompt(&name).await?;
    let (content, from) = match (starts.from, starts.run) {
        (Some(number), Some(run)) => {
            let text = app.engine.prompt_of_run(run, &name, number).await?;
            (text, app.engine.prompt_version(&name, None).await?)
        }
        (number, _) => {
            let from = app.engine.prompt_version(&name, number).await?;
            (from.content.clone(), from)
        }
    };
    let draft = Draft {
        content,
        note: String::new(),
        from: from.summary.number,
        based_on: latest(&prompt),
        was_typed: false,
    };
    let checked = checked(&app, &name, &from, &draft).await?;
    let content = editor(&prompt, &draft, &html! {}, &checked);
    Ok(frame(
        &app.about,
        Section::Prompts,
        &format!("Edit {name}"),
        &content,
    )
    .into_response())
}

/// What an editor sends.
#[derive(Debug, Deserialize)]
pub(super) struct Draft {
    content: String,
    #[serde(default)]
    note: String,
    /// The version whose text it started with: what the diff is against.
    from: u32,
    /// The latest version when it was opened: what must still be the latest when it is saved.
    based_on: u32,
    /// Whether it was typed, on this page or another one: it is newer than what the browser has kept of it.
    #[serde(skip)]
    was_typed: bool,
}

impl Draft {
    fn plain(mut self) -> Self {
        self.content = plain_lines(&self.content);
        self.note = plain_lines(&self.note);
        self
    }
}

/// `POST /prompts/{name}/edit`: the editor, with a text that was typed where it was tried. Nothing is saved yet.
pub(super) async fn take_over(
    State(app): State<App>,
    Path(name): Path<String>,
    Form(draft): Form<Draft>,
) -> Page {
    let name = name_of(&name)?;
    let draft = Draft {
        was_typed: true,
        ..draft.plain()
    };
    let prompt = app.engine.prompt(&name).await?;
    let from = version_or_latest(&app, &name, draft.from).await?;
    let checked = checked(&app, &name, &from, &draft).await?;
    let content = editor(&prompt, &draft, &html! {}, &checked);
    let title = format!("Edit {name}");
    Ok(frame(&app.about, Section::Prompts, &title, &content).into_response())
}

/// `POST /prompts/{name}/draft`: what the check says of a text, and what differs, as a part of a page.
pub(super) async fn draft(
    State(app): State<App>,
    Path(name): Path<String>,
    Form(draft): Form<Draft>,
) -> Page {
    let name = name_of(&name)?;
    let draft = draft.plain();
    let from = version_or_latest(&app, &name, draft.from).await?;
    Ok(checked(&app, &name, &from, &draft).await?.into_response())
}

/// `POST /prompts/{name}/versions`: saves a new version. Where somebody saved one in the meantime, or the text can't be
/// saved, the editor comes back with the text that was sent.
pub(super) async fn save(
    State(app): State<App>,
    Path(name): Path<String>,
    Form(draft): Form<Draft>,
) -> Page {
    let name = name_of(&name)?;
    let mut draft = draft.plain();
    let add = AddVersion {
        name: name.clone(),
        content: draft.content.clone(),
        note: draft.note.clone(),
        based_on: Some(draft.based_on),
        plugin: None,
        by: app.person(String::new()),
    };
    let _edit = app.edit().await;
    let problem = match app.engine.add_prompt_version(add).await {
        Ok(added) => {
            let done = if added.added {
                Done::Saved
            } else {
                Done::Unchanged
            };
            return Ok(parts::to_done(of_version(&name, Some(added.number)), done));
        }
        Err(error) => ProblemDetails::from(error),
    };
    if !is_mendable(&problem) {
        return Err(problem);
    }
    draft.was_typed = true;
    let prompt = app.engine.prompt(&name).await?;
    let from = version_or_latest(&app, &name, draft.from).await?;
    let latest = latest(&prompt);
    let (status, said) = if latest == draft.based_on {
        (problem.status_code(), alert(&problem))
    } else {
        let said = overtaken(&app, &name, &draft, latest).await?;
        // Who saves again has seen the other text.
        draft.based_on = latest;
        (StatusCode::CONFLICT, said)
    };
    let checked = checked(&app, &name, &from, &draft).await?;
    let content = editor(&prompt, &draft, &said, &checked);
    let page = frame(
        &app.about,
        Section::Prompts,
        &format!("Edit {name}"),
        &content,
    );
    Ok((status, page).into_response())
}

/// Somebody else saved a version while this text was written.
async fn overtaken(
    app: &App,
    name: &Name,
    draft: &Draft,
    latest: u32,
) -> Result<Markup, ProblemDetails> {
    let theirs = app.engine.prompt_version(name, Some(latest)).await?;
    Ok(html! {
        div.notice.warn role="alert" {
            strong { "v" (latest) " was saved while you were writing. Nothing of yours is lost: it is in the editor below." }
            @if !theirs.summary.note.is_empty() { p { "Its note: " (theirs.summary.note) } }
            p { "Look at what differs, take over what you want, and save again: yours becomes the next version." }
            (parts::between(&format!("From v{latest} to your text"), &theirs.content, &draft.content))
        }
    })
}

/// The version that an editor started with; the latest where it was pushed out since.
pub(super) async fn version_or_latest(
    app: &App,
    name: &Name,
    number: u32,
) -> Result<VersionView, ProblemDetails> {
    match app.engine.prompt_version(name, Some(number)).await {
        Ok(version) => Ok(version),
        Err(_) => Ok(app.engine.latest_prompt_version(name).await?),
    }
}

/// What is said of a draft while it is written.
async fn checked(
    app: &App,
    name: &Name,
    from: &VersionView,
    draft: &Draft,
) -> Result<Markup, ProblemDetails> {
    let number = from.summary.number;
    let (said, _) = fits(app, name, &draft.content).await?;
    Ok(html! {
        div.stack #checked {
            div role="status" { (said) }
            h3 { "What you changed since v" (number) }
            (parts::between(&format!("From v{number} to your text"), &from.content, &draft.content))
        }
    })
}

/// Whether a text fits the variables of its prompt, said and told.
pub(super) async fn fits(
    app: &App,
    name: &Name,
    content: &str,
) -> Result<(Markup, bool), ProblemDetails> {
    Ok(match app.engine.check_prompt(name, content).await {
        Ok(warnings) if warnings.is_empty() => {
            (html! { p.state.success { "Fits its variables" } }, true)
        }
        Ok(warnings) => {
            let said = html! {
                div.notice.warn { @for warning in &warnings { p { (parts::sentence(warning)) } } }
            };
            (said, true)
        }
        Err(error) if error.code() == ErrorCode::Template => (notice(&error.into()), false),
        Err(other) => return Err(other.into()),
    })
}

fn editor(prompt: &PromptSummary, draft: &Draft, said: &Markup, checked: &Markup) -> Markup {
    let back = format!("/prompts/{}?version={}", prompt.name, draft.from);
    let here = Address::at(format!("/prompts/{}/edit", prompt.name)).with("from", Some(draft.from));
    html! {
        (head(Some((prompt.name.as_str(), &back)), &html! { "Edit from v" (draft.from) }, &html! {}))
        (said)
        form.stack method="post" action=(format!("/prompts/{}/versions", prompt.name))
            data-editor=(format!("/prompts/{}/draft", prompt.name)) data-draft=(draft_of(&prompt.name))
            data-begun=(begun(draft.from, draft.based_on)) data-newer=[draft.was_typed.then_some("typed")] data-at=(here) {
            input type="hidden" name="from" value=(draft.from) data-base="chosen";
            input type="hidden" name="based_on" value=(draft.based_on) data-base;
            div.prompt {
                div.stack {
                    div.field {
                        label for="template" { "Template" }
                        // A browser drops the first line end of a text area.
                        textarea #template name="content" spellcheck="true" required autofocus { "\n" (draft.content) }
                    }
                    div.field {
                        label for="note" { "Why" }
                        input #note name="note" value=(draft.note) autocomplete="off" aria-describedby="note-hint";
                        span.hint #note-hint { "A few words that tell this version from the others." }
                    }
                    div.stack.tight {
                        (what_saving_does(prompt))
                        div.actions {
                            button.first { "Save as new version" }
                            button formaction=(of_trial(&prompt.name)) data-key="t" { "Try it" }
                            a href=(back) { "Leave it" }
                        }
                    }
                }
                aside.stack aria-label="Variables" {
                    h2 { "Variables" }
                    (variables(prompt, &draft.content))
                }
            }
            (checked)
        }
    }
}

/// What one more version does.
pub(super) fn what_saving_does(prompt: &PromptSummary) -> Markup {
    html! {
        p #saving {
            @if let Some(next) = prompt.next { "It becomes v" (next) " and is current at once." }
            @if let Some(oldest) = pushed_out(prompt) {
                " " strong { "It pushes out v" (oldest.number) }
                ", the oldest of the " (prompt.versions.len()) " that are kept"
                @if oldest.current { " (and the current one)" }
                @if !oldest.note.is_empty() { ": “" (oldest.note) "”" }
                "."
            }
        }
    }
}

/// The name under which a browser keeps what is typed of a prompt, wherever it is typed.
pub(super) fn draft_of(prompt: &str) -> String {
    format!("prompt/{prompt}")
}

/// What a text was begun from, as is said of a draft that is restored when that isn't the latest any more.
pub(super) fn begun(from: u32, based_on: u32) -> String {
    format!("from v{from}, when v{based_on} was the latest")
}

pub(super) fn variables(prompt: &PromptSummary, content: &str) -> Markup {
    let Some(fields) = &prompt.variables else {
        return html! { p.quiet.small { "No plugin has used this prompt yet: only the syntax is checked." } };
    };
    html! {
        @if fields.is_empty() { p.quiet.small { "Its plugin gives it none." } }
        ul.variables.described {
            @for field in fields {
                li.used[uses(content, &field.name)] data-variable=(field.name) {
                    button type="button" data-inserts=(format!("{{{{ {} }}}}", field.name)) { (field.name) }
                    div.quiet.small { (field.description) @if !field.required { " (may be missing)" } }
                }
            }
        }
    }
}
