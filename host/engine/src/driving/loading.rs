//! Plugins: found by name or file, loaded, described.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use stepwell_contract::{Digest, Name, Uses};
use stepwell_workers::{
    LARGEST_COMPONENT, LargeFile, Room, Unread, off_the_workers, read_large_file,
};

use super::lock_file::agreed_to;
use super::meant::Meant;
use super::origins::Lies;
use super::signed::{Component, held};
use crate::state::{
    FetchedPlugin, House, Meaning, Plugin, Reach, Unfollowed, WantedPlugin, refuse_secrets,
    shown_source,
};
use crate::words::{EngineError, Live, NotFetched, PluginError};

/// What a component takes at most that rides inside the binary, where it may be packed: how much it is shows when it is unpacked.
const LARGEST_INSIDE: u64 = 64 << 20;

/// Finds a plugin, and loads it.
pub(crate) async fn load(
    house: &House,
    reach: &Reach,
    uses: &str,
    folder: &Path,
    meant: Meant,
) -> Result<Plugin, PluginError> {
    let found = find(house, reach, uses, folder, meant).await?;
    let loaded = house.load_component(uses, found.component).await?;
    Ok(Plugin {
        signed_by: found.signed_by,
        ..loaded
    })
}

/// The bytes of a plugin.
pub(crate) struct FoundPlugin {
    pub(crate) component: LargeFile,
    /// By which manifest a registry has it, where one does.
    pub(crate) manifest: Option<Digest>,
    /// The fingerprint of the key that signed it, where one is demanded.
    pub(crate) signed_by: Option<Digest>,
}

impl FoundPlugin {
    /// The digest of its bytes.
    pub(crate) async fn digest(&self) -> Digest {
        let bytes = Arc::clone(&self.component.bytes);
        off_the_workers(move || Digest::of(&bytes)).await
    }

    fn of_here(component: LargeFile) -> Self {
        Self {
            component,
            manifest: None,
            signed_by: None,
        }
    }
}

/// The bytes of a plugin, for whoever can do nothing without them.
pub(crate) async fn require_bytes(
    house: &House,
    reach: &Reach,
    uses: &str,
    folder: &Path,
    meant: Meant,
) -> Result<FoundPlugin, EngineError> {
    let found = find(house, reach, uses, folder, meant).await;
    found.map_err(|error| unusable(uses, error))
}

/// Asks another machine what a name means now, for whoever wished that: it is what the name means in this process until it is asked
/// again. Where `may_be_earlier`, what it meant when that machine was reached last will do if it can't be reached.
pub(crate) async fn look_up(
    house: &House,
    reach: &Reach,
    uses: &str,
    may_be_earlier: bool,
) -> Result<(), EngineError> {
    let asked = refuse_secrets(uses).map_err(|error| unusable(uses, error));
    asked?;
    let looked = match reach {
        Reach::Anywhere => fetch(house, uses, None, !may_be_earlier).await,
        Reach::Below(_) => Err(PluginError::NotForOthers {
            source_named: shown_source(uses),
        }),
    };
    looked.map(drop).map_err(|error| unusable(uses, error))
}

pub(super) fn unusable(uses: &str, error: PluginError) -> EngineError {
    EngineError::Plugin {
        uses: shown_source(uses),
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
) -> Result<FoundPlugin, PluginError> {
    let found = bytes_of(house, reach, uses, folder, meant).await?;
    let named = house.named(uses, folder);
    let lies = Lies::of(house, uses, folder);
    let Component { bytes, signed_by } =
        held(house, named.reach(reach), lies, found.component, meant).await?;
    Ok(FoundPlugin {
        component: bytes,
        manifest: found.manifest,
        signed_by,
    })
}

async fn bytes_of(
    house: &House,
    reach: &Reach,
    uses: &str,
    folder: &Path,
    meant: Meant,
) -> Result<FoundPlugin, PluginError> {
    let named = house.named(uses, folder);
    let path = match Uses::of(named.uses) {
        Uses::Elsewhere(source) => {
            return find_elsewhere(house, reach, source, folder, meant).await;
        }
        Uses::Builtin(name) => match house.builtin.get(name) {
            Some(step) => {
                let (step, mut room) = (step.clone(), Room::of(LARGEST_INSIDE).await?);
                let component = off_the_workers(move || step.component()).await;
                let bytes = component.map_err(|error| PluginError::File {
                    path: named.uses.to_owned(),
                    reason: error.to_string(),
                })?;
                room.shrink_to(bytes.len() as u64);
                return Ok(FoundPlugin::of_here(LargeFile { bytes, room }));
            }
            None => find_apart(house, name)?,
        },
        Uses::File(path) => {
            let path = named.folder.join(path);
            let shown = || path.display().to_string();
            let resolved = named.reach(reach).resolve(&path).await;
            resolved.map_err(|why| match why {
                Unfollowed::Outside => PluginError::OutOfReach { path: shown() },
                Unfollowed::NoPath(error) => PluginError::File {
                    path: shown(),
                    reason: error.to_string(),
                },
            })?
        }
    };
    match read_large_file(&path, LARGEST_COMPONENT).await {
        Ok(component) => Ok(FoundPlugin::of_here(component)),
        Err(Unread::Room(none)) => Err(none.into()),
        Err(_) if is_builtin(house, bare(uses)) => Err(PluginError::BareName {
            name: bare(uses).to_owned(),
        }),
        Err(Unread::File(error)) if error.kind() == ErrorKind::NotFound => {
            let path = path.display().to_string();
            Err(match Name::new(uses) {
                Ok(name) => PluginError::NoSuchName { name, path },
                Err(_) => PluginError::NoFile {
                    path,
                    reason: error.to_string(),
                },
            })
        }
        Err(error) => Err(PluginError::File {
            path: path.display().to_string(),
            reason: error.to_string(),
        }),
    }
}

/// A plugin of another machine. Who comes over the network gets none fetched that nobody here agreed to: they would choose what this
/// machine asks. So would whoever wrote a definition, so that somebody has to wish it.
async fn find_elsewhere(
    house: &House,
    reach: &Reach,
    uses: &str,
    folder: &Path,
    meant: Meant,
) -> Result<FoundPlugin, PluginError> {
    refuse_secrets(uses)?;
    let agreed = agreed_to(house, uses, folder).await;
    let agreed = agreed.map(|it| Meaning {
        digest: it.digest,
        manifest: it.manifest,
    });
    if agreed.is_none() && !matches!(reach, Reach::Anywhere) {
        return Err(PluginError::NotForOthers {
            source_named: shown_source(uses),
        });
    }
    let looked = || house.looked_up.of(uses);
    let known = match meant {
        Meant::AsAgreed | Meant::AtHand => agreed.or_else(looked),
        Meant::Named => agreed,
        Meant::Looked => looked().or(agreed),
    };
    let Some(known) = known else {
        // What names nothing that could be fetched is told at once: a yes wouldn't help.
        house.sources.place(uses)?;
        return match meant {
            Meant::Named => fetch(house, uses, None, false).await,
            Meant::AsAgreed | Meant::Looked | Meant::AtHand => Err(PluginError::NotAgreed),
        };
    };
    match house.sources.kept(uses, &known.digest).await? {
        Some(component) => Ok(FoundPlugin {
            component,
            manifest: known.manifest,
            signed_by: None,
        }),
        None if meant == Meant::AtHand => Err(NotFetched {
            source_named: shown_source(uses),
            reason: "it isn't on this machine any more, and is fetched once it is used".to_owned(),
            is_no_source: false,
        }
        .into()),
        // By its manifest it is what was agreed to, whatever its name means by now.
        None => fetch(house, uses, known.manifest, false).await,
    }
}

/// Asks another machine for a plugin: by its manifest where that is known, else for what its name means.
async fn fetch(
    house: &House,
    uses: &str,
    manifest: Option<Digest>,
    now: bool,
) -> Result<FoundPlugin, PluginError> {
    house.tell(Live::Fetching {
        plugin: uses.to_owned(),
    });
    let wanted = WantedPlugin {
        source: uses.to_owned(),
        manifest,
        now,
    };
    let FetchedPlugin {
        component,
        digest,
        manifest: of,
    } = house.sources.fetch(&wanted).await?;
    if manifest.is_none() {
        let meaning = Meaning {
            digest,
            manifest: of,
        };
        house.looked_up.note(uses, meaning);
    }
    Ok(FoundPlugin {
        component,
        manifest: of,
        signed_by: None,
    })
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
