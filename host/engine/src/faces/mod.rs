//! The one application interface: what every face calls.
//!
//! Requests and answers are plain data that can be serialised, so that a command, an HTTP API and an AI system get
//! the same. Each file beside this one is one area of it.

mod calls;
mod comparisons;
mod definitions;
mod documents;
mod driving;
mod events;
mod files;
mod following;
mod plugins;
mod prompts;
mod reruns;
mod round_views;
mod run_views;
mod runs;

use std::sync::Arc;

pub use driving::TakenUp;
pub use following::Follow;

use stepwell_contract::TextService;

use crate::state::{EngineParts, House};
use crate::words::RunView;

/// The application: start runs, take them further, and look at everything that is kept.
///
/// Cheap to clone; all clones share one house.
#[derive(Clone)]
pub struct Engine {
    house: Arc<House>,
}

impl Engine {
    /// An engine of these parts.
    #[must_use]
    pub fn new(parts: EngineParts) -> Self {
        Self {
            house: House::new(parts),
        }
    }

    /// What fills templates and holds values against JSON Schemas.
    #[must_use]
    pub fn texts(&self) -> &dyn TextService {
        &*self.house.texts
    }

    /// The models of the registry, for a diagnosis.
    #[must_use]
    pub fn models(&self) -> Vec<stepwell_llm::ModelInfo> {
        self.house.models.list()
    }

    /// The published JSON Schema of a run.
    #[must_use]
    pub fn run_schema() -> serde_json::Value {
        schemars::schema_for!(RunView).to_value()
    }
}
