//! Plugins: found by name or file, loaded, described.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use stepwell_workers::{
    LARGEST_COMPONENT, LargeFile, Room, Unread, off_the_workers, read_large_file,
};

use super::lock_file::agreed_to;
use super::signed::{Component, Lies, held};
use crate::state::{House, Plugin, Reach, Unfollowed, WantedPlugin, is_elsewhere};
use crate::words::{EngineError, Live, PluginError};

/// What a component takes at most that rides inside the binary, where it may be packed: how much it is shows when it is unpacked.
const LARGEST_INSIDE: u64 = 64 << 20;

/// Finds a plugin, and loads it.
pub(crate) async fn load(
    house: &House,
    reach: &Reach,
    uses: &str,
    folder: &Path,
) -> Result<Plugin, PluginError> {
    let component = find(house, reach, uses, folder, Meant::AsAgreed).await?;
    let loaded = house.load_component(uses, component.bytes).await?;
    Ok(Plugin {
        signed_by: component.signed_by,
        ..loaded
    })
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

/// What a name on another machine means that may mean another plugin by now, such as a tag of a registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meant {
    /// What somebody agreed to; else what it means now.
    AsAgreed,
    /// What it means now.
    Now,
}

/// The bytes of a plugin, for whoever can do nothing without them.
pub(crate) async fn require_bytes(
    house: &House,
    reach: &Reach,
    uses: &str,
    folder: &Path,
    meant: Meant,
) -> Result<Component, EngineError> {
    let found = find(house, reach, uses, folder, meant).await;
    found.map_err(|error| unusable(uses, error))
}

fn unusable(uses: &str, error: PluginError) -> EngineError {
    EngineError::Plugin {
        uses: uses.to_owned(),
        error,
    }
}

/// Finds a plugin that may be used: nothing looks into its bytes before it is known that whoever has to have signed it did.
async fn find(
    house: &House,
    reach: &Reach,
    uses: &str,
    folder: &Path,
    meant: Meant,
) -> Result<Component, PluginError> {
    let bytes = bytes_of(house, reach, uses, folder, meant).await?;
    let lies = match uses {
        uses if is_elsewhere(uses) => Lies::Elsewhere(uses.to_owned()),
        uses if uses.starts_with("builtin:") => Lies::Inside,
        uses => {
            let named = folder.join(uses);
            Lies::File(std::path::absolute(&named).unwrap_or(named))
        }
    };
    held(house, reach, lies, bytes).await
}

async fn bytes_of(
    house: &House,
    reach: &Reach,
    uses: &str,
    folder: &Path,
    meant: Meant,
) -> Result<LargeFile, PluginError> {
    if is_elsewhere(uses) {
        return fetch(house, reach, uses, meant).await;
    }
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

/// A plugin of another machine. Who comes over the network gets none fetched that nobody here agreed to: they would choose what this
/// machine asks.
async fn fetch(
    house: &House,
    reach: &Reach,
    uses: &str,
    meant: Meant,
) -> Result<LargeFile, PluginError> {
    let agreed = agreed_to(house, uses).await;
    let is_own = matches!(reach, Reach::Anywhere);
    if !is_own && (agreed.is_none() || meant == Meant::Now) {
        return Err(PluginError::NotForOthers {
            source_named: uses.to_owned(),
        });
    }
    if let (Some(agreed), Meant::AsAgreed) = (&agreed, meant)
        && let Some(kept) = house.sources.kept(uses, agreed).await?
    {
        return Ok(kept);
    }
    house.tell(Live::Fetching {
        plugin: uses.to_owned(),
    });
    let wanted = WantedPlugin {
        source: uses.to_owned(),
        now: meant == Meant::Now,
    };
    Ok(house.sources.fetch(&wanted).await?)
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
