//! Calls to models: what they took together, by step, prompt version and day, and each with everything sent and received.

mod list;
mod show;
mod texts;
mod totals;

pub(super) use texts::{TextOf, whole_of_call};

use axum::Router;
use axum::routing::{get, post};

use crate::App;

/// The routes of the calls.
pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/calls", get(list::list))
        .route("/calls/{id}", get(show::show))
        .route("/calls/{id}/text", get(texts::text))
        .route("/calls/{id}/write-off", post(show::write_off))
}
