//! The HTTP API, the events and the page: thin over the engine's application interface.
//!
//! Nothing here knows wasmtime, a database or a terminal. [`Server`] answers every request and drives the runs that it
//! is asked for; [`listen`] serves it on an address, or on a socket beside the store.

mod api;
mod app;
mod asked;
mod bodies;
mod client;
mod encoding;
mod health;
mod metrics;
mod page;
mod problem;
mod security;
mod serving;
mod supervisor;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use stepwell_engine::Engine;
use tokio::sync::watch;

pub use api::{Page, openapi};
pub use app::About;
pub use client::{Client, ClientError, Watch};
pub use metrics::Metrics;
pub use problem::{DefinitionProblems, ProblemDetails, RefusedPlugins};
pub use security::{Access, Code, SESSION, Token};
pub use serving::{Door, Limits, listen};
pub use supervisor::Supervisor;

pub(crate) use app::App;
use bodies::Bodies;

/// An engine that is served.
pub struct Server {
    app: App,
    metrics: Arc<Metrics>,
    /// One room, whichever door a body comes through.
    bodies: Bodies,
    ending: watch::Sender<bool>,
}

impl Server {
    /// A server that drives the runs that it is asked for.
    #[must_use]
    pub fn new(engine: Engine, about: About) -> Self {
        let runs = Supervisor::new(engine.clone());
        Self::with(engine, about, runs)
    }

    /// A server beside a run that its process drives itself: it answers everything, and takes up no run.
    #[must_use]
    pub fn beside_a_run(engine: Engine, about: About) -> Self {
        let runs = Supervisor::refusing(engine.clone());
        Self::with(engine, about, runs)
    }

    fn with(engine: Engine, about: About, runs: Supervisor) -> Self {
        let ending = watch::Sender::new(false);
        let app = App {
            engine,
            about: Arc::new(about),
            runs: Arc::new(runs),
            edits: Arc::default(),
            user: Arc::default(),
            ending: ending.subscribe(),
        };
        let metrics = Arc::default();
        Self {
            app,
            metrics,
            bodies: Bodies::default(),
            ending,
        }
    }

    /// The server of this person alone: logs name them where a request names nobody.
    #[must_use]
    pub fn of_user(mut self, user: &str) -> Self {
        self.app.user = user.into();
        self
    }

    /// Answers every request: the API under `/api`, the page elsewhere. Who may ask is [`Server::guarded`]'s to say.
    pub fn router(&self) -> Router {
        self.routes(self.app.clone())
    }

    fn routes(&self, app: App) -> Router {
        Router::new()
            .nest("/api", api::router())
            .merge(metrics::router(Arc::clone(&self.metrics)))
            .merge(page::router(Arc::clone(&app.about)))
            .layer(from_fn_with_state(
                Arc::clone(&self.metrics),
                metrics::count,
            ))
            // The bound of a body is `whole_bodies`' alone: the framework's own is smaller.
            .layer(DefaultBodyLimit::disable())
            .layer(from_fn_with_state(
                self.bodies.clone(),
                bodies::whole_bodies,
            ))
            .with_state(app)
    }

    /// As [`Server::router`], for those who have access alone, as far as they may reach, with the headers that a browser
    /// wants.
    pub fn guarded(&self, access: Access) -> Router {
        let routes = self.routes(self.app.within(access.reach.clone()));
        security::guard(routes, access)
    }

    /// Who drives the runs.
    #[must_use]
    pub fn supervisor(&self) -> Arc<Supervisor> {
        Arc::clone(&self.app.runs)
    }

    /// Turns true when the server ends.
    #[must_use]
    pub fn ending(&self) -> watch::Receiver<bool> {
        self.ending.subscribe()
    }

    /// Ends the server: streams and connections end, the runs that it drives stop where they are. `resume`, or the next
    /// start of a server, goes on with them.
    pub async fn end(&self) {
        self.ending.send_replace(true);
        self.app.runs.stop_all().await;
    }
}
