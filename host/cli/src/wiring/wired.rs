//! The rooms of one command, wired together in this process, or in the one that holds the store.

use std::path::PathBuf;
use std::sync::Arc;

use stepwell_engine::Engine;
use stepwell_server::{About, Client, Server};
use stepwell_store::{Store, StoreError};
use stepwell_telemetry::Settings;

use super::{Asked, Setting};
use crate::application::Application;
use crate::errors::CommandError;
use crate::socket::Door;

/// The rooms, wired together.
pub(crate) struct Wired {
    pub(crate) engine: Application,
    /// None where another process holds it.
    pub(crate) store: Option<Arc<dyn Store>>,
    /// The store's folder.
    pub(crate) folder: PathBuf,
    /// The project's folder.
    pub(crate) project: PathBuf,
    /// Whether the operator has a name for a plugin of another machine.
    pub(crate) has_names_elsewhere: bool,
    /// What answers instead of models, and what is recorded.
    pub(crate) asked: Asked,
    /// To whom the runs of this process are told; none where nobody is named, or another process carries them on.
    pub(crate) telemetry: Option<Settings>,
}

impl Wired {
    /// One whose work is done in the process that holds the store.
    pub(super) fn elsewhere(client: Client, setting: Setting) -> Self {
        Self {
            engine: Application::There(client),
            store: None,
            has_names_elsewhere: setting.configuration.has_names_elsewhere(),
            folder: setting.store,
            project: setting.project.folder,
            asked: Asked::default(),
            telemetry: None,
        }
    }

    /// The engine of this process.
    ///
    /// # Errors
    /// That another process holds the store.
    pub(crate) fn own_engine(&self) -> Result<Engine, CommandError> {
        match &self.engine {
            Application::Here(engine) => Ok(engine.clone()),
            Application::There(_) => Err(StoreError::Held {
                path: self.folder.clone(),
                pid: 0,
                command: None,
            }
            .into()),
        }
    }

    /// What a server of this project says of itself.
    pub(crate) fn about(&self) -> About {
        About {
            project: self.project.display().to_string(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    /// Lets other commands in while this one carries on long work. Where that can't be, they are told who holds the
    /// store, and nothing else is lost.
    pub(crate) fn open_door(&self) -> Option<Door> {
        let Application::Here(engine) = &self.engine else {
            return None;
        };
        let server = Server::beside_a_run(engine.clone(), self.about());
        Door::open(&self.folder, server).ok()
    }
}
