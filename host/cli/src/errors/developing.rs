//! Why a plugin's project can't be built, or wasn't.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

use stepwell_engine::ErrorCode;

use crate::remedy::{CommandRemedy, Helps};

/// Why nothing came of it. Paths are as a person sees them.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DevelopError {
    #[error("{shown} is no folder")]
    NoFolder { shown: String },
    #[error(
        "{shown} is there, and is no component: it stays; `--to` names the file that definitions use"
    )]
    NoComponent { shown: String },
    #[error("nothing says how the plugin is built: there is no `build` and `component` in {}", file.display())]
    NoRecipe { file: PathBuf },
    #[error("{} can't be understood: {reason}", file.display())]
    Recipe { file: PathBuf, reason: String },
    #[error("`{command}` failed: {status}")]
    Failed { command: String, status: ExitStatus },
    #[error("`{command}` can't be started")]
    NotStarted { command: String, source: io::Error },
}

impl DevelopError {
    pub(super) fn code(&self) -> ErrorCode {
        match self {
            Self::NoFolder { .. } | Self::NoComponent { .. } => ErrorCode::Invalid,
            Self::NoRecipe { .. } | Self::Recipe { .. } => ErrorCode::Configuration,
            Self::Failed { .. } | Self::NotStarted { .. } => ErrorCode::System,
        }
    }

    pub(super) fn helps(&self) -> Option<Helps> {
        let own = match self {
            Self::NoFolder { .. } => CommandRemedy::NameFolder,
            Self::NoRecipe { file } | Self::Recipe { file, .. } => {
                CommandRemedy::SayHowToBuild { file: file.clone() }
            }
            Self::Failed { .. } => CommandRemedy::MendBuild,
            Self::NotStarted { .. } | Self::NoComponent { .. } => return None,
        };
        Some(own.into())
    }
}
