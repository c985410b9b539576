//! How a step gives up: constructors of [`Failure`], and what a refusal of the host becomes.

use crate::bindings::stepwell::plugin::{
    chat::{ChatError, ChatErrorKind},
    context::{CheckpointError, CheckpointErrorKind},
    dialogue::{DialogueError, DialogueErrorKind},
    documents::{DocumentError, DocumentErrorKind},
    prompts::{PromptError, PromptErrorKind},
    workspace::{WorkspaceError, WorkspaceErrorKind},
};

pub use crate::bindings::stepwell::plugin::types::{Failure, FailureKind};

impl Failure {
    fn new(kind: FailureKind, message: impl Into<String>, retryable: bool) -> Self {
        Self {
            kind,
            message: message.into(),
            retryable,
        }
    }

    /// An input is missing or unusable; another attempt would meet the same.
    pub fn invalid_input(message: impl Into<String>) -> Self {
        Self::new(FailureKind::InvalidInput, message, false)
    }

    /// The model's answer doesn't hold what the step needs. The host asks the last question again, and the SDK
    /// adds this message to it: name everything that is missing at once.
    pub fn invalid_response(message: impl Into<String>) -> Self {
        Self::new(FailureKind::InvalidResponse, message, true)
    }

    /// A permission, a budget or a limit stands in the way.
    pub fn denied(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Denied, message, false)
    }

    /// The person doesn't want the step to go on.
    pub fn declined(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Declined, message, false)
    }

    /// Anything else, with a code of its own such as `network`.
    pub fn other(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(FailureKind::Other(code.into()), message, false)
    }

    /// The same failure, marked as one that another attempt may mend.
    #[must_use]
    pub fn retryable(mut self) -> Self {
        self.retryable = true;
        self
    }
}

impl FailureKind {
    /// The code as it appears in events and in `previous-end`, such as `invalid-response`.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::InvalidInput => "invalid-input",
            Self::InvalidResponse => "invalid-response",
            Self::Denied => "denied",
            Self::Declined => "declined",
            Self::Other(code) => code,
        }
    }
}

impl From<ChatError> for Failure {
    /// The host has retried what is worth retrying before it says no: another attempt of the step would only ask
    /// as often again. What the answer itself lacks is another matter.
    fn from(error: ChatError) -> Self {
        let code = match error.kind {
            ChatErrorKind::OverBudget | ChatErrorKind::Denied => {
                return Self::denied(error.message);
            }
            ChatErrorKind::SchemaMismatch => return Self::invalid_response(error.message),
            // The answer is kept, and of no use: only as an invalid response it is forgotten and asked for anew.
            ChatErrorKind::Other(code)
                if [crate::chat::CUT_OFF, crate::chat::NO_ANSWER].contains(&code.as_str()) =>
            {
                return Self::invalid_response(error.message);
            }
            ChatErrorKind::RateLimited => "rate-limited".to_owned(),
            ChatErrorKind::Overloaded => "overloaded".to_owned(),
            ChatErrorKind::Timeout => "timeout".to_owned(),
            ChatErrorKind::Network => "network".to_owned(),
            ChatErrorKind::InvalidRequest => "invalid-request".to_owned(),
            ChatErrorKind::UnknownModel => "unknown-model".to_owned(),
            ChatErrorKind::Authentication => "authentication".to_owned(),
            ChatErrorKind::OutOfCredit => "out-of-credit".to_owned(),
            ChatErrorKind::ContextLength => "context-length".to_owned(),
            ChatErrorKind::ContentFiltered => "content-filtered".to_owned(),
            ChatErrorKind::ReplayMiss => "replay-miss".to_owned(),
            ChatErrorKind::Other(code) => code,
        };
        Self::other(code, error.message)
    }
}

/// What may be gone at the next attempt.
fn passing(code: &str, message: String) -> Failure {
    Failure::other(code, message).retryable()
}

impl From<PromptError> for Failure {
    fn from(error: PromptError) -> Self {
        let code = match error.kind {
            PromptErrorKind::Denied => return Self::denied(error.message),
            PromptErrorKind::Unavailable => return passing("prompt-unavailable", error.message),
            PromptErrorKind::NotFound => "prompt-not-found".to_owned(),
            PromptErrorKind::InvalidTemplate => "invalid-template".to_owned(),
            PromptErrorKind::MissingVariable => "missing-variable".to_owned(),
            PromptErrorKind::Other(code) => code,
        };
        Self::other(code, error.message)
    }
}

impl From<DialogueError> for Failure {
    fn from(error: DialogueError) -> Self {
        match error.kind {
            DialogueErrorKind::Declined => Self::declined(error.message),
            DialogueErrorKind::NobodyThere => Self::other("nobody-there", error.message),
            DialogueErrorKind::Other(code) => Self::other(code, error.message),
        }
    }
}

impl From<WorkspaceError> for Failure {
    fn from(error: WorkspaceError) -> Self {
        match error.kind {
            WorkspaceErrorKind::Denied | WorkspaceErrorKind::TooLarge => {
                Self::denied(error.message)
            }
            WorkspaceErrorKind::NotFound => Self::other("file-not-found", error.message),
            WorkspaceErrorKind::InvalidPath => Self::other("invalid-path", error.message),
            WorkspaceErrorKind::Other(code) => Self::other(code, error.message),
        }
    }
}

impl From<DocumentError> for Failure {
    fn from(error: DocumentError) -> Self {
        match error.kind {
            DocumentErrorKind::Denied | DocumentErrorKind::TooLarge => Self::denied(error.message),
            DocumentErrorKind::Unavailable => passing("document-unavailable", error.message),
            DocumentErrorKind::NotFound => Self::other("document-not-found", error.message),
            DocumentErrorKind::Other(code) => Self::other(code, error.message),
        }
    }
}

impl From<CheckpointError> for Failure {
    fn from(error: CheckpointError) -> Self {
        match error.kind {
            CheckpointErrorKind::TooLarge => Self::denied(error.message),
            CheckpointErrorKind::Unavailable => passing("checkpoint-unavailable", error.message),
            CheckpointErrorKind::Other(code) => Self::other(code, error.message),
        }
    }
}
