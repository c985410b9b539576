//! What a remedy is about: the few words that it has besides names and numbers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{ComparisonId, ImprovementId, RunId};

/// What a person does to go on, once the rest is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GoOn {
    /// Resume this run.
    Run(RunId),
    /// Resume this comparison.
    Comparison(ComparisonId),
    /// Resume this improvement of a prompt.
    Improvement(ImprovementId),
}

/// What stands in the way of a file of the workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Obstacle {
    /// No room, or no quota, is left.
    Full,
    /// This user may not write there.
    Permission,
    /// Something else is in its place.
    InTheWay,
}

/// Why a folder can't serve as a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FolderProblem {
    /// It isn't there.
    Missing,
    /// It is something else.
    NotAFolder,
    /// This user may not enter it.
    Permission,
    /// It is closed to every step.
    Closed,
    /// Its name isn't UTF-8.
    Name,
    /// The system failed.
    System,
}

/// What of several things there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Choice {
    /// The steps of a workflow.
    Steps,
    /// The items of a step.
    Items,
    /// The inputs of a workflow or step.
    Inputs,
    /// The prompts that a step uses.
    Prompts,
    /// The documents that a step writes.
    Documents,
    /// The versions that are compared.
    Versions,
}

/// What an operator may let a step do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Grant {
    /// Look at the files of the workspace, or change them.
    Workspace,
    /// Change prompts.
    Prompts,
    /// Read the real clock.
    Clock,
}

/// What helps a plugin's author with what its code broke of, in its language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GuestMend {
    /// Import it at the top of the module: Python's modules are read while it is built, and none later.
    ImportAtTop,
}
