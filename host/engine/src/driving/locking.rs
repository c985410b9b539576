//! The plugins of a project held against its `stepwell.lock`, and taken into it once somebody agreed.
//!
//! Where there is a lock nothing runs that isn't in it: not a step of a definition, nor a plugin that somebody names by itself; what a run has pinned is
//! held against it by `locked_runs`. Where a definition lies below a lock of its own, nothing runs that either lacks. A plugin of another machine is run only
//! once somebody agreed to it, and then it is what was agreed to, whatever its name means by now.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use stepwell_contract::{Ability, Digest, Uses};
use stepwell_definition::{LockedPlugin, PluginDifference, PluginLock};
use stepwell_workers::{LargeFile, off_the_workers};

use super::loading::require_bytes;
use super::lock_file::{agree, read};
use super::lock_places::{Place, found};
use super::meant::Meant;
use crate::state::{House, Reach};
use crate::words::{EngineError, LockError, PluginError};

/// The version whose built-in steps ride inside.
pub(super) const STEPWELL: &str = env!("CARGO_PKG_VERSION");

/// The locks that count, of which nothing may pass only one.
pub(crate) struct Locks<'a> {
    pub(crate) each: Vec<Lock<'a>>,
}

/// What a project's plugins are held against.
pub(crate) struct Lock<'a> {
    house: &'a House,
    reach: &'a Reach,
    place: Place,
    pub(crate) file: PathBuf,
    /// None where the project has none.
    pub(crate) agreed: Option<PluginLock>,
    /// What a name on another machine is taken for.
    meant: Meant,
    /// What a person would name to agree to its plugins.
    named: Option<String>,
}

/// The plugins that were looked at, one after the other: none of them keeps its bytes in memory.
#[derive(Default)]
pub(crate) struct Seen {
    /// The version whose built-in steps are used, where one is.
    stepwell: Option<&'static str>,
    plugins: BTreeMap<String, LockedPlugin>,
    /// Those of other machines that nobody wanted to be looked at yet.
    unfetched: BTreeSet<String>,
}

impl Seen {
    /// Takes down those that nobody wanted to be looked at yet.
    pub(crate) fn not_looked_at(&mut self, differences: &[PluginDifference]) {
        let uses = differences.iter().filter_map(PluginDifference::uses);
        self.unfetched.extend(uses.map(str::to_owned));
    }
}

impl<'a> Locks<'a> {
    /// Those that count where plugins are used that a definition in this folder names.
    ///
    /// # Errors
    /// [`LockError::Unread`].
    pub(crate) async fn of(
        house: &'a House,
        reach: &'a Reach,
        folder: &Path,
    ) -> Result<Self, EngineError> {
        let (project, folder) = (house.project.clone(), folder.to_owned());
        let read = off_the_workers(move || {
            let found = found(&project, &folder).into_iter();
            let read = found.map(|place| Ok((read(&place.file())?, place)));
            read.collect::<Result<Vec<_>, LockError>>()
        });
        let each = read.await?.into_iter().map(|(agreed, place)| Lock {
            house,
            reach,
            file: place.file(),
            place,
            agreed,
            meant: Meant::AsAgreed,
            named: None,
        });
        Ok(Self {
            each: each.collect(),
        })
    }

    /// The same, for what a person would name so to agree to it.
    pub(crate) fn named(mut self, named: Option<&str>) -> Self {
        for lock in &mut self.each {
            lock.named = named.map(str::to_owned);
        }
        self
    }

    /// The same for whoever wants to know what has changed on other machines, as far as it was looked at.
    pub(crate) fn renewed(mut self) -> Self {
        for lock in &mut self.each {
            lock.meant = Meant::Looked;
        }
        self
    }

    /// Lets pass what was agreed to; where there is no lock, everything of this machine. The plugins are told by what names them and their
    /// digests; their paths start at `folder`.
    ///
    /// # Errors
    /// [`LockError::Differs`].
    pub(crate) async fn hold(
        &self,
        plugins: &[(&str, Digest)],
        folder: &Path,
    ) -> Result<(), EngineError> {
        for lock in &self.each {
            lock.hold(plugins, folder).await?;
        }
        Ok(())
    }

    /// What is said of plugins that nobody wanted to be looked at yet.
    pub(crate) fn unfetched(&self, uses: impl IntoIterator<Item = String>) -> LockError {
        let unfetched = uses.into_iter();
        let differences = unfetched.map(|uses| PluginDifference::Unfetched { uses });
        match self.each.first() {
            Some(lock) => lock.differs(differences.collect()),
            None => LockError::Missing {
                file: PathBuf::new(),
                named: None,
            },
        }
    }
}

impl Lock<'_> {
    /// What names a plugin in it: what the operator's name for it stands for, a path as seen from it. None for a step that rides inside the binary: its version names those.
    pub(crate) fn key_of(&self, uses: &str, folder: &Path) -> Option<String> {
        let named = self.house.named(uses, folder);
        match Uses::of(named.uses) {
            Uses::Builtin(name) if self.house.builtin.contains_key(name) => None,
            Uses::Builtin(_) | Uses::Elsewhere(_) => Some(named.uses.to_owned()),
            Uses::File(path) => Some(self.place.key_of(path, named.folder)),
        }
    }

    /// Takes down what is there now under a name.
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
        let Some(key) = self.key_of(uses, folder) else {
            seen.stepwell = Some(STEPWELL);
            return Ok(());
        };
        let is_renewed = self.meant == Meant::Looked && self.house.is_elsewhere(uses);
        let digest = digest.filter(|_| !is_renewed);
        let now = match self.looked_into(uses, folder, digest).await {
            Err(EngineError::Plugin {
                error: PluginError::NotAgreed,
                ..
            }) => {
                seen.unfetched.insert(key);
                return Ok(());
            }
            found => found?,
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
            match self.see(uses, &self.place.folder, None, seen).await {
                Err(EngineError::Plugin {
                    error:
                        PluginError::NoFile { .. }
                        | PluginError::NoSuchName { .. }
                        | PluginError::NotBuilt { .. },
                    uses,
                }) => gone.push(PluginDifference::Gone { uses }),
                found => found?,
            }
        }
        Ok(gone)
    }

    /// Those of these plugins that it has, as gone.
    pub(crate) fn without(&self, plugins: &[String], folder: &Path) -> Vec<PluginDifference> {
        let keys = plugins.iter().filter_map(|uses| self.key_of(uses, folder));
        let of_lock = keys.filter(|key| {
            let agreed = self.agreed.as_ref();
            agreed.is_some_and(|it| it.plugins.contains_key(key))
        });
        of_lock
            .map(|uses| PluginDifference::Gone { uses })
            .collect()
    }

    /// What it is, with what it can do. What was looked into once, by its bytes, is known.
    async fn looked_into(
        &self,
        uses: &str,
        folder: &Path,
        digest: Option<Digest>,
    ) -> Result<LockedPlugin, EngineError> {
        let known = digest.and_then(|digest| self.house.examined.get(&digest));
        if let Some(known) = known.filter(|_| !self.house.is_elsewhere(uses)) {
            return Ok(known.as_ref().clone());
        }
        let found = require_bytes(self.house, self.reach, uses, folder, self.meant).await?;
        let mut locked = self.house.described_in_lock(uses, found.component).await?;
        locked.manifest = found.manifest;
        Ok(locked)
    }

    /// What of these plugins wasn't agreed to.
    pub(crate) fn differences(&self, seen: &Seen) -> Vec<PluginDifference> {
        let nothing = PluginLock::default();
        let agreed = self.agreed.as_ref().unwrap_or(&nothing);
        let unfetched = seen.unfetched.iter().cloned();
        let mut differences = agreed.differences(&seen.plugins, seen.stepwell);
        differences.extend(unfetched.map(|uses| PluginDifference::Unfetched { uses }));
        differences
    }

    /// What is said of these.
    pub(crate) fn differs(&self, differences: Vec<PluginDifference>) -> LockError {
        LockError::Differs {
            file: self.file.clone(),
            differences,
            named: self.named.clone(),
        }
    }

    /// What is said where a person said yes to something else.
    pub(crate) fn changed_since(&self, differences: Vec<PluginDifference>) -> LockError {
        LockError::ChangedSince {
            file: self.file.clone(),
            differences,
            named: self.named.clone(),
        }
    }

    /// What is said where there is none.
    pub(crate) fn missing(&self) -> LockError {
        LockError::Missing {
            file: self.file.clone(),
            named: self.named.clone(),
        }
    }

    async fn hold(&self, plugins: &[(&str, Digest)], folder: &Path) -> Result<(), EngineError> {
        let mut seen = Seen::default();
        for (uses, digest) in plugins {
            if self.agreed.is_none() && !self.house.is_elsewhere(uses) {
                continue;
            }
            self.see(uses, folder, Some(*digest), &mut seen).await?;
        }
        let differences = self.differences(&seen);
        match differences.is_empty() {
            true => Ok(()),
            false => Err(self.differs(differences).into()),
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
        // One that lies above of what may be named is nobody's from elsewhere.
        self.reach.require(&self.file).await?;
        let (file, differences) = (self.file.clone(), differences.to_vec());
        Ok(off_the_workers(move || agree(&file, &differences)).await?)
    }
}

impl House {
    /// What a component is, with what it can do, as a lock has it.
    pub(super) async fn described_in_lock(
        &self,
        uses: &str,
        component: LargeFile,
    ) -> Result<LockedPlugin, EngineError> {
        let examined = self.examine_component(uses, &component).await;
        // Everything for which it is refused, as where it is used.
        let loaded = self.load_component(uses, component).await;
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
        let locked = LockedPlugin::of(loaded.digest, &loaded.description, can.collect());
        self.examined.keep(loaded.digest, Arc::new(locked.clone()));
        Ok(locked)
    }
}
