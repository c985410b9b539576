//! What the sentence of a remedy is made of: words, and what each face names in its own way.

use stepwell_contract::{Grant, Name, RunId, StepPath};

/// A part of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Words; what stands in backticks is written as it is.
    Words(String),
    /// Something that a face offers, and names in its own way.
    Action(Action),
    /// Something that is given with a request, and that a face names in its own way.
    Field(GivenField),
}

/// Something that a person can have done by every face, or at the terminal alone.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the operation of its name")]
pub enum Action {
    StartRun,
    ListRuns,
    ResumeRun(Option<RunId>),
    RerunStep(Option<(RunId, StepPath)>),
    ListFiles(RunId),
    RestoreFile(RunId, String),
    OverwriteFile(RunId, String),
    ListDocuments,
    PutDocument,
    ListCalls(Option<RunId>),
    ListPrompts,
    ListVersions(Name),
    EditPrompt(Option<String>),
    UsePrompt(String),
    DiffPrompt(Name, u32, u32),
    ListPlugins,
    ListDefinitions,
    StartComparison,
    ListComparisons,
    ResumeComparison,
    Diagnose,
}

/// Something that is given with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the part of a request of its name")]
pub enum GivenField {
    Inputs(Vec<String>),
    Input,
    Document(StepPath, String),
    Until(StepPath),
    Workspace,
    Store,
    Versions,
    Models,
    Prompt,
    Run,
    Cases,
    Grant(Grant, String),
}
