//! Where a plugin is tested: everything that its cases have in common.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use stepwell_contract::{Clock, Description, StepPath, StepRunner, TextService, Uses};
use stepwell_definition::{Configuration, PluginSources, TestCase};
use stepwell_engine::{BuiltinSteps, Engine, EngineError, EngineParts, NoSources, StepsApart};
use stepwell_llm::Models;
use stepwell_store::{RedbStore, Store};

use crate::scripted::Scripted;
use crate::servers::Servers;
use crate::stage::Stage;

/// Where the clock of every case stands, so that what follows from it is the same each time: the beginning of 2026.
const NOW: i64 = 1_767_225_600;

/// What a bench is built from.
pub struct Parts {
    /// What runs the components.
    pub runner: Arc<dyn StepRunner>,
    /// What fills templates and looks into the checks.
    pub texts: Arc<dyn TextService>,
    /// The components that `builtin:NAME` names.
    pub builtin: BuiltinSteps,
    /// Those of them that are found in a folder.
    pub apart: StepsApart,
    /// What the operator demands of plugins.
    pub sources: PluginSources,
    /// Where the workspaces of the cases are made. Whoever made it removes it, once nothing is at work any more: of a case that nobody
    /// waits for a step may go on for a while.
    pub folder: PathBuf,
}

/// A plugin that is tested, and what carries its cases out.
pub struct Bench {
    stage: Arc<Stage>,
    texts: Arc<dyn TextService>,
    builtin: BuiltinSteps,
    apart: StepsApart,
    sources: PluginSources,
    folder: PathBuf,
    uses: String,
    plugin: Description,
    /// The step in the workflow of each case.
    step: StepPath,
}

impl Bench {
    /// Makes a plugin ready, named as in `uses`; a relative path starts at `folder`.
    ///
    /// # Errors
    /// [`EngineError::Plugin`] says why it can't be used.
    pub async fn of(uses: &str, folder: &Path, parts: Parts) -> Result<Self, EngineError> {
        let uses = Uses::seen_from(uses, folder);
        let mut bench = Self {
            stage: Arc::new(Stage::before(parts.runner)),
            texts: parts.texts,
            builtin: parts.builtin,
            apart: parts.apart,
            sources: parts.sources,
            folder: parts.folder,
            uses,
            plugin: Description::default(),
            step: StepPath::root(&said("plugin")?),
        };
        let store: Arc<dyn Store> = Arc::new(RedbStore::in_memory()?);
        let nobody = Scripted::of(&TestCase::default(), &bench.step);
        let models = nobody
            .map_err(|reason| EngineError::Bug { reason })?
            .models();
        let servers = Servers::of(&TestCase::default());
        let engine = bench.engine(
            store,
            models,
            servers,
            BuiltinSteps::new(),
            folder.to_owned(),
        );
        bench.plugin = engine.plugin(&bench.uses, folder).await?.description;
        bench.step = StepPath::root(&said(&bench.plugin.name)?);
        Ok(bench)
    }

    /// What the plugin says of itself.
    #[must_use]
    pub fn plugin(&self) -> &Description {
        &self.plugin
    }

    /// What looks into the checks.
    #[must_use]
    pub fn texts(&self) -> &dyn TextService {
        &*self.texts
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn uses(&self) -> &str {
        &self.uses
    }

    pub(crate) fn step(&self) -> &StepPath {
        &self.step
    }

    /// An engine over a store, for a case with these models, and steps before the one that is tested.
    pub(crate) fn engine(
        &self,
        store: Arc<dyn Store>,
        models: Models,
        servers: Servers,
        before: BuiltinSteps,
        folder: PathBuf,
    ) -> Engine {
        let mut builtin = self.builtin.clone();
        builtin.extend(before);
        Engine::new(EngineParts {
            store,
            store_folder: None,
            clock: Clock::new(|| jiff::Timestamp::from_second(NOW).unwrap_or_default()),
            runner: self.stage.clone(),
            texts: Arc::clone(&self.texts),
            models,
            configuration: Configuration {
                sources: self.sources.clone(),
                ..Configuration::default()
            },
            builtin,
            apart: self.apart.clone(),
            project: folder,
            closed: Vec::new(),
            sources: Arc::new(NoSources),
            http: Arc::new(servers),
            recorder: None,
        })
    }
}

/// The name that a plugin gives itself, as that of a step.
fn said(name: &str) -> Result<stepwell_contract::Name, EngineError> {
    // The sandbox has looked at it.
    stepwell_contract::Name::new(name).map_err(|error| EngineError::Bug {
        reason: error.to_string(),
    })
}
