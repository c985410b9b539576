//! What an engine is built from.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use stepwell_contract::{Clock, HttpClient, Name, StepRunner, TextService};
use stepwell_definition::Configuration;
use stepwell_llm::{Models, Recorder};
use stepwell_store::Store;

use super::sources::PluginSource;

/// The components that ride inside the binary, by name.
pub type BuiltinSteps = BTreeMap<String, BuiltinStep>;

/// A component that rides inside the binary, and how it is had. It may be packed there, and is had anew each time: kept is
/// what it was compiled to.
#[derive(Clone)]
pub struct BuiltinStep {
    component: Arc<dyn Fn() -> io::Result<Arc<[u8]>> + Send + Sync>,
    /// Whether it declares prompts. Of one that doesn't nobody has to compile megabytes to find that out.
    pub(crate) has_prompts: bool,
}

impl BuiltinStep {
    /// A step that is had by this function.
    pub fn new(
        has_prompts: bool,
        component: impl Fn() -> io::Result<Arc<[u8]>> + Send + Sync + 'static,
    ) -> Self {
        Self {
            component: Arc::new(component),
            has_prompts,
        }
    }

    /// Its component.
    pub(crate) fn component(&self) -> io::Result<Arc<[u8]>> {
        (self.component)()
    }
}

/// Built-in steps that don't ride inside the binary: each is built by a command of its own, into a folder where it is
/// found by its name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StepsApart {
    /// Where `NAME.wasm` is looked for, in this order.
    pub folders: Vec<PathBuf>,
    /// The command that builds a step and puts it there, by the step's name.
    pub builds: BTreeMap<String, String>,
}

impl StepsApart {
    /// The file of such a step, where it was built.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<PathBuf> {
        // Anything else could name a file elsewhere.
        let name = Name::new(name).ok()?;
        let mut files = self
            .folders
            .iter()
            .map(|folder| folder.join(format!("{name}.wasm")));
        files.find(|file| file.is_file())
    }
}

/// What an engine is built from.
pub struct EngineParts {
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// The store's folder; none where it is in memory alone.
    pub store_folder: Option<PathBuf>,
    /// What everything that is written down has its time from.
    pub clock: Clock,
    /// What runs the components.
    pub runner: Arc<dyn StepRunner>,
    /// What fills templates and holds values against JSON Schemas.
    pub texts: Arc<dyn TextService>,
    /// The registry of models.
    pub models: Models,
    /// What the operator says.
    pub configuration: Configuration,
    /// The components that `builtin:NAME` names.
    pub builtin: BuiltinSteps,
    /// Those of them that are found in a folder.
    pub apart: StepsApart,
    /// The project's directory: the workspace of a run that names no other.
    pub project: PathBuf,
    /// What belongs to the operator and no step may touch, wherever it lies: the store's folder, the configuration.
    pub closed: Vec<PathBuf>,
    /// Where plugins come from that lie on other machines.
    pub sources: Arc<dyn PluginSource>,
    /// What sends the requests of steps.
    pub http: Arc<dyn HttpClient>,
    /// Takes down a person's answers, where a cassette is recorded.
    pub recorder: Option<Arc<Recorder>>,
}
