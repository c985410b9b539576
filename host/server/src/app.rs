//! What every handler is given, and what a server says of itself.

use std::sync::Arc;

use stepwell_engine::Engine;
use tokio::sync::{Mutex, MutexGuard, watch};

use crate::Supervisor;

/// What every handler is given.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) engine: Engine,
    pub(crate) about: Arc<About>,
    /// Who drives the runs.
    pub(crate) runs: Arc<Supervisor>,
    pub(crate) edits: Arc<Mutex<()>>,
    /// Whose server it is: who does what is asked without a name. Empty where others may ask as well.
    pub(crate) user: Arc<str>,
    /// Turns true when the server ends: streams end then.
    pub(crate) ending: watch::Receiver<bool>,
}

impl App {
    /// Who does it, for logs: who the request names, or else whose server it is.
    pub(crate) fn person(&self, named: String) -> String {
        if named.trim().is_empty() {
            self.user.to_string()
        } else {
            named
        }
    }

    /// Held from looking at a prompt's tag until the prompt is changed.
    pub(crate) async fn edit(&self) -> MutexGuard<'_, ()> {
        self.edits.lock().await
    }
}

/// What a server says of itself.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct About {
    /// The project's directory.
    pub project: String,
    /// The version of the program.
    pub version: String,
}
