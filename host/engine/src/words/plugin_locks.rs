//! The plugins that a project agreed to run: looked at, and agreed to.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::{ComparisonId, Digest, RunId, StepPath, Undertaking};
use stepwell_definition::{LockedPlugin, PluginDifference};

use super::DefinitionSource;

/// Holds plugins against `stepwell.lock`, and agrees to them: those of a definition, those that are named, or else all that the
/// lock has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LockPlugins {
    /// The definition whose plugins are meant.
    #[serde(default)]
    pub definition: Option<DefinitionSource>,
    /// Plugins that are meant, as in `uses`.
    #[serde(default)]
    pub plugins: Vec<String>,
    /// The folder that a relative path of these starts at; the project's where none is named.
    #[serde(default)]
    pub folder: Option<String>,
    /// Plugins that are to go from the lock, as in `uses`, whether they are there or not; nothing else is looked at then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forget: Vec<String>,
    /// A run whose plugins are meant, as it was begun with them: a yes lets that run use them, and the lock stays as it is.
    #[serde(default)]
    pub run: Option<RunId>,
    /// Of that run only this step is meant.
    #[serde(default)]
    pub step: Option<StepPath>,
    /// Of that run only what stands below this step is meant.
    #[serde(default)]
    pub below: Option<StepPath>,
    /// The same of a comparison.
    #[serde(default)]
    pub comparison: Option<ComparisonId>,
    /// Take what names on other machines mean now, such as a tag of a registry, and not what was agreed to.
    #[serde(default)]
    pub renew: bool,
    /// About which of them other machines are asked. About the others what was looked at before counts, and what wasn't is told as
    /// `unfetched`.
    #[serde(default)]
    pub fetch: Fetch,
    /// What is to come of what differs.
    #[serde(default)]
    pub agreement: Agreement,
}

/// About which plugins other machines are asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Fetch {
    /// None of them.
    #[default]
    Nothing,
    /// Those that somebody agreed to, where they are to be renewed.
    Known,
    /// Those that nobody agreed to yet: whoever named them chooses what this machine asks.
    New,
    /// All of them.
    All,
}

impl Fetch {
    /// Whether it is about one that somebody agreed to, or about one that nobody did.
    pub(crate) fn is_about(self, is_known: bool) -> bool {
        match self {
            Self::Nothing => false,
            Self::Known => is_known,
            Self::New => !is_known,
            Self::All => true,
        }
    }
}

impl LockPlugins {
    /// What was begun with the plugins that are meant.
    #[must_use]
    pub fn begun(&self) -> Option<Undertaking> {
        let run = self.run.map(Undertaking::from);
        run.or(self.comparison.map(Undertaking::from))
    }

    /// Whether a step of what was begun is meant.
    pub(crate) fn means(&self, step: &StepPath) -> bool {
        let is_step = self.step.as_ref().is_none_or(|meant| meant == step);
        let above = self.below.as_ref();
        is_step && above.is_none_or(|above| step != above && step.is_within(above))
    }

    /// Whether all that the lock has is meant.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.definition.is_none()
            && self.plugins.is_empty()
            && self.forget.is_empty()
            && self.begun().is_none()
    }

    /// What a person would name for the same.
    #[must_use]
    pub fn named(&self) -> Option<&str> {
        let definition = self.definition.as_ref();
        let file = definition.and_then(|definition| definition.file.as_deref());
        file.or(self.plugins.first().map(String::as_str))
    }
}

/// What is to come of plugins that aren't those of the lock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Agreement {
    /// It is told, and nothing changes.
    #[default]
    Look,
    /// It is an error, and so is a project without a lock.
    Require,
    /// The lock takes them, if what differs is what this digest is of: it was told as `shown` before.
    Shown(Digest),
    /// The lock takes them, whatever differs.
    All,
}

/// What differs between a lock and the plugins that are there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LockedPlugins {
    /// The lock's file.
    pub file: String,
    /// Whether the project has a lock now. Without one every plugin of this machine is run.
    pub exists: bool,
    /// What differs, or differed until it was agreed to.
    pub differences: Vec<PluginDifference>,
    /// Whether something that uses these plugins would be refused for them.
    pub refused: bool,
    /// Names exactly these differences, for a yes to them.
    pub shown: Digest,
    /// Whether they were agreed to just now: the lock was written, or it is kept with the run or comparison that was begun with them.
    pub agreed: bool,
    /// The version of Stepwell whose built-in steps are agreed to.
    pub stepwell: Option<String>,
    /// The plugins that the lock has now, by what names them as seen from it.
    pub plugins: BTreeMap<String, LockedPlugin>,
}

impl LockedPlugins {
    /// The same, with whether something would be refused for them, and whether they were agreed to just now.
    pub(crate) fn where_it(self, refused: bool, agreed: bool) -> Self {
        Self {
            refused,
            agreed,
            ..self
        }
    }
}
