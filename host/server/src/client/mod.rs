//! The other end of the API: asks the process that holds a store, over its socket, what an engine would be asked.
//!
//! Its methods are named as the engine's are, and give what they give.

mod comparisons;
mod methods;
mod transport;
mod watching;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::http::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::UnixStream;
use tokio::time::Instant;

use crate::{ProblemDetails, encoding};
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
    /// It answers what this build doesn't understand: it is another one.
    #[error("the process that holds the store gives an answer that can't be read: {reason}")]
    Foreign {
        /// What can't be read.
        reason: String,
    },
}

impl ClientError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Refused(problem) => problem.hint.clone(),
            Self::Gone { .. } => Some("give the command again: what was stored is there".into()),
            Self::Foreign { .. } => Some(
                "it may be another version of Stepwell: end it, and start it with this one".into(),
            ),
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
        UnixStream::connect(&place).await.map_err(transport::gone)
    }

    async fn get<T: DeserializeOwned>(&self, address: Address) -> Result<T, ClientError> {
        let bytes = self.ask(Method::GET, &address.0, None).await?;
        read(&bytes)
    }

    async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        address: Address,
        body: &impl Serialize,
    ) -> Result<T, ClientError> {
        let body = serde_json::to_vec(body).map_err(foreign)?;
        let bytes = self.ask(method, &address.0, Some(body)).await?;
        read(&bytes)
    }
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ClientError> {
    // What has no content reads as nothing.
    let bytes = if bytes.is_empty() { b"null" } else { bytes };
    serde_json::from_slice(bytes).map_err(foreign)
}

fn foreign(error: impl std::fmt::Display) -> ClientError {
    ClientError::Foreign {
        reason: error.to_string(),
    }
}

/// An address under `/api`, with everything encoded that must be.
#[derive(Debug, Clone)]
struct Address(String);

impl Address {
    /// Of the parts of its path.
    fn of<'a>(parts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut address = String::from("/api");
        for part in parts {
            let _ = write!(address, "/{}", encoding::part(part));
        }
        Self(address)
    }

    /// With one more thing after the `?`, if there is one.
    fn with(mut self, name: &str, value: Option<impl ToString>) -> Self {
        if let Some(value) = value {
            let mark = if self.0.contains('?') { '&' } else { '?' };
            let value = value.to_string();
            let _ = write!(self.0, "{mark}{name}={}", encoding::value(&value));
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_encoded() {
        let address = Address::of(["runs", "a/../b"])
            .with("step", Some("a[0]~2#1"))
            .with("round", None::<u32>)
            .with("path", Some("ü &"));
        assert_eq!(
            address.0,
            "/api/runs/a%2F..%2Fb?step=a%5B0%5D~2%231&path=%C3%BC%20%26"
        );
    }
}
