//! What a face is told of definitions.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::{Grants, StepPath};
use stepwell_definition::Diagnostic;

use super::brought::BroughtPrompt;

/// A definition that could be run as it is.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct CheckedDefinition {
    /// The workflow's name.
    pub workflow: String,
    /// What a run needs, in the order of the definition.
    #[serde(default)]
    pub inputs: Vec<InputView>,
    /// Its steps, in the order of the definition.
    pub steps: Vec<StepPath>,
    /// What is worth a look, though nothing hinders a run.
    pub warnings: Vec<Diagnostic>,
    /// What its plugins bring along that no run has told of yet, with what each step would use.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub brought: Vec<BroughtPrompt>,
}

/// A definition that lies in the project.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct DefinitionView {
    /// Its file, below the project.
    pub file: String,
    /// The workflow's name.
    pub workflow: String,
    /// What it does, for a person; may be empty.
    pub description: String,
    /// What a run needs, in the order of the definition.
    pub inputs: Vec<InputView>,
    /// Its steps, parents before their sub-steps.
    #[serde(default)]
    pub steps: Vec<DefinedStep>,
}

/// A step as a definition writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DefinedStep {
    /// Its path.
    pub path: StepPath,
    /// Its plugin, as in `uses`; none is a group.
    pub uses: Option<String>,
    /// What it is granted, as the lines of the definition say it: `workspace = "write"`.
    pub grants: Vec<String>,
}

/// What a run of a definition needs from a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InputView {
    /// Its name.
    pub name: String,
    /// What to give; may be empty.
    pub description: String,
    /// The text where a run gives none; without it, and without a file, the input must be given.
    pub default: Option<String>,
    /// The file of the workspace whose text it is where a run gives none and the file is there.
    #[serde(default)]
    pub file: Option<String>,
}

/// What the definition of a run says of a step.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepDefined {
    /// The inputs of its plugin, each as it is written: a text, or with references.
    pub inputs: BTreeMap<String, String>,
    /// The settings of its plugin.
    pub settings: BTreeMap<String, serde_json::Value>,
    /// What it may do now: grants are read anew by each resume.
    pub grants: Grants,
    /// What one attempt may use now, by the keys of `limits`: bytes, seconds of `cpu` and `wall` as a duration, or a number.
    pub limits: serde_json::Map<String, serde_json::Value>,
    /// How often it is tried again after a failure.
    pub retries: u32,
    /// The list that it runs once for each item of, as it is written.
    pub for_each: Option<String>,
    /// How many items are worked on at once.
    pub concurrency: u32,
    /// While what it runs again, as it is written.
    pub repeat: Option<serde_json::Value>,
    /// If what it is carried out, as it is written.
    #[serde(default)]
    pub when: Option<serde_json::Value>,
}
