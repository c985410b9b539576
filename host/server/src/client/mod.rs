//! The other end of the API: asks the process that holds a store, over its socket, what an engine would be asked.
//!
//! Its methods are named as the engine's are, and give what they give.

/// The address of what stands at these parts of a path under `/api`.
macro_rules! at {
    [$($part:expr),+] => {
        crate::encoding::Address::at("/api")$(.part($part))+
    };
}

mod comparisons;
mod improvements;
mod library;
mod methods;
mod transport;
mod watching;

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::http::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;
use stepwell_contract::Remedy;
use tokio::net::UnixStream;
use tokio::time::Instant;

use crate::ProblemDetails;
use crate::encoding::Address;
pub use watching::Watch;

/// How long a watcher waits for the next process that holds the store: whoever guards a server starts it again within
/// a moment.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often it is looked for.
const GLANCE: Duration = Duration::from_millis(20);

/// Why asking the holder of a store gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// It said no.
    #[error("{}", .0.detail)]
    Refused(Box<ProblemDetails>),
    /// It is gone, or was never there.
    #[error("the process that holds the store doesn't answer: {reason}")]
    Gone {
        /// What the system says.
        reason: String,
    },
    /// It is another user's: what is asked, and what is sent with it, would be theirs.
    #[error("the process that holds the store runs as user {user}, and this one as user {own}")]
    Stranger {
        /// As whom it runs, by the system's number.
        user: u32,
        /// As whom this process runs.
        own: u32,
    },
    /// It answers what this build doesn't understand: it is another one.
    #[error("the process that holds the store gives an answer that can't be read: {reason}")]
    Foreign {
        /// What can't be read.
        reason: String,
    },
}

impl ClientError {
    /// What helps, where whoever said no said so.
    #[must_use]
    pub fn remedy(&self) -> Option<Remedy> {
        match self {
            Self::Refused(problem) if problem.code.is_of_request() => Some(Remedy::UseOneBuild),
            Self::Refused(problem) => {
                let known = problem.remedy.as_deref().filter(|remedy| remedy.is_known());
                let said = || problem.hint.clone().map(Remedy::said);
                known.cloned().or_else(said)
            }
            Self::Gone { .. } => Some(Remedy::GiveAgain),
            Self::Stranger { .. } => Some(Remedy::OwnStore),
            Self::Foreign { .. } => Some(Remedy::UseOneBuild),
        }
    }
}

/// A client of the process that holds a store. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    socket: PathBuf,
}

impl Client {
    /// A client of whoever listens at a socket, or where a link in its place leads.
    ///
    /// # Errors
    /// [`ClientError::Gone`] where nobody does.
    pub async fn connect(socket: &Path) -> Result<Self, ClientError> {
        let client = Self {
            socket: socket.to_owned(),
        };
        // It is asked once, so that a command that reads nothing first finds out, too.
        client.reach().await?;
        Ok(client)
    }

    /// Waits a moment for the next process that holds the store, after the one before it was killed.
    ///
    /// # Errors
    /// [`ClientError::Gone`] where none comes.
    pub async fn reach_the_next(&self) -> Result<(), ClientError> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.reach().await {
                Ok(_) => return Ok(()),
                Err(error) if Instant::now() >= deadline => return Err(error),
                Err(_) => tokio::time::sleep(GLANCE).await,
            }
        }
    }

    async fn reach(&self) -> Result<UnixStream, ClientError> {
        // A link is read each time: another holder has its socket in another place.
        let place = std::fs::read_link(&self.socket).unwrap_or_else(|_| self.socket.clone());
        let stream = UnixStream::connect(&place).await.map_err(transport::gone)?;
        // Who may write to the store's folder can put a socket of their own there.
        let user = stream.peer_cred().map_err(transport::gone)?.uid();
        let own = rustix::process::geteuid().as_raw();
        match user == own {
            true => Ok(stream),
            false => Err(ClientError::Stranger { user, own }),
        }
    }

    async fn get<T: DeserializeOwned>(&self, address: Address) -> Result<T, ClientError> {
        let bytes = self.ask(Method::GET, address.as_str(), None).await?;
        read(&bytes)
    }

    async fn remove<T: DeserializeOwned>(&self, address: Address) -> Result<T, ClientError> {
        let bytes = self.ask(Method::DELETE, address.as_str(), None).await?;
        read(&bytes)
    }

    async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        address: Address,
        body: &impl Serialize,
    ) -> Result<T, ClientError> {
        let body = serde_json::to_vec(body).map_err(foreign)?;
        let bytes = self.ask(method, address.as_str(), Some(body)).await?;
        read(&bytes)
    }
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ClientError> {
    // What has no content reads as nothing.
    let bytes = if bytes.is_empty() { b"null" } else { bytes };
    serde_json::from_slice(bytes).map_err(foreign)
}

fn foreign(error: impl Display) -> ClientError {
    ClientError::Foreign {
        reason: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_holder_that_doesnt_know_what_is_asked_is_told_as_one() {
        let unknown = ProblemDetails::wrong_body("the request has no field `later`");
        let of = |problem| ClientError::Refused(Box::new(problem)).remedy();
        assert_eq!(of(unknown), Some(Remedy::UseOneBuild));
        let unknown = ProblemDetails::bad_request("the request has no parameter `later`");
        assert_eq!(of(unknown), Some(Remedy::UseOneBuild));
        assert_eq!(of(ProblemDetails::busy()), Some(Remedy::WaitOrServe));
    }
}
