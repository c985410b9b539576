//! A plugin that was looked into before it is used.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::{Ability, Description, Digest, Import, Language, PluginFinding, Producer};

/// Looks into a plugin.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct CheckPlugin {
    /// The plugin, as in `uses`.
    pub uses: String,
    /// The folder that a relative path of it starts at; the project's where none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// Texts for its inputs, with which its `construct-prompt` is tried. Of the others examples are made from their schemas.
    #[serde(default)]
    pub inputs: BTreeMap<String, String>,
}

/// Everything that is to be said of a plugin before it is used.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct CheckedPlugin {
    /// How it was named.
    pub uses: String,
    /// The digest of its bytes.
    pub digest: Digest,
    /// Its size.
    pub bytes: u64,
    /// The fingerprint of the key that signed it, where one is demanded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_by: Option<Digest>,
    /// The version of the contract that it is built for; none where that can't be told.
    pub contract: Option<String>,
    /// The language that it is written in, where its tools say so.
    pub language: Option<Language>,
    /// The tools that made it.
    pub producers: Vec<Producer>,
    /// Whether its functions have names, so that a backtrace can be read.
    pub debug_names: bool,
    /// What it imports: nothing else can be reached by it.
    pub imports: Vec<Import>,
    /// What that lets it do.
    pub reach: Vec<CanReach>,
    /// What it says of itself, where it says something.
    pub description: Option<Description>,
    /// The prompt that `construct-prompt` gave, where it was tried and gave one.
    pub prompt: Option<String>,
    /// What it wrote to its standard error, where something it was to do failed.
    pub stderr: Option<String>,
    /// What is wrong, and what is most likely not meant. Without an error among them it can be used.
    pub findings: Vec<PluginFinding>,
}

/// Something that a plugin can do by what it imports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CanReach {
    /// What.
    pub ability: Ability,
    /// By which functions, such as `workspace.read`, or by which interfaces of the system.
    pub by: Vec<String>,
}

impl CheckedPlugin {
    /// Whether it can be used.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        !self.findings.iter().any(PluginFinding::is_error)
    }
}
