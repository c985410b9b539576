//! Why a prompt can't be edited, compared or improved as a person asked for it.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

use stepwell_contract::Name;
use stepwell_engine::ErrorCode;

use crate::exit::Exit;
use crate::remedy::{CommandRemedy, Helps};

/// Why something about a prompt can't be done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PromptError {
    #[error("no editor is set")]
    NoEditor { name: Name },
    #[error(
        "the editor `{command}` ended with {status}, so nothing is saved; what you changed is kept in {}",
        file.display()
    )]
    EditorFailed {
        command: String,
        status: ExitStatus,
        file: PathBuf,
    },
    #[error("the editor `{command}` can't be started: {reason}")]
    NoSuchEditor { command: String, reason: io::Error },
    /// It ends as what hindered it.
    #[error("nothing is saved; your text is kept in {}", file.display())]
    NotSaved {
        name: Name,
        file: PathBuf,
        exit: Exit,
    },
    #[error("prompt `{name}` has no current version")]
    NoCurrent { name: Name },
    #[error("there is no version of prompt `{name}` before v{to} to compare with")]
    NothingBefore { name: Name, to: u32 },
    #[error("no built-in step declares a prompt `{name}`")]
    NotDeclared { name: Name },
    #[error("improvement {improvement} has no proposal {number}")]
    NoProposal {
        improvement: String,
        number: u32,
        proposals: usize,
    },
}

impl PromptError {
    pub(super) fn code(&self) -> ErrorCode {
        match self {
            Self::NoEditor { .. } | Self::EditorFailed { .. } | Self::NoSuchEditor { .. } => {
                ErrorCode::Invalid
            }
            Self::NotSaved { .. } => ErrorCode::NotSaved,
            Self::NoCurrent { .. } | Self::NothingBefore { .. } => ErrorCode::NoSuchVersion,
            Self::NotDeclared { .. } => ErrorCode::UnknownPrompt,
            Self::NoProposal { .. } => ErrorCode::NoSuchImprovement,
        }
    }

    pub(super) fn helps(&self) -> Helps {
        let own = match self {
            Self::NoEditor { name } => CommandRemedy::SetEditor { name: name.clone() },
            Self::EditorFailed { .. } | Self::NoSuchEditor { .. } => CommandRemedy::ChooseEditor,
            Self::NotSaved { name, file, .. } => CommandRemedy::AddKept {
                name: name.clone(),
                file: file.clone(),
            },
            Self::NoCurrent { name } | Self::NothingBefore { name, .. } => {
                CommandRemedy::NameTwoVersions { name: name.clone() }
            }
            Self::NotDeclared { .. } => CommandRemedy::NameUsingStep,
            Self::NoProposal { proposals, .. } => CommandRemedy::ChooseProposal {
                proposals: *proposals,
            },
        };
        own.into()
    }
}
