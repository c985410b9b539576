//! Prompts and their versions: listed, read, compared, edited, made current.

mod editing;
mod list;
mod show;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};
use stepwell_contract::Name;
use stepwell_engine::{PromptSummary, VersionSummary};
use stepwell_store::KEPT_VERSIONS;

use super::problem::PageError;
use crate::App;

/// The routes of the prompts.
pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/prompts", get(list::list))
        .route("/prompts/{name}", get(show::show))
        .route("/prompts/{name}/edit", get(editing::edit))
        .route("/prompts/{name}/draft", post(editing::draft))
        .route("/prompts/{name}/versions", post(editing::save))
        .route("/prompts/{name}/current", post(show::make_current))
        .route("/prompts/{name}/remove", post(show::remove))
}

/// The name of a prompt in an address.
fn name_of(app: &App, given: &str) -> Result<Name, PageError> {
    Name::new(given).map_err(|error| {
        PageError::new(
            app,
            StatusCode::NOT_FOUND,
            &format!("there is no prompt `{given}`"),
            &error.to_string(),
        )
    })
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
