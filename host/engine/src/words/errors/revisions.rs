//! Why a document can't be looked at or changed.

use stepwell_contract::{Remedy, StepPath};

use super::ErrorCode;

/// Why the application says no to something about a document that is kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RevisionError {
    /// It has no such revision.
    #[error("document `{document}` of {step} has no revision {revision}")]
    NoSuchRevision {
        /// The step.
        step: StepPath,
        /// The document.
        document: String,
        /// What was given.
        revision: u32,
        /// The last revision.
        last: u32,
    },
    /// Each item of the step has one.
    #[error("step `{step}` has a document `{document}` for each of its items")]
    OfItems {
        /// The step.
        step: StepPath,
        /// The document.
        document: String,
        /// One of the executions that wrote it, as a person names it.
        example: String,
    },
}

impl RevisionError {
    pub(super) fn code(&self) -> ErrorCode {
        match self {
            Self::NoSuchRevision { .. } => ErrorCode::NoSuchRevision,
            Self::OfItems { .. } => ErrorCode::AmbiguousDocument,
        }
    }

    pub(super) fn remedy(&self) -> Remedy {
        match self {
            Self::NoSuchRevision { last, .. } => Remedy::NameRevision { last: *last },
            Self::OfItems { example, .. } => Remedy::NameItem {
                example: example.clone(),
            },
        }
    }
}
