//! The plugins that a project agreed to run: looked at, and agreed to.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::Digest;
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
    /// Ask other machines what their names mean now, such as a tag of a registry, and not only for what was agreed to.
    #[serde(default)]
    pub renew: bool,
    /// What is to come of what differs.
    #[serde(default)]
    pub agreement: Agreement,
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
    /// Whether the lock was written.
    pub agreed: bool,
    /// The version of Stepwell whose built-in steps are agreed to.
    pub stepwell: Option<String>,
    /// The plugins that the lock has now, by what names them as seen from it.
    pub plugins: BTreeMap<String, LockedPlugin>,
}
