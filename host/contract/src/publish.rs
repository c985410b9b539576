//! Where a run puts what its steps wrote.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

/// Where a run puts what its steps wrote.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    JsonSchema,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Publish {
    /// Into the workspace.
    #[default]
    Files,
    /// Onto a branch of the workspace's git repository, whose working tree stays as it is.
    Branch,
}
