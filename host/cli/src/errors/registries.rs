//! Why a plugin isn't fetched or pushed, or nobody is logged in.

use stepwell_engine::ErrorCode;
use stepwell_registry::{FetchError, Host, InvalidSource, SourceProblem};

use crate::remedy::{CommandRemedy, Helps};

/// Why nothing came of it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RegistryError {
    #[error(transparent)]
    Source(InvalidSource),
    #[error("no registry is named: {0}")]
    Host(SourceProblem),
    #[error("`{given}` is no registry: a plugin is pushed to `oci://HOST/NAME:TAG`")]
    NoRegistry { given: String },
    #[error(transparent)]
    Fetch(FetchError),
    #[error("the component was changed in the cache while it was used")]
    Changed,
    #[error("{shown} was changed while it was checked")]
    ChangedFile { shown: String },
    #[error("{shown} can't be used, and isn't pushed ({counted}): {first}")]
    Unusable {
        shown: String,
        counted: String,
        first: String,
    },
    #[error("nobody is here to be asked for a name and a password")]
    NotGiven { host: String },
    #[error("what stands on standard input is longer than any password")]
    LongPassword,
}

impl RegistryError {
    /// That name and password are missing.
    pub(crate) fn not_given(host: &Host) -> Self {
        Self::NotGiven {
            host: host.to_string(),
        }
    }

    pub(super) fn code(&self) -> ErrorCode {
        match self {
            Self::Source(_)
            | Self::Host(_)
            | Self::NoRegistry { .. }
            | Self::NotGiven { .. }
            | Self::LongPassword => ErrorCode::Invalid,
            Self::Unusable { .. } => ErrorCode::Plugin,
            Self::Changed | Self::ChangedFile { .. } => ErrorCode::File,
            Self::Fetch(error) => match error {
                error if error.is_of_artifact() => ErrorCode::Plugin,
                FetchError::NotThere { .. } => ErrorCode::Plugin,
                FetchError::PushedByDigest { .. } => ErrorCode::Invalid,
                FetchError::Cache(_) | FetchError::Credentials(_) => ErrorCode::System,
                _ => ErrorCode::Registry,
            },
        }
    }

    pub(super) fn helps(&self) -> Option<Helps> {
        let own = match self {
            Self::Unusable { shown, .. } => CommandRemedy::CheckPlugin {
                file: shown.clone(),
            },
            Self::NotGiven { host } => CommandRemedy::GivePassword { host: host.clone() },
            Self::Changed => CommandRemedy::PullAgain,
            Self::Fetch(error) => return of_fetching(error),
            Self::Source(_)
            | Self::Host(_)
            | Self::NoRegistry { .. }
            | Self::ChangedFile { .. }
            | Self::LongPassword => return None,
        };
        Some(own.into())
    }
}

fn of_fetching(error: &FetchError) -> Option<Helps> {
    let own = match error {
        FetchError::NotLoggedIn { host, .. } | FetchError::Forbidden { host, .. } => {
            CommandRemedy::LogIn {
                host: host.to_string(),
            }
        }
        FetchError::NotThere { .. } => CommandRemedy::CheckReference,
        FetchError::WrongDigest { .. } | FetchError::CutOff { .. } | FetchError::Broken { .. } => {
            CommandRemedy::PullAgain
        }
        FetchError::Unreachable { .. } | FetchError::NoSuchHost { .. } => {
            CommandRemedy::ReachRegistry
        }
        _ => return None,
    };
    Some(own.into())
}
