//! Why a comparison can't be looked at, or tried, as a person asked for it.

use stepwell_engine::ErrorCode;

use crate::remedy::{CommandRemedy, Helps};

/// Why something about a comparison can't be done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ComparedError {
    #[error("the latest version is none of those that were compared")]
    LatestNotCompared { compared: Vec<String> },
    #[error("the comparison has no case `{id}`")]
    NoCase { id: String, cases: Vec<String> },
    #[error("the comparison has no `{given}`, or several")]
    NoVariant {
        given: String,
        compared: Vec<String>,
    },
    #[error("answers alone are shown as a text or as JSON")]
    FormatOfAnswers,
    #[error("one case is shown as a table or as JSON")]
    FormatOfCase,
    #[error("the case file has no case `{id}`")]
    NoCaseInFile { id: String, cases: Vec<String> },
    #[error("the case file has {} cases, and a text is tried on one", cases.len())]
    SeveralCases { cases: Vec<String> },
}

impl ComparedError {
    pub(super) fn code(&self) -> ErrorCode {
        match self {
            Self::LatestNotCompared { .. } | Self::NoVariant { .. } => ErrorCode::NotCompared,
            Self::NoCase { .. } => ErrorCode::NoSuchCell,
            Self::FormatOfAnswers | Self::FormatOfCase => ErrorCode::Invalid,
            Self::NoCaseInFile { .. } | Self::SeveralCases { .. } => ErrorCode::Case,
        }
    }

    pub(super) fn helps(&self) -> Helps {
        let own = match self {
            Self::LatestNotCompared { compared } => CommandRemedy::NameOneOf {
                names: compared.clone(),
            },
            Self::NoCase { cases, .. } => CommandRemedy::ChooseCase {
                cases: cases.clone(),
            },
            Self::NoVariant { compared, .. } => CommandRemedy::ChooseCompared {
                compared: compared.clone(),
            },
            Self::FormatOfAnswers => CommandRemedy::LeaveOutAnswers,
            Self::FormatOfCase => CommandRemedy::LeaveOutCase,
            Self::NoCaseInFile { cases, .. } | Self::SeveralCases { cases } => {
                CommandRemedy::SayWhichCase {
                    cases: cases.clone(),
                }
            }
        };
        own.into()
    }
}
