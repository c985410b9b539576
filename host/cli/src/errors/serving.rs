//! Why no server can be started.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use stepwell_engine::ErrorCode;

use crate::remedy::{CommandRemedy, Helps};
use crate::token_file::TokenFileError;

/// Why a server can't be started.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServingError {
    #[error("the server can't listen on {address}")]
    Listen {
        address: SocketAddr,
        source: io::Error,
    },
    #[error("no server can answer while the clock of this machine stands before 1970")]
    Clock,
    #[error("{variable} holds what no request can show")]
    UnfitToken { variable: &'static str },
    #[error("the token in {} can't be used: {error}", file.display())]
    TokenFile {
        file: PathBuf,
        error: TokenFileError,
    },
    #[error("no code can be made: the system gives no randomness")]
    NoRandomness,
}

impl ServingError {
    pub(super) fn code(&self) -> ErrorCode {
        match self {
            Self::Listen { .. } | Self::Clock => ErrorCode::System,
            Self::UnfitToken { .. } | Self::TokenFile { .. } | Self::NoRandomness => {
                ErrorCode::Invalid
            }
        }
    }

    pub(super) fn helps(&self) -> Option<Helps> {
        let own = match self {
            Self::Listen { source, .. } => {
                let is_taken = source.kind() == io::ErrorKind::AddrInUse;
                return is_taken.then(|| CommandRemedy::ListenElsewhere.into());
            }
            Self::Clock => CommandRemedy::SetClock,
            Self::UnfitToken { .. } => CommandRemedy::ChooseToken,
            Self::TokenFile { file, error } => error.remedy(file),
            Self::NoRandomness => CommandRemedy::StartAgain,
        };
        Some(own.into())
    }
}
