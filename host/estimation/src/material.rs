//! What an estimate is made from: plain figures, read by whoever asks for it.

use stepwell_contract::{Prices, Spread, StepPath};

/// A run that is to be started.
#[derive(Debug, Clone, Default)]
pub struct Material {
    /// Its steps, a parent before its sub-steps.
    pub steps: Vec<StepMaterial>,
}

/// One of its steps. Numbers of steps are places in [`Material::steps`].
#[derive(Debug, Clone)]
pub struct StepMaterial {
    /// The step.
    pub path: StepPath,
    /// What it is a sub-step of.
    pub parent: Option<usize>,
    /// What it asks; none where it asks no model, or isn't to be carried out in this run.
    pub asks: Option<Asked>,
    /// What its inputs are made of.
    pub reads: Vec<Reads>,
    /// For how many items it runs, below those of its parent.
    pub items: Items,
    /// In how many rounds at most, for each of its items.
    pub most_rounds: u32,
    /// Whether it is carried out.
    pub when: When,
    /// Bytes of the documents that a person gives in its place.
    pub given: Option<u64>,
    /// What it took in earlier runs of the workflow, newest first, all of its items and rounds together.
    pub earlier: Vec<Took>,
    /// What one execution of the same plugin and prompts took elsewhere, newest first.
    pub elsewhere: Vec<Took>,
}

/// What a step asks a model.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// The short name of its model.
    pub model: Option<String>,
    /// What that costs, where it is known.
    pub prices: Option<Prices>,
    /// The models that are asked instead where that one can't answer, with what they cost, where it is known.
    pub instead: Vec<(String, Option<Prices>)>,
    /// The most tokens of an answer, where the operator says so.
    pub most_output: Option<u32>,
    /// Bytes of each prompt's version: at least what stands in it under no condition, at most all of it.
    pub prompts: Vec<Spread>,
    /// Whether it is asked again where an answer can't be read.
    pub retries: bool,
    /// Whether its model, or the step by itself, may look into the workspace.
    pub looks: bool,
}

/// A part of a step's inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reads {
    /// So many bytes of the definition's own text.
    Written(u64),
    /// So many bytes of an input of the run.
    Input(u64),
    /// A document of this step.
    Document(usize),
}

/// For how many items a step runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Items {
    /// It has no list.
    NoList,
    /// So many.
    Known(u64),
    /// The list is written in the run.
    Unknown,
}

/// Whether a step is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Nothing hinders it.
    Always,
    /// A document of the run says so, or doesn't.
    Maybe,
    /// It is left out.
    Never,
}

/// What was taken before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Took {
    /// Calls.
    pub calls: u64,
    /// Tokens that were sent.
    pub input_tokens: u64,
    /// Tokens that were received.
    pub output_tokens: u64,
    /// Bytes of the run's inputs that the step was given.
    pub given_bytes: u64,
    /// Whether the model was another one.
    pub other_model: bool,
    /// Whether the prompts were others.
    pub other_prompts: bool,
}
