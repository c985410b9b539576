//! The page: server-rendered HTML, with small modules of our own.

use axum::Router;

use crate::App;

/// The routes of the page.
pub(crate) fn router() -> Router<App> {
    Router::new()
}
