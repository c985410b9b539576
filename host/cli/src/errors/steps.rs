//! Why a step can't be run, tried or looked at by itself as it is named.

use stepwell_contract::Remedy;
use stepwell_engine::ErrorCode;

use crate::remedy::{CommandRemedy, Helps};

/// Why a step that is named at the command line can't be meant.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StepError {
    #[error("{execution} would fail before it asks: {message}")]
    WouldFail {
        execution: String,
        message: String,
        advice: Option<Box<Remedy>>,
    },
    #[error("`{given}` is not a step's path")]
    NoPathOfRun { given: String },
    #[error("`{given}` is not a step's path")]
    NoPathOfDefinition { given: String },
    #[error("`{given}` names a round or a take, and a step is run again from its first round on")]
    RoundOrTake { given: String, step: String },
    /// What clap lets pass.
    #[error("`--prompt` and `--plugin` are for a step of a run, and no run is named")]
    NoRunNamed,
    #[error("there is no plugin `{given}`")]
    NoPlugin { given: String, verb: String },
    #[error("there is no run that step `{step}` could belong to")]
    NoRun { step: String },
    #[error("the project has no definition whose steps could be meant")]
    NoDefinition,
    #[error("the project has several definitions: {}", files.join(", "))]
    SeveralDefinitions { files: Vec<String> },
    #[error("step `{step}` uses no prompt")]
    NoPrompt { step: String },
    #[error("step `{step}` uses several prompts: {}", declared.join(", "))]
    SeveralPrompts { step: String, declared: Vec<String> },
}

impl StepError {
    pub(super) fn code(&self) -> ErrorCode {
        match self {
            Self::WouldFail { .. } => ErrorCode::Invalid,
            Self::NoPathOfRun { .. }
            | Self::NoPathOfDefinition { .. }
            | Self::RoundOrTake { .. } => ErrorCode::StepName,
            Self::NoRunNamed | Self::NoDefinition | Self::SeveralDefinitions { .. } => {
                ErrorCode::Usage
            }
            Self::NoPlugin { .. } => ErrorCode::Plugin,
            Self::NoRun { .. } => ErrorCode::NoSuchRun,
            Self::NoPrompt { .. } => ErrorCode::UnknownPrompt,
            Self::SeveralPrompts { .. } => ErrorCode::SeveralPrompts,
        }
    }

    pub(super) fn helps(&self) -> Helps {
        let own = match self {
            Self::WouldFail {
                advice: Some(remedy),
                ..
            } => return Remedy::clone(remedy).into(),
            Self::WouldFail { advice: None, .. } => CommandRemedy::LookAtGiven,
            Self::NoPathOfRun { .. } => CommandRemedy::NameStepOfRun,
            Self::NoPathOfDefinition { .. } => CommandRemedy::NameStepOfDefinition,
            Self::RoundOrTake { step, .. } => CommandRemedy::NameStepOrItem { step: step.clone() },
            Self::NoRunNamed => CommandRemedy::NameRun,
            Self::NoPlugin { given, verb } => CommandRemedy::SayWhereStepIs {
                verb: verb.clone(),
                step: given.clone(),
            },
            Self::NoRun { step } => CommandRemedy::RunWorkflowFirst {
                plugin: step.rsplit('/').next().unwrap_or(step).to_owned(),
            },
            Self::NoDefinition => CommandRemedy::NameDefinition { file: None },
            Self::SeveralDefinitions { files } => CommandRemedy::NameDefinition {
                file: files.first().cloned(),
            },
            Self::NoPrompt { .. } => CommandRemedy::LeaveOutPrompt,
            Self::SeveralPrompts { declared, .. } => CommandRemedy::SayWhichPrompt {
                name: declared.first().cloned().unwrap_or_default(),
            },
        };
        own.into()
    }
}
