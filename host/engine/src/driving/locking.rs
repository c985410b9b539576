//! The plugins of a project held against its `stepwell.lock`, and taken into it once somebody agreed.
//!
//! Where there is a lock nothing runs that isn't in it: not a step of a definition, nor a plugin that somebody names by itself. A run that
//! has begun keeps the plugins that it began with (rule E22), which were agreed to then. A plugin of another machine is run only once
//! somebody agreed to it, and then it is what was agreed to, whatever its name means by now.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use stepwell_contract::{Ability, Digest};
use stepwell_definition::{LockedPlugin, PLUGIN_LOCK, PluginDifference, PluginLock};
use stepwell_workers::off_the_workers;

use super::loading::{Meant, require_bytes};
use super::lock_file::{agree, read};
use crate::state::{House, Reach, is_elsewhere};
use crate::words::{EngineError, LockError, PluginError};

/// The version whose built-in steps ride inside.
const STEPWELL: &str = env!("CARGO_PKG_VERSION");

/// What a project's plugins are held against.
pub(crate) struct Lock<'a> {
    house: &'a House,
    reach: &'a Reach,
    pub(crate) file: PathBuf,
    /// None where the project has none.
    pub(crate) agreed: Option<PluginLock>,
    /// What a name on another machine is taken for.
    meant: Meant,
}

/// The plugins that were looked at, one after the other: none of them keeps its bytes in memory.
#[derive(Default)]
pub(crate) struct Seen {
    /// The version whose built-in steps are used, where one is.
    stepwell: Option<&'static str>,
    plugins: BTreeMap<String, LockedPlugin>,
}

impl<'a> Lock<'a> {
    /// That of the project.
    ///
    /// # Errors
    /// [`LockError::Unread`].
    pub(crate) async fn of(house: &'a House, reach: &'a Reach) -> Result<Self, EngineError> {
        let file = house.project.join(PLUGIN_LOCK);
        let path = file.clone();
        let agreed = off_the_workers(move || read(&path)).await?;
        Ok(Self {
            house,
            reach,
            file,
            agreed,
            meant: Meant::AsAgreed,
        })
    }

    /// The same for whoever wants to know what has changed on other machines.
    pub(crate) fn renewed(self) -> Self {
        Self {
            meant: Meant::Now,
            ..self
        }
    }

    /// Takes down what is there now under a name. Where it has the digest that was agreed to it isn't looked into.
    ///
    /// # Errors
    /// [`EngineError::Plugin`] where it can't be used, or isn't any more what it had this digest of.
    pub(crate) async fn see(
        &self,
        uses: &str,
        folder: &Path,
        digest: Option<Digest>,
        seen: &mut Seen,
    ) -> Result<(), EngineError> {
        let Some(key) = key_of(self.house, uses, folder) else {
            seen.stepwell = Some(STEPWELL);
            return Ok(());
        };
        let is_renewed = self.meant == Meant::Now && is_elsewhere(uses);
        let digest = digest.filter(|_| !is_renewed);
        let agreed = self.agreed.as_ref().and_then(|it| it.plugins.get(&key));
        let now = match agreed.filter(|it| Some(it.digest) == digest) {
            Some(same) => same.clone(),
            None => self.looked_into(uses, folder).await?,
        };
        // Two steps that were given two components under one name are as little one that somebody agreed to.
        let before = seen.plugins.get(&key).map(|it| it.digest);
        if [digest, before]
            .into_iter()
            .flatten()
            .any(|it| it != now.digest)
        {
            return Err(EngineError::Plugin {
                uses: uses.to_owned(),
                error: PluginError::ChangedMeanwhile,
            });
        }
        seen.plugins.insert(key, now);
        Ok(())
    }

    /// Takes down what is there now of the plugins that it has, and gives those that are gone.
    ///
    /// # Errors
    /// [`EngineError::Plugin`] for one that is there and can't be used.
    pub(crate) async fn see_all(
        &self,
        seen: &mut Seen,
    ) -> Result<Vec<PluginDifference>, EngineError> {
        let Some(agreed) = &self.agreed else {
            return Ok(Vec::new());
        };
        seen.stepwell = agreed.stepwell.as_ref().map(|_| STEPWELL);
        let mut gone = Vec::new();
        for uses in agreed.plugins.keys() {
            match self.see(uses, &self.house.project, None, seen).await {
                Err(EngineError::Plugin {
                    error: PluginError::NoFile { .. } | PluginError::NotBuilt { .. },
                    uses,
                }) => gone.push(PluginDifference::Gone { uses }),
                found => found?,
            }
        }
        Ok(gone)
    }

    /// What it is, with what it can do.
    async fn looked_into(&self, uses: &str, folder: &Path) -> Result<LockedPlugin, EngineError> {
        let component = require_bytes(self.house, self.reach, uses, folder, self.meant).await?;
        let component = component.bytes;
        let examined = self.house.examine_component(uses, &component).await;
        // Everything for which it is refused, as where it is used.
        let loaded = self.house.load_component(uses, component).await;
        let loaded = loaded.map_err(|error| EngineError::Plugin {
            uses: uses.to_owned(),
            error: error.into(),
        })?;
        let can = Ability::by_imports(&examined.anatomy.imports).into_iter();
        let can = can.map(|(ability, by)| {
            // Of an interface of the system each build tool has another patch version, which changes nothing that can be done.
            let by = by.iter().map(|by| by.split('@').next().unwrap_or(by));
            (ability, by.map(str::to_owned).collect())
        });
        Ok(LockedPlugin::of(
            loaded.digest,
            &loaded.description,
            can.collect(),
        ))
    }

    /// What of these plugins wasn't agreed to.
    pub(crate) fn differences(&self, seen: &Seen) -> Vec<PluginDifference> {
        let nothing = PluginLock::default();
        let agreed = self.agreed.as_ref().unwrap_or(&nothing);
        agreed.differences(&seen.plugins, seen.stepwell)
    }

    /// Lets pass what was agreed to; where the project has no lock, everything of this machine. The plugins are told by what names them
    /// and their digests; their paths start at `folder`.
    ///
    /// # Errors
    /// [`LockError::Differs`].
    pub(crate) async fn hold(
        &self,
        plugins: impl IntoIterator<Item = (&str, Digest)>,
        folder: &Path,
    ) -> Result<(), EngineError> {
        let mut seen = Seen::default();
        for (uses, digest) in plugins {
            if self.agreed.is_none() && !is_elsewhere(uses) {
                continue;
            }
            self.see(uses, folder, Some(digest), &mut seen).await?;
        }
        let differences = self.differences(&seen);
        match differences.is_empty() {
            true => Ok(()),
            false => Err(LockError::Differs {
                file: self.file.clone(),
                differences,
            }
            .into()),
        }
    }

    /// Takes what somebody agreed to into the file, whole or not at all, and gives what that has then. What another process took into it
    /// meanwhile stays.
    ///
    /// # Errors
    /// [`LockError::Unwritten`], [`LockError::Unread`].
    pub(crate) async fn agree(
        &self,
        differences: &[PluginDifference],
    ) -> Result<PluginLock, EngineError> {
        let (file, differences) = (self.file.clone(), differences.to_vec());
        Ok(off_the_workers(move || agree(&file, &differences)).await?)
    }
}

/// What names a plugin in the lock: a path as seen from the project, with `/` between its parts. None for a step that rides inside the
/// binary: its version names those.
fn key_of(house: &House, uses: &str, folder: &Path) -> Option<String> {
    if is_elsewhere(uses) {
        return Some(uses.to_owned());
    }
    match uses.strip_prefix("builtin:") {
        Some(name) if house.builtin.contains_key(name) => None,
        Some(_) => Some(uses.to_owned()),
        None => Some(as_seen_from(&house.project, &folder.join(uses))),
    }
}

/// A path as seen from a folder, by its text alone: what links lead to isn't asked. One that leads out of it begins with `../`.
fn as_seen_from(folder: &Path, path: &Path) -> String {
    let (folder, path) = (tidied(folder), tidied(path));
    let shared = folder
        .iter()
        .zip(&path)
        .take_while(|(one, other)| one == other)
        .count();
    let up = std::iter::repeat_n("..", folder.len() - shared);
    let down = path[shared..].iter().map(String::as_str);
    up.chain(down).collect::<Vec<_>>().join("/")
}

/// The names on the way of an absolute path, without `.` and `..`.
fn tidied(path: &Path) -> Vec<String> {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut names = Vec::new();
    for component in absolute.components() {
        match component {
            Component::ParentDir => {
                names.pop();
            }
            Component::CurDir | Component::RootDir => {}
            Component::Prefix(_) | Component::Normal(_) => {
                let name = component.as_os_str().to_string_lossy();
                names.push(name.into_owned());
            }
        }
    }
    names
}
