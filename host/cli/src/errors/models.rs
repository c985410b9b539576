//! Why no model can be asked, or asked about.

use std::io;
use std::path::PathBuf;

use stepwell_contract::{ChatError, Remedy, RunId};
use stepwell_engine::ErrorCode;
use stepwell_llm::{CassetteError, RecordError, SettingsError, SettingsProblem};

use crate::remedy::{CommandRemedy, GivenFile, Helps};

/// Why no model answers.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ModelsError {
    #[error("the models of the configuration can't be used")]
    Settings(#[source] SettingsError),
    #[error(transparent)]
    Cassette(#[from] CassetteError),
    #[error("the cassette {} can't be read", path.display())]
    CassetteFile { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error("no model is set up")]
    NoneSetUp { helps: CommandRemedy },
    #[error("the definition names models, and none is set up")]
    NamedOnly { helps: CommandRemedy },
    #[error("{}: {}", .0.kind.code(), .0.message)]
    NotListed(ChatError),
    #[error("run {run} replays recorded answers, and no cassette is named")]
    NothingToReplay { run: RunId },
    #[error("the provider `{provider}` has no `base_url`")]
    NoBaseUrl {
        title: String,
        provider: String,
        example: String,
    },
    #[error("there is no provider `{name}`")]
    NoProvider { name: String, helps: CommandRemedy },
    #[error(
        "`--ask` sends a request to each model, which may cost money, and nobody is there to say yes"
    )]
    Unconfirmed,
    /// What the variables say of a collector can't be used.
    #[error(transparent)]
    Collector(stepwell_telemetry::SettingsError),
}

impl ModelsError {
    pub(super) fn code(&self) -> ErrorCode {
        match self {
            Self::Settings(_)
            | Self::Cassette(_)
            | Self::CassetteFile { .. }
            | Self::Record(_)
            | Self::NoneSetUp { .. }
            | Self::NamedOnly { .. }
            | Self::NotListed(_)
            | Self::NothingToReplay { .. } => ErrorCode::Model,
            Self::NoBaseUrl { .. } | Self::Collector(_) => ErrorCode::Setting,
            Self::NoProvider { .. } => ErrorCode::Invalid,
            Self::Unconfirmed => ErrorCode::NotConfirmed,
        }
    }

    /// Of settings each problem has its own.
    pub(super) fn helps(&self) -> Vec<Helps> {
        let shared: Remedy = match self {
            Self::Settings(error) => {
                let each = error.problems.iter().map(SettingsProblem::remedy);
                return each.map(Helps::from).collect();
            }
            Self::Cassette(error) => error.remedy(),
            Self::Record(error) => error.remedy(),
            Self::Collector(error) => Remedy::said(error.hint()),
            Self::CassetteFile { .. } => {
                let file = GivenFile::Cassette;
                return vec![CommandRemedy::NameFile { file }.into()];
            }
            Self::NoneSetUp { helps }
            | Self::NamedOnly { helps }
            | Self::NoProvider { helps, .. } => return vec![helps.clone().into()],
            Self::NotListed(_) => return vec![CommandRemedy::ListProviders.into()],
            Self::NothingToReplay { .. } => return vec![CommandRemedy::NameCassetteAgain.into()],
            Self::NoBaseUrl {
                title,
                provider,
                example,
            } => {
                let remedy = CommandRemedy::GiveBaseUrl {
                    title: title.clone(),
                    provider: provider.clone(),
                    example: example.clone(),
                };
                return vec![remedy.into()];
            }
            Self::Unconfirmed => return vec![CommandRemedy::SayYesBefore.into()],
        };
        vec![shared.into()]
    }
}
