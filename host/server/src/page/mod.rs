//! The page: server-rendered HTML, with small modules of our own.
//!
//! Every page can be read, and every form sent, without scripts: they only make it livelier. The markup is written as
//! functions (maud): what is put into it is escaped unless it says otherwise, a tree of steps is a function that calls
//! itself, and the compiler checks all of it.

mod address;
mod assets;
mod calls;
mod comparisons;
mod costs;
mod definitions;
mod frame;
mod improvements;
mod keys;
mod parts;
mod plugins;
mod problem;
mod prompts;
mod removing;
mod runs;
mod whole;

use std::future::ready;
use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, map_response};
use axum::response::{Redirect, Response};
use axum::routing::get;

use crate::{About, App, ProblemDetails};
use problem::no_page;

/// The routes of the page.
pub(crate) fn router(about: Arc<About>) -> Router<App> {
    Router::new()
        .route("/", get(|| async { Redirect::to("/runs") }))
        .route("/assets/{folder}/{name}", get(assets::get))
        .merge(runs::router())
        .merge(prompts::router())
        .merge(comparisons::router())
        .merge(improvements::router())
        .merge(plugins::router())
        .merge(calls::router())
        .merge(costs::router())
        .fallback(nothing_here)
        .layer(from_fn(keys::only_known))
        .layer(map_response(move |response: Response| {
            ready(problem::dressed(&about, response))
        }))
}

async fn nothing_here() -> ProblemDetails {
    no_page(
        "there is nothing at this address",
        "the bar above leads to everything there is",
    )
}
