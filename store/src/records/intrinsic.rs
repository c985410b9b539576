//! What a plugin brings along for a prompt: its own text, whether or not it is one of the versions.
//!
//! So the text can be read, compared and taken also when the plugin isn't at hand. Nothing here says when it is used.

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::{Digest, Name};

use super::{OtherFields, no_content};
use crate::StoreError;

/// Of how many plugins that use one prompt name the own text is kept. One more drops what was used longest ago.
pub const KEPT_INTRINSIC: usize = 4;

/// A plugin, as its description says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PluginVersion {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

impl fmt::Display for PluginVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.name, self.version)
    }
}

/// The text that a plugin brought along when it was last used with the prompt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct IntrinsicRecord {
    /// Whose it is. Of each name one is kept.
    pub plugin: PluginVersion,
    /// The template, or why it can't be read. It is a blob, as that of a version is.
    #[serde(with = "no_content")]
    #[schemars(with = "String")]
    pub content: Result<String, String>,
    /// The digest of the template.
    pub digest: Digest,
    /// When the plugin first brought this text along.
    pub declared_at: Timestamp,
    /// Whether a run has said so: each text is told once.
    #[serde(default)]
    pub told: bool,
    /// What a later build wrote.
    #[serde(flatten)]
    pub other: OtherFields,
}

impl IntrinsicRecord {
    /// The template, for whoever shows, compares or takes it.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] where it can't be read.
    pub fn template(&self, prompt: &Name) -> Result<&str, StoreError> {
        let unreadable = |reason: &String| StoreError::Unreadable {
            what: format!(
                "the text that {} brought along for prompt `{prompt}`",
                self.plugin
            ),
            reason: reason.clone(),
        };
        self.content.as_deref().map_err(unreadable)
    }
}
