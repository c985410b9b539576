//! Why the improvement of a prompt can't be started or looked at.

use stepwell_contract::{Remedy, listed};

use super::{ErrorCode, LAST};

/// Why the application says no to something about an improvement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImprovementError {
    /// No improvement has such an id, or several have.
    #[error("{}", no_such_improvement(given))]
    NoSuchImprovement {
        /// What was given.
        given: String,
    },
    /// So few cases can't show that a proposal is better.
    #[error(
        "{training} of the cases are for training and {validation} for validation; at least {least_training} and {least_validation} are needed"
    )]
    TooFewCases {
        /// How many would be for training.
        training: usize,
        /// How many would be for validation.
        validation: usize,
        /// How many have to be for training.
        least_training: usize,
        /// How many have to be for validation.
        least_validation: usize,
    },
    /// Nothing says whether an outcome of these cases is good.
    #[error("nothing is checked of {}", listed(cases))]
    Unchecked {
        /// The cases.
        cases: Vec<String>,
    },
}

impl ImprovementError {
    pub(super) fn code(&self) -> ErrorCode {
        match self {
            Self::NoSuchImprovement { .. } => ErrorCode::NoSuchImprovement,
            Self::TooFewCases { .. } => ErrorCode::TooFewCases,
            Self::Unchecked { .. } => ErrorCode::Case,
        }
    }

    pub(super) fn remedy(&self) -> Remedy {
        match self {
            Self::NoSuchImprovement { given } if given == LAST => Remedy::StartImprovement,
            Self::NoSuchImprovement { .. } => Remedy::ListImprovements,
            Self::TooFewCases {
                least_training,
                least_validation,
                ..
            } => Remedy::GiveMoreCases {
                cases: least_training + least_validation,
            },
            Self::Unchecked { .. } => Remedy::GiveChecks,
        }
    }
}

fn no_such_improvement(given: &str) -> String {
    if given == LAST {
        "there are no improvements yet".into()
    } else {
        format!("`{given}` names no improvement, or more than one")
    }
}
