//! Where a run puts what its steps wrote.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a run puts what its steps wrote.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Publish {
    /// Into the workspace.
    #[default]
    Files,
    /// Onto a branch of the workspace's git repository, whose working tree stays as it is.
    Branch,
}
