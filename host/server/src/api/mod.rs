//! The HTTP API: what the command can do, as JSON.

use axum::Router;

use crate::App;

/// The routes under `/api`.
pub(crate) fn router() -> Router<App> {
    Router::new()
}
