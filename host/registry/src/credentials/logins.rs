//! The credentials of this user: in the file, or where that says they are.

use std::path::PathBuf;

use stepwell_workers::off_the_workers;

use super::errors::CredentialsError;
use super::file::{DockerConfig, Keeper};
use super::helper;
use super::secret::{Credentials, Kept, Secret};
use crate::reference::Host;

/// The credentials of this user.
#[derive(Debug, Clone)]
pub(crate) struct Logins {
    path: Option<PathBuf>,
}

impl Logins {
    pub(crate) fn at(path: Option<PathBuf>) -> Self {
        Self { path }
    }

    /// Those for a registry. Without a file there are none.
    pub(crate) async fn of(&self, host: &Host) -> Result<Option<Credentials>, CredentialsError> {
        let Some(path) = self.path.clone() else {
            return Ok(None);
        };
        let read = off_the_workers(move || DockerConfig::read(path)).await?;
        if let Keeper::Helper(name) = read.keeper(host) {
            let found = helper::get(&name, host.key(), read.path()).await?;
            // What was written before the helper was set up is there still.
            if found.is_some() {
                return Ok(found);
            }
        }
        read.credentials(host)
    }

    /// Keeps them, where credentials for this registry are kept.
    pub(crate) async fn keep(
        &self,
        host: &Host,
        username: &str,
        password: &Secret,
    ) -> Result<Kept, CredentialsError> {
        if username.contains(|it: char| it == ':' || it.is_control()) {
            return Err(CredentialsError::Name(username.to_owned()));
        }
        let mut config = self.config().await?;
        if let Keeper::Helper(name) = config.keeper(host) {
            helper::store(&name, host.key(), username, password, config.path()).await?;
            // As docker does: that somebody is logged in there stands in the file, and nothing of who.
            config.keep_mark(host);
            off_the_workers(move || config.write()).await?;
            return Ok(Kept::Helper(helper::program(&name)));
        }
        config.keep(host, username, password);
        let written = off_the_workers(move || config.write().map(|()| config));
        Ok(Kept::File(written.await?.path().to_owned()))
    }

    /// Forgets them; says whether there were any.
    pub(crate) async fn forget(&self, host: &Host) -> Result<bool, CredentialsError> {
        let mut config = self.config().await?;
        let mut were_there = false;
        if let Keeper::Helper(name) = config.keeper(host) {
            were_there = helper::get(&name, host.key(), config.path())
                .await?
                .is_some();
            if were_there {
                helper::erase(&name, host.key(), config.path()).await?;
            }
        }
        if config.forget(host) {
            were_there = true;
            off_the_workers(move || config.write()).await?;
        }
        Ok(were_there)
    }

    async fn config(&self) -> Result<DockerConfig, CredentialsError> {
        let path = self.path.clone().ok_or(CredentialsError::Nowhere)?;
        off_the_workers(move || DockerConfig::read(path)).await
    }
}
