//! Why a plugin's project can't be built, or wasn't.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

use stepwell_contract::amounts::counted;
use stepwell_engine::ErrorCode;
use stepwell_scaffold::Language;

use crate::remedy::{CommandRemedy, Helps};

/// Why nothing came of it. Paths are as a person sees them.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DevelopError {
    #[error("{shown} is no folder")]
    NoFolder { shown: String },
    #[error(
        "{shown} is there, and is no component: it stays; name another file, which definitions use"
    )]
    NoComponent { shown: String },
    #[error("{shown} is a folder; `--to` names the file that definitions use")]
    Folder { shown: String },
    #[error("nothing says how the plugin is built: there is no `build` and `component` in {}", file.display())]
    NoRecipe { file: PathBuf },
    #[error("{} can't be understood: {reason}", file.display())]
    Recipe { file: PathBuf, reason: String },
    #[error("`{key}` says nothing: it is empty")]
    Empty { key: &'static str, file: PathBuf },
    #[error("the build left no component at {shown}")]
    NotMade { shown: String, recipe: PathBuf },
    #[error("{shown} can't be used: {}", counted(*errors, "error"))]
    Refused {
        shown: String,
        errors: u64,
        /// The file that still holds it, if one does.
        kept: Option<String>,
    },
    #[error("`{command}` failed: {status}")]
    Failed { command: String, status: ExitStatus },
    #[error("`{command}` can't be started")]
    NotStarted { command: String, source: io::Error },
}

impl DevelopError {
    pub(super) fn code(&self) -> ErrorCode {
        match self {
            Self::NoFolder { .. } | Self::NoComponent { .. } | Self::Folder { .. } => {
                ErrorCode::Invalid
            }
            Self::NoRecipe { .. }
            | Self::Recipe { .. }
            | Self::Empty { .. }
            | Self::NotMade { .. } => ErrorCode::Configuration,
            Self::Refused { .. } => ErrorCode::Plugin,
            Self::Failed { .. } | Self::NotStarted { .. } => ErrorCode::System,
        }
    }

    pub(super) fn helps(&self) -> Option<Helps> {
        let own = match self {
            Self::NoFolder { .. } => CommandRemedy::NameProject,
            Self::NotMade { recipe, .. } => CommandRemedy::NameMade {
                file: recipe.clone(),
            },
            Self::Refused { kept, .. } => CommandRemedy::CheckRefused {
                component: kept.clone()?,
            },
            Self::NoRecipe { file } | Self::Recipe { file, .. } | Self::Empty { file, .. } => {
                CommandRemedy::SayHowToBuild {
                    file: file.clone(),
                    language: file.parent().and_then(Language::of_project),
                }
            }
            Self::Failed { .. } => CommandRemedy::MendBuild,
            Self::NotStarted { .. } | Self::NoComponent { .. } | Self::Folder { .. } => {
                return None;
            }
        };
        Some(own.into())
    }
}
