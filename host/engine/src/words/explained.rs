//! What the steps of a definition may do, and where each permission comes from.
//!
//! It is told of what a definition asks for, also where the operator forbids it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::{Budget, Digest, Limit, LimitAmount, Name, Permission, Remedy, StepPath};
use stepwell_definition::Diagnostic;

use super::requests::DefinitionSource;

/// Asks what steps may do.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ExplainSteps {
    /// The definition that they belong to.
    pub definition: DefinitionSource,
    /// The step, with all that stands below it; all of them where none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<StepPath>,
}

/// What the steps of a definition may do.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ExplainedDefinition {
    /// The workflow's name.
    pub workflow: Name,
    /// The definition's file, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The steps that have a plugin, parents before what stands below them.
    pub steps: Vec<ExplainedStep>,
    /// What a run of the definition would be refused for, and warned of; nothing is known of that where a plugin can't be looked into.
    pub problems: Vec<Diagnostic>,
    /// Why a run of it would be refused, where that is nothing in the definition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// What a step may do.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ExplainedStep {
    /// The step.
    pub path: StepPath,
    /// What carries it out.
    pub plugin: ExplainedPlugin,
    /// All that a step may be permitted, one after the other.
    pub permissions: Vec<ExplainedPermission>,
    /// What bounds what it spends.
    pub budgets: Vec<ExplainedBudget>,
    /// The limits that aren't the built-in ones.
    pub limits: Vec<ExplainedLimit>,
}

/// The plugin of a step.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ExplainedPlugin {
    /// How the definition names it.
    pub uses: String,
    /// Where it does.
    pub said: SaidAt,
    /// Its own name and version, where it could be looked into.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The digest of its bytes, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// The fingerprint of the key that signed it, where one is demanded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_by: Option<Digest>,
    /// The operator's sources that it falls under, the narrowest first.
    pub sources: Vec<OfSource>,
    /// Whether somebody agreed to it.
    pub lock: InLock,
    /// Why it can't be looked into: then nothing is known of what it imports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<PluginProblem>,
}

/// Why a plugin can't be looked into.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct PluginProblem {
    /// A sentence for a person.
    pub message: String,
    /// What helps.
    pub remedy: Remedy,
}

/// Whether the lock has a plugin.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum InLock {
    /// It has this one.
    Agreed,
    /// There is no lock.
    NoLock,
    /// It isn't known, since the plugin can't be looked into.
    Unknown,
    /// It has none of this name.
    Missing,
    /// It has another one under this name.
    Another,
}

/// Where something is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SaidAt {
    /// In which file.
    pub file: SaidIn,
    /// In which line, from 1; none where no line says it.
    pub line: Option<usize>,
}

/// A file that says something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SaidIn {
    /// The definition.
    Definition,
    /// The operator's `stepwell.toml`.
    Operator,
}

/// One of the operator's `[sources]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OfSource {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub said: SaidAt,
}

/// One permission of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExplainedPermission {
    /// Which one.
    pub permission: Permission,
    /// How it stands.
    pub standing: Standing,
    /// The functions by which its component would use it, such as `workspace.read`, or the interfaces of the system; none where it has
    /// none, or isn't known.
    pub by: Vec<String>,
    /// What it is given, each with where that is said.
    pub given: Vec<Given>,
}

/// How a permission of a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It has it.
    Yes,
    /// It doesn't have it, and nothing tells that its component would use it.
    No,
    /// Its component has functions for it, which are told no: no line gives it.
    Denied,
    /// The definition gives it, and all that it gives is forbidden or can't be had.
    Hindered,
    /// The definition gives it, and its component has no function that would use it: the line does nothing.
    Idle,
    /// It has it, if its component has a function for it: that isn't known.
    Unknown,
}

impl Standing {
    /// Whether the step can do it, as far as that is known.
    #[must_use]
    pub fn is_yes(self) -> bool {
        self == Self::Yes
    }
}

/// Something that a step is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Given {
    /// What: a model's short name, a path, a host, or the word of the grant; empty where no more is to be said.
    pub what: String,
    /// By what.
    pub by: GivenBy,
    /// Where that is said.
    pub said: Option<SaidAt>,
    /// What keeps the step from it; empty where nothing does.
    pub hindered_by: Vec<Hindrance>,
}

/// By what something is given to a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GivenBy {
    /// A line of its grants, or of what it keeps.
    Line,
    /// A line of its grants, and one of the operator's that lets hosts inside of the network be asked.
    LineAndInside(SaidAt),
    /// The model that the step names.
    Step,
    /// The model that the definition names for all of its steps.
    Defaults,
    /// The operator's default model.
    Operator,
    /// It is asked where this model can't answer.
    InsteadOf(String),
}

/// What keeps a step from what its definition gives to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Hindrance {
    /// The operator doesn't let plugins of this source have it.
    Source(OfSource),
    /// There is no such model, or none at all.
    NoModel(String),
    /// The folder can't be lent.
    NotLent(String),
    /// The host stands inside of the network, and the operator's `http.inside` doesn't name it.
    Inside,
    /// It does nothing without a grant of the workspace.
    NoWorkspace,
}

/// A bound of what a step spends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExplainedBudget {
    /// Of what.
    pub of: BudgetOf,
    /// The most.
    pub most: Budget,
    /// Where that is said.
    pub said: SaidAt,
}

/// What a budget is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BudgetOf {
    /// This step of a run, by the definition.
    ThisStep,
    /// Any step of a run, by the operator.
    EachStep,
    /// A run.
    Run,
    /// A day, all runs together.
    Day,
    /// All plugins of a source together, in one run.
    Source(String),
}

/// A limit of a step that isn't the built-in one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExplainedLimit {
    /// Which one.
    pub limit: Limit,
    /// How much it is.
    pub amount: LimitAmount,
    /// How much it is where nothing is said.
    pub built_in: LimitAmount,
    /// Where that is said.
    pub said: SaidAt,
}
