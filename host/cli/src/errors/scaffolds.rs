//! Why a new plugin can't be begun.

use std::path::Path;

use stepwell_engine::ErrorCode;
use stepwell_scaffold::{Language, WriteError};

use super::{CommandError, FolderError};
use crate::project::shown;
use crate::remedy::{CommandRemedy, Helps};

/// Why a new plugin can't have its SDK. Paths are as a person sees them.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ScaffoldError {
    #[error("there is no SDK in {}", language.title())]
    NoSdk { language: Language },
    #[error("{shown} is no SDK in {}: it has no {manifest}", language.title())]
    NotAnSdk {
        shown: String,
        language: Language,
        manifest: &'static str,
    },
}

impl ScaffoldError {
    pub(super) fn code(&self) -> ErrorCode {
        match self {
            Self::NoSdk { .. } => ErrorCode::Usage,
            Self::NotAnSdk { .. } => ErrorCode::Invalid,
        }
    }

    pub(super) fn helps(&self) -> Helps {
        match self {
            Self::NoSdk { .. } => CommandRemedy::LeaveOutSdk,
            Self::NotAnSdk { language, .. } => CommandRemedy::NameSdk {
                language: *language,
            },
        }
        .into()
    }
}

impl CommandError {
    /// Why files of a new plugin can't be written, as somebody sees it who began here.
    pub(crate) fn of_scaffold(error: WriteError, start: &Path) -> Self {
        match error {
            WriteError::NotEmpty { folder } => FolderError::Taken {
                shown: shown(&folder, start),
            }
            .into(),
            WriteError::NoFolder { folder } => FolderError::NoFolder {
                shown: shown(&folder, start),
            }
            .into(),
            WriteError::Unwritten { path, source } => Self::Write { path, source },
        }
    }
}
