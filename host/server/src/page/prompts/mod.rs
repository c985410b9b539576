//! Prompts and their versions: listed, read, compared, edited, made current.

mod aside;
mod choosing;
mod editing;
mod history;
mod intrinsic;
mod list;
mod lost;
mod show;
mod text;
mod trial_cases;
mod tried;
mod trying;
mod typed;

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use stepwell_contract::Name;
use stepwell_engine::{PromptSummary, VersionSummary};
use stepwell_store::KEPT_VERSIONS;

use super::problem::{Page, no_page};
use crate::page::address::{Address, to};
use crate::{App, ProblemDetails};

/// The routes of the prompts.
pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/prompts", get(list::list))
        .route("/prompts/{name}", get(show::show))
        .route("/prompts/{name}/text", get(text::text))
        .route(
            "/prompts/{name}/edit",
            get(editing::edit).post(editing::take_over),
        )
        .route("/prompts/{name}/history", get(history::show))
        .route(
            "/prompts/{name}/intrinsic",
            get(intrinsic::show).post(intrinsic::take),
        )
        .route("/prompts/{name}/try", get(trying::show).post(trying::again))
        .route("/prompts/{name}/try/ahead", get(back).post(trying::ahead))
        .route(
            "/prompts/{name}/try/message",
            get(back).post(trying::message),
        )
        .route("/prompts/{name}/try/send", get(back).post(trying::send))
        .route("/prompts/{name}/draft", get(back).post(editing::draft))
        .route("/prompts/{name}/versions", get(back).post(editing::save))
        .route(
            "/prompts/{name}/current",
            get(back).post(show::make_current),
        )
        .route("/prompts/{name}/remove", get(back).post(show::remove))
}

/// The address of a form that was sent, asked for again: leads to the prompt.
async fn back(Path(name): Path<String>) -> Page {
    let name = name_of(&name)?;
    Ok(to(format!("/prompts/{name}")))
}

/// The name of a prompt in an address.
fn name_of(given: &str) -> Result<Name, ProblemDetails> {
    Name::new(given)
        .map_err(|error| no_page(format!("there is no prompt `{given}`"), &error.to_string()))
}

/// The number by which what a plugin brings along is asked for: no version has it.
const INTRINSIC: u32 = 0;

/// Where that is shown.
fn of_intrinsic(name: &str) -> Address {
    Address::at(format!("/prompts/{name}/intrinsic"))
}

/// Where a text of a prompt is tried.
pub(super) fn of_trial(name: &str) -> Address {
    Address::at(format!("/prompts/{name}/try"))
}

/// The version that the next one would push out.
fn pushed_out(prompt: &PromptSummary) -> Option<&VersionSummary> {
    (prompt.versions.len() >= KEPT_VERSIONS)
        .then(|| prompt.versions.first())
        .flatten()
}

/// The number of the latest version that is kept.
fn latest(prompt: &PromptSummary) -> u32 {
    prompt
        .versions
        .iter()
        .find(|version| version.latest)
        .map_or(0, |version| version.number)
}
