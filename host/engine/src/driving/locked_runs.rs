//! What a run or a comparison was begun with, held against the locks, and against whom the operator demands to have signed it, whenever
//! something of it is about to be carried out.
//!
//! A run keeps the plugins that it began with (rule E22), and they were agreed to then. One that isn't in the lock any more is either an earlier one
//! or one that somebody took out, and nothing tells which: a person says whether this run may use it all the same, and that is kept with the run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use stepwell_contract::{Digest, StepPath, Undertaking, Uses};
use stepwell_definition::PluginDifference;
use stepwell_store::{PinnedPlugin, RunRecord};
use stepwell_workers::{LargeFile, Room, off_the_workers};

use super::loading::unusable;
use super::locking::{Lock, Locks, STEPWELL};
use super::signed::held_pinned;
use crate::state::{House, Reach, lock};
use crate::words::{EngineError, LockError};

/// What was begun before, with the plugins that it has pinned.
pub(crate) struct Begun<'r> {
    pub(crate) of: Undertaking,
    /// The folder that the paths of its plugins start at.
    pub(crate) folder: PathBuf,
    plugins: Vec<&'r PinnedPlugin>,
    /// Those that a person let it use.
    agreed: BTreeSet<Digest>,
}

impl<'r> Begun<'r> {
    /// A run, as far as these steps of it are to be carried out.
    pub(crate) fn of_run(
        house: &House,
        record: &'r RunRecord,
        is_wanted: impl Fn(&StepPath) -> bool,
    ) -> Self {
        let plugins = record.plugins.iter();
        Self {
            of: record.id.into(),
            folder: folder_of(house, record),
            plugins: plugins
                .filter_map(|(step, plugin)| is_wanted(step).then_some(plugin))
                .collect(),
            agreed: record.plugins_agreed.clone(),
        }
    }

    /// The same, where it is what others are made of.
    pub(crate) fn into_part_of(self, of: impl Into<Undertaking>) -> Self {
        Self {
            of: of.into(),
            ..self
        }
    }
}

/// The folder that the paths of a run's plugins start at.
fn folder_of(house: &House, record: &RunRecord) -> PathBuf {
    let file = record.definition_file.as_deref().map(Path::new);
    let folder = file.and_then(Path::parent);
    folder.unwrap_or(&house.project).to_owned()
}

impl House {
    /// Lets pass what is signed as it has to be, and was agreed to, in the lock or for this run alone.
    ///
    /// # Errors
    /// [`EngineError::Plugin`] for what isn't signed; [`LockError::Pinned`].
    pub(crate) async fn hold_begun(&self, begun: &Begun<'_>) -> Result<(), EngineError> {
        self.hold_signed(begun).await?;
        match self.differences_of(begun).await?.pop() {
            None => Ok(()),
            Some((file, differences)) => Err(LockError::Pinned {
                of: begun.of,
                file,
                differences,
            }
            .into()),
        }
    }

    /// Lets pass what is signed by whom the operator demands now: a key may have been taken out since it began.
    async fn hold_signed(&self, begun: &Begun<'_>) -> Result<(), EngineError> {
        let mut held = BTreeSet::new();
        for plugin in &begun.plugins {
            if held.insert((&plugin.uses, plugin.digest, plugin.signed_by)) {
                let held = held_pinned(self, plugin, &begun.folder).await;
                held.map_err(|error| unusable(&plugin.uses, error))?;
            }
        }
        Ok(())
    }

    /// What it was begun with and that a lock doesn't have, with the lock's file; nothing where all of it was agreed to.
    pub(crate) async fn differences_of(
        &self,
        begun: &Begun<'_>,
    ) -> Result<Vec<(PathBuf, Vec<PluginDifference>)>, EngineError> {
        let locks = Locks::of(self, &Reach::Anywhere, &begun.folder).await?;
        let mut all = Vec::new();
        for lock in &locks.each {
            let mut differences = BTreeMap::new();
            for plugin in &begun.plugins {
                if begun.agreed.contains(&plugin.digest) {
                    continue;
                }
                if let Some(difference) = self.pinned_difference(lock, plugin, begun).await? {
                    differences.insert((plugin.uses.clone(), plugin.digest), difference);
                }
            }
            if !differences.is_empty() {
                all.push((lock.file.clone(), differences.into_values().collect()));
            }
        }
        Ok(all)
    }

    async fn pinned_difference(
        &self,
        lock: &Lock<'_>,
        plugin: &PinnedPlugin,
        begun: &Begun<'_>,
    ) -> Result<Option<PluginDifference>, EngineError> {
        if lock.agreed.is_none() && !self.is_elsewhere(&plugin.uses) {
            return Ok(None);
        }
        let key = lock.key_of(&plugin.uses, &begun.folder);
        let locked = lock.agreed.as_ref();
        let agreed = match &key {
            Some(key) => {
                let agreed = locked.and_then(|locked| locked.plugins.get(key));
                if agreed.is_some_and(|agreed| agreed.digest == plugin.digest) {
                    return Ok(None);
                }
                agreed.cloned()
            }
            // Of those that ride inside, what was agreed to are those of one version, and which they are this one alone can tell of itself.
            None => {
                let is_agreed = locked.and_then(|it| it.stepwell.as_deref()) == Some(STEPWELL);
                let named = self.named(&plugin.uses, &begun.folder).uses;
                if is_agreed && self.digest_inside(named).await? == Some(plugin.digest) {
                    return Ok(None);
                }
                None
            }
        };
        let length = self.store.blob_length(&plugin.digest).await?;
        let room = Room::in_time(length.unwrap_or_default()).await;
        let bytes = self.blob(&plugin.digest).await?;
        let component = off_the_workers(move || LargeFile {
            bytes: Arc::from(bytes.as_ref()),
            room,
        });
        let was = self
            .described_in_lock(&plugin.uses, component.await)
            .await?;
        Ok(Some(PluginDifference::Pinned {
            uses: key.unwrap_or_else(|| plugin.uses.clone()),
            plugin: was,
            agreed,
        }))
    }

    /// The digest of a step that rides inside the binary.
    async fn digest_inside(&self, uses: &str) -> Result<Option<Digest>, EngineError> {
        if let Some(known) = lock(&self.inside).get(uses) {
            return Ok(Some(*known));
        }
        let Uses::Builtin(name) = Uses::of(uses) else {
            return Ok(None);
        };
        let Some(step) = self.builtin.get(name).cloned() else {
            return Ok(None);
        };
        let digest = off_the_workers(move || step.component().map(Digest::of)).await;
        let digest = digest.map_err(|error| EngineError::Bug {
            reason: format!("{uses} can't be unpacked: {error}"),
        })?;
        lock(&self.inside).insert(uses.to_owned(), digest);
        Ok(Some(digest))
    }
}
