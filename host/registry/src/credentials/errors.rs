//! Why credentials can't be read or written, without any.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

/// Why credentials can't be read or written.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// Nothing says where they are kept.
    #[error("nothing says where credentials are kept: neither DOCKER_CONFIG nor HOME is set")]
    Nowhere,
    /// The file can't be read.
    #[error("the credentials in {} can't be read", path.display())]
    Unread {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file isn't what docker writes.
    #[error("{} is no file of docker's: {reason}", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, without its text.
        reason: String,
    },
    /// The file can't be written.
    #[error("credentials can't be written to {}", path.display())]
    Unwritten {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The program that keeps credentials can't be started.
    #[error("`{program}`, which keeps credentials by {}, can't be started", path.display())]
    NoHelper {
        /// The program.
        program: String,
        /// The file that names it.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It failed. What it says may hold a password.
    #[error("`{program}`, which keeps credentials, failed: {status}")]
    HelperFailed {
        /// The program.
        program: String,
        /// How it ended.
        status: ExitStatus,
    },
    /// It takes too long.
    #[error("`{program}`, which keeps credentials, took longer than {} seconds", within.as_secs())]
    HelperSlow {
        /// The program.
        program: String,
        /// How long it was waited for.
        within: Duration,
    },
    /// It says something that can't be understood.
    #[error("`{program}`, which keeps credentials, answers {reason}")]
    HelperForeign {
        /// The program.
        program: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A name with a colon can't be told from its password.
    #[error("the name `{0}` has a colon or a control character, and can't be kept")]
    Name(String),
}
