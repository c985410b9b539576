//! Why a plugin isn't signed, or isn't known to be.

use stepwell_contract::Digest;
use stepwell_engine::ErrorCode;
use stepwell_signing::{KeyError, Unproven};

use crate::remedy::{CommandRemedy, Helps};

/// Why nothing came of it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SigningError {
    #[error("the key {shown} can't be used: {error}")]
    Key { shown: String, error: KeyError },
    #[error("{shown} is there already, and a key isn't written over anything")]
    KeyThere { shown: String },
    #[error("`{name}` is no name of a file")]
    Name { name: String },
    #[error("no number can be drawn at random here: {reason}")]
    NoRandom { reason: String },
    #[error("nobody is here to be asked for the password of {shown}")]
    PasswordNotGiven { shown: String },
    #[error("the two passwords differ")]
    PasswordsDiffer,
    #[error("{what} isn't known to be signed by {key}: {why}")]
    Unproven {
        what: String,
        key: Digest,
        why: Box<Unproven>,
    },
    #[error(
        "`{given}` lies on a server, and what is signed is a file here, or an artifact in a registry"
    )]
    Server { given: String },
    #[error(
        "beside what lies on another machine its signatures are looked for there, and no file is read"
    )]
    ForFiles,
}

impl SigningError {
    pub(super) fn code(&self) -> ErrorCode {
        match self {
            Self::Unproven { .. } => ErrorCode::PluginUnsigned,
            Self::NoRandom { .. } => ErrorCode::System,
            Self::Key { .. }
            | Self::KeyThere { .. }
            | Self::Name { .. }
            | Self::PasswordNotGiven { .. }
            | Self::PasswordsDiffer
            | Self::Server { .. }
            | Self::ForFiles => ErrorCode::Invalid,
        }
    }

    pub(super) fn helps(&self) -> Option<Helps> {
        let own = match self {
            Self::Key {
                error: KeyError::NoPassword | KeyError::WrongPassword,
                ..
            }
            | Self::PasswordNotGiven { .. } => CommandRemedy::GiveKeyPassword,
            Self::Key {
                error: KeyError::OtherKind | KeyError::OtherSeal | KeyError::Work { .. },
                ..
            } => CommandRemedy::MakeKey,
            Self::KeyThere { .. } => CommandRemedy::MoveAway,
            Self::Server { .. } => CommandRemedy::SignFile,
            _ => return None,
        };
        Some(own.into())
    }
}
