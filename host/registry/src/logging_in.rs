//! Somebody logs in to a registry, or out of it.

use reqwest::StatusCode;

use crate::credentials::{Credentials, Kept, Secret};
use crate::errors::FetchError;
use crate::reference::Host;
use crate::registry::Registry;
use crate::wire::{Ask, Session, Shown, unexpected};

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedIn {
    /// Where the credentials are kept.
    pub kept: Kept,
    /// Whether the registry held them against what it knows: one that asks for none answers everybody.
    pub was_checked: bool,
}

impl Registry {
    /// Tries name and password at a registry, and keeps them where they are right.
    ///
    /// # Errors
    /// They are wrong, the registry can't be asked, or they can't be kept: then nothing has changed.
    pub async fn log_in(
        &self,
        host: &Host,
        username: &str,
        password: &Secret,
    ) -> Result<LoggedIn, FetchError> {
        let given = Credentials::Password {
            username: username.to_owned(),
            password: password.clone(),
        };
        let what = host.to_string();
        let mut session = Session::new(&self.web, host, None, what, Shown::Given(given))?;
        let ask = Ask::get(session.address("v2/")?);
        let response = session.send(ask).await?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => {
                return Err(FetchError::NoRegistry {
                    host: host.to_string(),
                    reason: "there is no `/v2/`",
                });
            }
            _ => return Err(unexpected(response).await),
        }
        let kept = self.logins.keep(host, username, password).await?;
        Ok(LoggedIn {
            kept,
            was_checked: session.was_asked,
        })
    }

    /// Forgets the credentials for a registry; says whether there were any.
    ///
    /// # Errors
    /// What is kept can't be read or written.
    pub async fn log_out(&self, host: &Host) -> Result<bool, FetchError> {
        Ok(self.logins.forget(host).await?)
    }
}
