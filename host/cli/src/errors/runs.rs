//! Why a run can't begin with what it is given, and a call can't be shown.

use std::path::PathBuf;

use stepwell_contract::StepPath;
use stepwell_engine::ErrorCode;

use crate::remedy::{CommandRemedy, GivenFile, Helps};

/// Why something about a run can't be done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunGivenError {
    #[error("{} is not the JSON of a run: {reason}", path.display())]
    NoJson { path: PathBuf, reason: String },
    #[error("the JSON of the run in {} holds no definition", path.display())]
    NoDefinition { path: PathBuf },
    #[error(
        "the plugin `{uses}` of step `{step}` isn't there: the JSON of a run holds no plugins that are files"
    )]
    NoPlugin {
        uses: String,
        step: StepPath,
        path: PathBuf,
        digest: Option<String>,
    },
    #[error("the input `{name}` is given twice")]
    InputTwice { name: String },
    #[error("the call has no answer")]
    NoAnswer,
}

impl RunGivenError {
    pub(super) fn code(&self) -> ErrorCode {
        match self {
            Self::NoJson { .. } | Self::NoDefinition { .. } | Self::InputTwice { .. } => {
                ErrorCode::Invalid
            }
            Self::NoPlugin { .. } => ErrorCode::Plugin,
            Self::NoAnswer => ErrorCode::NoOutcome,
        }
    }

    pub(super) fn helps(&self) -> Helps {
        let own = match self {
            Self::NoJson { .. } => CommandRemedy::NameFile {
                file: GivenFile::RunJson,
            },
            Self::NoDefinition { .. } => CommandRemedy::PrintAgain,
            Self::NoPlugin { path, digest, .. } => CommandRemedy::PutPlugin {
                path: path.clone(),
                digest: digest.clone(),
            },
            Self::InputTwice { .. } => CommandRemedy::GiveOnce,
            Self::NoAnswer => CommandRemedy::ShowRaw,
        };
        own.into()
    }
}
