//! Runs: listed, started, watched, answered, taken further.

mod acting;
mod document;
mod execution;
mod list;
mod questions;
mod show;
mod starting;
mod tree;

pub(super) use execution::anchor;
pub(super) use tree::{all as all_steps, find as find_step};

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;
use stepwell_contract::RunId;

use super::address::with_query;
use super::problem::{Page, PageError, Shown};
use crate::App;

/// The routes of the runs.
pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/runs", get(list::list).post(starting::start))
        .route("/runs/new", get(starting::form))
        .route("/runs/{id}", get(show::show))
        .route("/runs/{id}/answers", get(back).post(acting::answer))
        .route("/runs/{id}/resume", get(back).post(acting::resume))
        .route("/runs/{id}/stop", get(back).post(acting::stop))
        .route("/runs/{id}/cancel", get(back).post(acting::cancel))
        .route("/runs/{id}/again", get(back).post(acting::again))
        .route(
            "/runs/{id}/document",
            get(document::show).post(document::save),
        )
        .route(
            "/runs/{id}/document/remove",
            get(back).post(document::remove),
        )
}

/// The address of a form that was sent, asked for again: leads to the run.
async fn back(State(app): State<App>, Path(id): Path<String>) -> Page {
    let run = run_of(&app, &id).await?;
    Ok(Redirect::to(&address(run, "")).into_response())
}

/// The run that an address names: its id, or the last characters of it.
async fn run_of(app: &App, given: &str) -> Result<RunId, PageError> {
    app.engine.find_run(given).await.shown(app)
}

/// The last characters of an id: what tells runs of one day apart.
fn short(run: RunId) -> String {
    let id = run.to_string();
    id[id.len() - 6..].to_owned()
}

/// The address of a run, or of one of its steps.
fn address(run: RunId, step: &str) -> String {
    with_query(&format!("/runs/{run}"), &[("step", step)])
}
