//! What the operator says: models, budgets, limits, where the store is.
//!
//! Keys are not here: a provider names the environment variable that holds its key.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use stepwell_contract::{Budget, HttpInside, Limits, ModelsSettings, Uses};

use crate::sources::PluginSources;

/// The operator's `stepwell.toml`. The default is what holds without such a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Configuration {
    /// Providers, models under their short names, and the default model.
    pub models: ModelsSettings,
    /// The most that may be spent.
    pub budgets: Budgets,
    /// A run that will probably take more is started only with a person's yes; without a figure none needs one.
    pub confirm_above: Budget,
    /// What happens with a call whose answer was lost.
    pub in_doubt: InDoubt,
    /// What one attempt of a step may use, where a definition doesn't say otherwise.
    pub limits: Limits,
    /// Plugins by the names that the operator gave to them, each with what `uses` would say of it; a path is relative to the file.
    pub plugins: BTreeMap<String, String>,
    /// The directory of the store, relative to the file.
    pub store: Option<String>,
    /// How plugins are run.
    pub sandbox: SandboxSettings,
    /// Hosts inside of the network that steps may be granted to ask by HTTP.
    pub http_inside: Vec<HttpInside>,
    /// Which finished runs are kept.
    pub retention: Retention,
    /// Where plugins come from, and what is demanded of those.
    pub sources: PluginSources,
    /// Where in the file some of it is said: for whoever explains what holds.
    pub lines: ConfigurationLines,
}

/// The lines of the operator's file, from 1, in which something is said that steps may do or use; none of what isn't said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ConfigurationLines {
    /// `defaults.model`
    pub default_model: Option<usize>,
    /// `budgets.run`
    pub run_budget: Option<usize>,
    /// `budgets.step`
    pub step_budget: Option<usize>,
    /// `budgets.day`
    pub day_budget: Option<usize>,
    /// `limits`
    pub limits: Option<usize>,
    /// `http.inside`
    pub http_inside: Option<usize>,
}

impl Configuration {
    /// Whether one of the operator's names stands for a plugin of another machine.
    #[must_use]
    pub fn has_names_elsewhere(&self) -> bool {
        let mut plugins = self.plugins.values();
        plugins.any(|uses| Uses::of(uses).is_elsewhere())
    }

    /// The same as seen from anywhere, where its file lies in this folder.
    #[must_use]
    pub fn seen_from(mut self, folder: &Path) -> Self {
        for uses in self.plugins.values_mut() {
            *uses = Uses::seen_from(uses, folder);
        }
        self
    }
}

/// Which finished runs are kept. A run that one of these doesn't keep goes; without any, all stay.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retention {
    /// For how many days after its end.
    pub days: Option<u32>,
    /// How many, the newest ones.
    pub runs: Option<u32>,
}

/// The most that may be spent. Without a figure there is no cap.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budgets {
    /// For one run.
    pub run: Budget,
    /// For one step of a run, its items together.
    pub step: Budget,
    /// For one day, all runs together.
    pub day: Budget,
}

/// What happens with a call that was sent and whose answer was lost in a crash (rule E7).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InDoubt {
    /// It is sent again. It may be paid twice.
    #[default]
    Resend,
    /// A person decides.
    Ask,
    /// The step fails.
    Fail,
}

/// How plugins are run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SandboxSettings {
    /// The most plugins that are under way at once; none is what the machine can bear.
    pub max_instances: Option<u32>,
    /// The most processor time that compiling a plugin takes.
    pub compile_time: Option<Duration>,
    /// The most memory that it takes.
    pub compile_memory: Option<u64>,
    /// Folders outside of the project that steps may be granted to read.
    #[serde(default)]
    pub read: Vec<PathBuf>,
}
