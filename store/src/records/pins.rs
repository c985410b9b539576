//! What a run holds to from its start on, whatever is changed meanwhile: plugins, versions of prompts, models.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::Digest;

use super::OtherFields;

/// The plugin that a step uses in a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PinnedPlugin {
    /// The definition's `uses`.
    pub uses: String,
    /// The component's digest; its bytes are kept as a blob.
    pub digest: Digest,
    /// Its own name and version, as it says itself; none in what an earlier build wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The one that the step had in the run before, where that was another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<PluginBefore>,
    /// The fingerprint of the key that signed it, where one was demanded when the run began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_by: Option<Digest>,
    /// What a later build wrote.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// The plugin that a step used in the run before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PluginBefore {
    /// The component's digest.
    pub digest: Digest,
    /// Its own name and version, as it said itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

/// The version of a prompt that a step uses in a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PinnedPrompt {
    /// The name under which its versions are kept.
    pub name: String,
    /// The version's number; 0 is the intrinsic prompt, or a text that isn't saved.
    pub number: u32,
    /// The template, a blob.
    pub digest: Digest,
    /// Whether it is a text that somebody tries and that is no version.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unsaved: bool,
    /// What a later build wrote.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// The model that a step uses in a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PinnedModel {
    /// The short name.
    pub name: String,
    /// The provider's name in the configuration.
    pub provider: String,
    /// The model's name at the provider.
    pub model: String,
    /// Those that are asked instead where it can't answer, in this order. They have none of their own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fallback: Vec<PinnedModel>,
    /// What a later build wrote.
    #[serde(flatten)]
    pub other: OtherFields,
}
