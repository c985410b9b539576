//! The one application interface: what every face calls.
//!
//! Requests and answers are plain data that can be serialised, so that a command, an HTTP API and an AI system get
//! the same. Each file beside this one is one area of it.

mod calls;
mod definitions;
mod documents;
mod driving;
mod error;
mod events;
mod files;
mod following;
mod given;
mod happenings;
mod pages;
mod places;
mod plugins;
mod prompts;
mod requests;
mod reruns;
mod round_views;
mod run_views;
mod runs;
mod spending;
mod views;

use std::sync::Arc;

pub use definitions::{CheckedDefinition, DefinedStep, DefinitionView, InputView};
pub use driving::{Drive, RunOutcome, TakeUp, TakenUp};
pub use error::{EngineError, PluginError};
pub use following::Follow;
pub use happenings::{Event, EventView, Happening, Live};
pub use places::DocumentPlace;
pub(crate) use plugins::{load, load_component};
pub use requests::{
    AddVersion, DefinitionSource, DocumentAddress, GivenAnswer, GivenDocument, RerunStep,
    ResumeRun, RunAlone, Selection, StartRun, UseVersion,
};
pub(crate) use reruns::definition_of;
pub(crate) use runs::new_record;
pub(crate) use spending::{ledger, spent_of};
pub use views::{
    AddedVersion, CallDetail, CallView, DocumentSummary, DocumentView, ExecutionView,
    FileChangeKind, FileView, PluginView, PromptSummary, PromptUse, PromptVersion, QuestionView,
    RevisionView, RoundsView, RunStatus, RunSummary, RunView, Spent, StepStatus, StepView, Totals,
    VersionSummary, VersionView,
};

use crate::house::{EngineParts, House};

/// The application: start runs, take them further, and look at everything that is kept.
///
/// Cheap to clone; all clones share one house.
#[derive(Clone)]
pub struct Engine {
    pub(crate) house: Arc<House>,
}

impl Engine {
    /// An engine of these parts.
    #[must_use]
    pub fn new(parts: EngineParts) -> Self {
        Self {
            house: House::new(parts),
        }
    }

    /// The models of the registry, for a diagnosis.
    #[must_use]
    pub fn models(&self) -> Vec<stepwell_llm::ModelInfo> {
        self.house.models.list()
    }

    /// The published JSON Schema of a run (row W3).
    #[must_use]
    pub fn run_schema() -> serde_json::Value {
        schemars::schema_for!(RunView).to_value()
    }
}
