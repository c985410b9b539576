//! Plugins: found by name or file, loaded, described.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use stepwell_contract::{Description, Digest};

use super::{Engine, EngineError, PluginError, PluginView};
use crate::house::House;

/// A component that is loaded and has said what it is.
#[derive(Clone)]
pub(crate) struct Plugin {
    pub(crate) component: Arc<[u8]>,
    pub(crate) digest: Digest,
    pub(crate) description: Arc<Description>,
}

impl Engine {
    /// The built-in steps, by name.
    ///
    /// # Errors
    /// [`EngineError::Plugin`] where one of them can't be loaded.
    pub async fn builtin_plugins(&self) -> Result<Vec<PluginView>, EngineError> {
        let mut views = Vec::new();
        for name in self.house.builtin.keys() {
            views.push(
                self.plugin(&format!("builtin:{name}"), Path::new("."))
                    .await?,
            );
        }
        Ok(views)
    }

    /// A plugin, named as in `uses`; a relative path starts at `folder`.
    ///
    /// # Errors
    /// [`EngineError::Plugin`] says why it can't be used.
    pub async fn plugin(&self, uses: &str, folder: &Path) -> Result<PluginView, EngineError> {
        let plugin =
            load(&self.house, uses, folder)
                .await
                .map_err(|error| EngineError::Plugin {
                    uses: uses.to_owned(),
                    error,
                })?;
        Ok(PluginView {
            uses: uses.to_owned(),
            digest: plugin.digest,
            bytes: plugin.component.len() as u64,
            description: plugin.description.as_ref().clone(),
        })
    }
}

/// Finds a plugin, and loads it.
pub(crate) async fn load(house: &House, uses: &str, folder: &Path) -> Result<Plugin, PluginError> {
    load_component(house, find(house, uses, folder)?).await
}

/// Loads a component whose bytes are at hand.
pub(crate) async fn load_component(
    house: &House,
    component: Arc<[u8]>,
) -> Result<Plugin, PluginError> {
    let loaded = house.runner.load(Arc::clone(&component)).await?;
    let description = Arc::new(loaded.description);
    house.keep_loaded(loaded.digest, Arc::clone(&description));
    Ok(Plugin {
        component,
        digest: loaded.digest,
        description,
    })
}

fn find(house: &House, uses: &str, folder: &Path) -> Result<Arc<[u8]>, PluginError> {
    if let Some(name) = uses.strip_prefix("builtin:") {
        return house
            .builtin
            .get(name)
            .cloned()
            .ok_or_else(|| PluginError::NoSuchBuiltin {
                name: name.to_owned(),
                known: house.builtin.keys().cloned().collect(),
            });
    }
    let path: PathBuf = folder.join(uses);
    match std::fs::read(&path) {
        Ok(bytes) => Ok(bytes.into()),
        Err(error) => Err(PluginError::File {
            path: path.display().to_string(),
            reason: error.to_string(),
        }),
    }
}
