//! Plugins: found by name or file, loaded, described.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use stepwell_workers::{
    LARGEST_COMPONENT, LargeFile, Room, Unread, off_the_workers, read_large_file,
};

use crate::state::{House, Plugin, Reach, Unfollowed};
use crate::words::{EngineError, PluginError};

/// What a component takes at most that rides inside the binary, where it may be packed: how much it is shows when it is unpacked.
const LARGEST_INSIDE: u64 = 64 << 20;

/// Finds a plugin, and loads it.
pub(crate) async fn load(
    house: &House,
    reach: &Reach,
    uses: &str,
    folder: &Path,
) -> Result<Plugin, PluginError> {
    let component = find(house, reach, uses, folder).await?;
    Ok(house.load_component(uses, component).await?)
}

/// The same, for whoever can do nothing without it.
pub(crate) async fn require(
    house: &House,
    reach: &Reach,
    uses: &str,
    folder: &Path,
) -> Result<Plugin, EngineError> {
    let loaded = load(house, reach, uses, folder).await;
    loaded.map_err(|error| unusable(uses, error))
}

/// The bytes of a plugin, for whoever can do nothing without them.
pub(crate) async fn require_bytes(
    house: &House,
    reach: &Reach,
    uses: &str,
    folder: &Path,
) -> Result<LargeFile, EngineError> {
    let found = find(house, reach, uses, folder).await;
    found.map_err(|error| unusable(uses, error))
}

fn unusable(uses: &str, error: PluginError) -> EngineError {
    EngineError::Plugin {
        uses: uses.to_owned(),
        error,
    }
}

async fn find(
    house: &House,
    reach: &Reach,
    uses: &str,
    folder: &Path,
) -> Result<LargeFile, PluginError> {
    let path = match uses.strip_prefix("builtin:") {
        Some(name) => match house.builtin.get(name) {
            Some(step) => {
                let (step, mut room) = (step.clone(), Room::of(LARGEST_INSIDE).await?);
                let component = off_the_workers(move || step.component()).await;
                let bytes = component.map_err(|error| PluginError::File {
                    path: uses.to_owned(),
                    reason: error.to_string(),
                })?;
                room.shrink_to(bytes.len() as u64);
                return Ok(LargeFile { bytes, room });
            }
            None => find_apart(house, name)?,
        },
        None => {
            let named = folder.join(uses);
            let shown = || named.display().to_string();
            reach.resolve(&named).await.map_err(|why| match why {
                Unfollowed::Outside => PluginError::OutOfReach { path: shown() },
                Unfollowed::NoPath(error) => PluginError::File {
                    path: shown(),
                    reason: error.to_string(),
                },
            })?
        }
    };
    match read_large_file(&path, LARGEST_COMPONENT).await {
        Ok(component) => Ok(component),
        Err(Unread::Room(none)) => Err(none.into()),
        Err(_) if is_builtin(house, bare(uses)) => Err(PluginError::BareName {
            name: bare(uses).to_owned(),
        }),
        Err(error) => {
            let (path, reason) = (path.display().to_string(), error.to_string());
            Err(match error {
                Unread::File(error) if error.kind() == ErrorKind::NotFound => {
                    PluginError::NoFile { path, reason }
                }
                _ => PluginError::File { path, reason },
            })
        }
    }
}

fn is_builtin(house: &House, name: &str) -> bool {
    house.builtin.contains_key(name) || house.apart.builds.contains_key(name)
}

/// The last part of a path: a face may have put a folder before what the person gave.
fn bare(uses: &str) -> &str {
    uses.rsplit('/').next().unwrap_or(uses)
}

/// The file of a built-in step that doesn't ride inside the binary.
fn find_apart(house: &House, name: &str) -> Result<PathBuf, PluginError> {
    if let Some(file) = house.apart.find(name) {
        return Ok(file);
    }
    match house.apart.builds.get(name) {
        Some(build) => Err(PluginError::NotBuilt {
            name: name.to_owned(),
            folders: house.apart.folders.clone(),
            build: build.clone(),
        }),
        None => Err(PluginError::NoSuchBuiltin {
            name: name.to_owned(),
            known: house
                .builtin
                .keys()
                .chain(house.apart.builds.keys())
                .cloned()
                .collect(),
        }),
    }
}
