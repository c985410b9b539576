//! Why a project, or a demonstration, can't be made in a folder.

use std::path::PathBuf;

use stepwell_engine::ErrorCode;

use crate::remedy::{CommandRemedy, Helps};

/// Why nothing can be made there. Paths are as a person sees them.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FolderError {
    #[error("this build leaves the step `testing` out, which that workflow needs")]
    LeftOut { command: String },
    #[error("{shown} is no name in UTF-8")]
    NoText { shown: String },
    #[error("{shown} is not empty")]
    NotEmpty {
        shown: String,
        /// Where it has a demonstration.
        demonstration: Option<PathBuf>,
    },
    #[error("{shown} is not empty")]
    Taken { shown: String },
    #[error("{shown} is there already")]
    ConfigurationThere { shown: String },
    #[error("{flow} and {configuration} are there already")]
    WorkflowThere { flow: String, configuration: String },
    #[error("{shown} is there, and no file")]
    NoFile { shown: String },
    #[error("{shown} is no folder")]
    NoFolder { shown: String },
}

impl FolderError {
    pub(super) fn code(&self) -> ErrorCode {
        match self {
            Self::LeftOut { .. } => ErrorCode::Plugin,
            Self::NoText { .. }
            | Self::NotEmpty { .. }
            | Self::Taken { .. }
            | Self::ConfigurationThere { .. }
            | Self::WorkflowThere { .. }
            | Self::NoFile { .. }
            | Self::NoFolder { .. } => ErrorCode::Invalid,
        }
    }

    pub(super) fn helps(&self) -> Helps {
        let own = match self {
            Self::LeftOut { command } => CommandRemedy::BuildLeftOut {
                command: command.clone(),
            },
            Self::NoText { .. } | Self::Taken { .. } => CommandRemedy::NameOtherFolder,
            Self::NotEmpty { demonstration, .. } => CommandRemedy::NameNewFolder {
                demonstration: demonstration.clone(),
            },
            Self::ConfigurationThere { .. } => CommandRemedy::EditConfiguration,
            Self::WorkflowThere { flow, .. } => CommandRemedy::EditWorkflow { flow: flow.clone() },
            Self::NoFile { .. } => CommandRemedy::MoveAway,
            Self::NoFolder { .. } => CommandRemedy::NameFolder,
        };
        own.into()
    }
}
