//! A plugin for whoever can do nothing without it.

use std::path::Path;

use super::loading::{load, unusable};
use super::locking::Locks;
use super::meant::Meant;
use crate::state::{House, Plugin, Reach};
use crate::words::{EngineError, PluginError};

/// Finds a plugin, and loads it.
///
/// # Errors
/// [`EngineError::Plugin`]; [`EngineError::Lock`] for one of another machine that nobody agreed to.
pub(crate) async fn require(
    house: &House,
    reach: &Reach,
    uses: &str,
    folder: &Path,
    meant: Meant,
) -> Result<Plugin, EngineError> {
    match load(house, reach, uses, folder, meant).await {
        Err(PluginError::NotAgreed) => {
            let locks = Locks::of(house, reach, folder).await?.named(Some(uses));
            Err(locks.unfetched([uses.to_owned()]).into())
        }
        loaded => loaded.map_err(|error| unusable(uses, error)),
    }
}
