//! Runs: listed, started, watched, answered, taken further.

mod acting;
mod again;
mod ahead;
mod document;
mod documents;
mod estimate;
mod execution;
mod items;
mod list;
mod questions;
mod show;
mod starting;
mod texts;
mod tree;

pub(super) use ahead::{Which, no_message, told};
pub(super) use execution::anchor;
use show::can_go_on;

use axum::Router;
use axum::routing::get;
use stepwell_contract::RunId;

use super::address::{Address, to};
use super::problem::Page;
use crate::App;
use crate::app::OfRun;

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
        .route(
            "/runs/{id}/remove",
            get(acting::ask_to_remove).post(acting::remove),
        )
        .route("/runs/{id}/again", get(back).post(acting::again))
        .route("/runs/{id}/ahead", get(ahead::show))
        .route("/runs/{id}/ahead/message", get(ahead::message))
        .route("/runs/{id}/reprocess", get(back).post(acting::reprocess))
        .route(
            "/runs/{id}/document",
            get(document::show).post(document::save),
        )
        .route("/runs/{id}/document/text", get(document::text))
        .route("/runs/{id}/documents", get(documents::list))
        .route("/runs/{id}/input", get(texts::input))
        .route("/runs/{id}/files", get(texts::files))
        .route("/runs/{id}/files/restore", get(back).post(acting::restore))
        .route("/runs/{id}/branch", get(back).post(acting::branch))
        .route("/runs/{id}/about", get(texts::about))
        .route("/runs/{id}/stderr", get(texts::stderr))
        .route(
            "/runs/{id}/document/remove",
            get(back).post(document::remove),
        )
}

/// The address of a form that was sent, asked for again: leads to the run.
async fn back(OfRun(run): OfRun) -> Page {
    Ok(to(address(run, "")))
}

/// The last characters of an id: what tells runs of one day apart.
fn short(run: RunId) -> String {
    let id = run.to_string();
    id[id.len() - 6..].to_owned()
}

/// The address of a run, or of one of its steps.
fn address(run: RunId, step: &str) -> Address {
    let step = Some(step).filter(|step| !step.is_empty());
    Address::at(format!("/runs/{run}")).with("step", step)
}
