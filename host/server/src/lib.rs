//! The HTTP API, the events and the page: thin over the engine's application interface.
//!
//! Nothing here knows wasmtime, a database or a terminal. [`router`] answers every request; whoever serves it opens
//! the socket.

mod api;
mod page;

use std::sync::Arc;

use axum::Router;
use stepwell_engine::Engine;

/// What every handler is given.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) engine: Engine,
    pub(crate) about: Arc<About>,
}

/// What a server says of itself.
#[derive(Debug, Clone, Default)]
pub struct About {
    /// The project's directory.
    pub project: String,
    /// The version of the program.
    pub version: String,
}

/// Answers every request: the API under `/api`, the page elsewhere.
pub fn router(engine: Engine, about: About) -> Router {
    let app = App {
        engine,
        about: Arc::new(about),
    };
    Router::new()
        .nest("/api", api::router())
        .merge(page::router())
        .with_state(app)
}
