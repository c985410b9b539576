//! Why something that was begun came to nothing, and why a run waits.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{FailureKind, Remedy};

/// Why an execution, a run or a comparison failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// Which sort of problem.
    pub code: ProblemCode,
    /// What happened, for a person.
    pub message: String,
    /// What helps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<Remedy>,
    /// The step, as the execution key shows it.
    #[serde(default)]
    pub step: Option<String>,
    /// What a later build wrote, or an earlier one.
    #[serde(flatten)]
    pub other: serde_json::Map<String, serde_json::Value>,
}

impl Problem {
    /// A problem that nobody has a remedy for yet.
    pub fn new(code: ProblemCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            remedy: None,
            step: None,
            other: serde_json::Map::new(),
        }
    }

    /// The same, with what helps.
    #[must_use]
    pub fn with(mut self, remedy: Remedy) -> Self {
        self.remedy = Some(remedy);
        self
    }

    /// What helps; also what an earlier build, which wrote it down as a sentence, says of it.
    #[must_use]
    pub fn advice(&self) -> Option<Remedy> {
        let earlier = || self.other.get("hint")?.as_str();
        self.remedy.clone().or_else(|| earlier().map(Remedy::said))
    }

    /// The same, of a step.
    #[must_use]
    pub fn of(mut self, step: impl ToString) -> Self {
        self.step = Some(step.to_string());
        self
    }
}

crate::words! {
    /// Which sort of problem a step, a run or a comparison failed of.
    pub enum ProblemCode {
        /// An input is missing or unusable.
        InvalidInput = "invalid-input",
        /// The model's answer doesn't hold what the step needs.
        InvalidResponse = "invalid-response",
        /// A permission, a budget or a limit said no.
        Denied = "denied",
        /// The person declined to go on.
        Declined = "declined",
        /// A prompt's template can't be parsed.
        InvalidTemplate = "invalid-template",
        /// A prompt's template names a variable that has no value.
        MissingVariable = "missing-variable",
        /// There is no such prompt, or no such version of it.
        PromptNotFound = "prompt-not-found",
        /// The provider has no such model.
        UnknownModel = "unknown-model",
        /// The conversation is longer than the model can read.
        ContextLength = "context-length",
        /// The provider's filter refused.
        ContentFiltered = "content-filtered",
        /// The model's answer breaks the schema that it was asked to keep.
        SchemaMismatch = "schema-mismatch",
        /// A budget has no room for a call.
        OverBudget = "over-budget",
        /// A call was sent before its process was interrupted, and may have been paid.
        InDoubt = "in-doubt",
        /// A step that is carried out from the answers that are there would ask for another one.
        WouldAsk = "would-ask",
        /// The step ran into one of its limits.
        Limit = "limit",
        /// The guest's code broke.
        Trap = "trap",
        /// The guest called a host function where it may not.
        ForbiddenImport = "forbidden-import",
        /// What the guest gave back breaks the contract.
        BadOutcome = "bad-outcome",
        /// The sandbox has no room, or failed itself.
        Sandbox = "sandbox",
        /// Another step of the run changed a file meanwhile.
        Conflict = "conflict",
        /// A file of the outcome can't be brought into the workspace.
        Publishing = "publishing",
        /// Files are kept out of the workspace by a step that said neither yes nor no to them.
        Held = "held",
        /// The workspace can't be looked at.
        Workspace = "workspace",
        /// Nobody agreed to a plugin that it was begun with, or somebody took it back.
        NotAgreed = "not-agreed",
        /// None of those whom the operator demands signed a plugin that it was begun with, or not by a key that still stands.
        Unsigned = "unsigned",
        /// A repeated step has used up its rounds, and its document still asks for another.
        Rounds = "rounds",
    }
    other: " A step's own code, that of a model's provider, or one of a later build."
}

impl ProblemCode {
    /// Whether another attempt with the same plugin, prompt and model would only meet the problem again: in a comparison it
    /// is what came of the variant, and no accident.
    #[must_use]
    pub fn is_outcome(&self) -> bool {
        match self {
            Self::InvalidResponse
            | Self::InvalidInput
            | Self::BadOutcome
            | Self::Trap
            | Self::Limit
            | Self::ForbiddenImport
            | Self::ContextLength
            | Self::ContentFiltered
            | Self::SchemaMismatch => true,
            Self::Denied
            | Self::Declined
            | Self::InvalidTemplate
            | Self::MissingVariable
            | Self::PromptNotFound
            | Self::UnknownModel
            | Self::OverBudget
            | Self::InDoubt
            | Self::WouldAsk
            | Self::Sandbox
            | Self::Conflict
            | Self::Publishing
            | Self::Workspace
            | Self::Rounds
            | Self::Held
            | Self::NotAgreed
            | Self::Unsigned
            | Self::Other(_) => false,
        }
    }

    /// Whether a prompt can't be filled as it is.
    #[must_use]
    pub fn is_of_prompt(&self) -> bool {
        matches!(
            self,
            Self::InvalidTemplate | Self::MissingVariable | Self::PromptNotFound
        )
    }
}

impl From<&FailureKind> for ProblemCode {
    fn from(kind: &FailureKind) -> Self {
        Self::from(kind.code())
    }
}

crate::words! {
    /// What a run waits for.
    pub enum WaitingFor {
        /// Questions of its steps wait for a person's answers.
        Answers = "answers",
        /// It went as far as it was to go.
        Until = "until",
        /// A call was sent, and whether it was answered is not known: a person decides whether it is sent again.
        InDoubt = "in-doubt",
        /// Steps no longer fit what they depend on; to resume the run carries them out again.
        Stale = "stale",
    }
    other: " Something of a later build."
}
