//! The door of the room: what fetches, pushes and logs in.

use std::path::PathBuf;
use std::time::Duration;

use crate::cache::Cache;
use crate::credentials::Logins;
use crate::wire::Web;

/// How long a server may say nothing.
const IDLE: Duration = Duration::from_secs(30);

/// Where things are, as the environment of the process says.
#[derive(Debug, Clone)]
pub struct RegistrySettings {
    /// The folder of the cache of fetched plugins.
    pub cache: PathBuf,
    /// Docker's `config.json`, with the credentials of this user. Without one nobody is logged in anywhere.
    pub docker_config: Option<PathBuf>,
    /// How long a server may say nothing before it is given up.
    pub idle: Duration,
}

impl RegistrySettings {
    /// The usual, with a cache in this folder, and without credentials.
    #[must_use]
    pub fn in_folder(cache: PathBuf) -> Self {
        Self {
            cache,
            docker_config: None,
            idle: IDLE,
        }
    }
}

/// How far a component has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    /// How many bytes came.
    pub came: u64,
    /// How many there are; unknown for a file that no manifest describes.
    pub of: Option<u64>,
}

/// Whoever wants to know how far a component has come. It is called for each piece, and mustn't block.
pub type Watch<'w> = &'w (dyn Fn(Moved) + Send + Sync);

/// What fetches components from registries and servers, and pushes them.
///
/// It makes no connection and reads no file before it is asked for something. One is enough for a process.
pub struct Registry {
    pub(crate) web: Web,
    pub(crate) logins: Logins,
    pub(crate) cache: Cache,
}

impl Registry {
    /// With these settings.
    #[must_use]
    pub fn open(settings: RegistrySettings) -> Self {
        Self {
            web: Web::new(settings.idle),
            logins: Logins::at(settings.docker_config),
            cache: Cache::in_folder(settings.cache),
        }
    }

    /// The cache into which components come.
    #[must_use]
    pub fn cache(&self) -> &Cache {
        &self.cache
    }
}
