//! The plugins that the project agreed to: looked at, and agreed to.

use std::path::{Path, PathBuf};

use stepwell_contract::Digest;
use stepwell_definition::{PluginDifference, PluginLock, parse_definition};
use stepwell_workers::off_the_workers;

use super::Operations;
use crate::driving::{Asking, Lock, Locks, Seen, folder_of, look_up, prepare};
use crate::state::is_elsewhere;
use crate::words::{
    Agreement, DefinitionSource, EngineError, Fetch, LockError, LockPlugins, LockedPlugins,
};

impl Operations {
    pub(super) async fn lock_plugins(
        &self,
        request: LockPlugins,
    ) -> Result<LockedPlugins, EngineError> {
        let _agreeing = self.house.agreeing.lock().await;
        if let Some(begun) = request.begun() {
            return self.lock_begun(begun, &request).await;
        }
        let folder = self.folder_of_lock(&request);
        let locks = Locks::of(&self.house, &self.reach, &folder).await?;
        if request.fetch != Fetch::Nothing {
            self.look_up(&request, &locks, &folder).await?;
        }
        let locks = locks.named(request.named());
        let locks = match request.renew {
            true => locks.renewed(),
            false => locks,
        };
        let has_any = locks.each.iter().any(|lock| lock.agreed.is_some());
        if let (Agreement::Require, false, Some(lock)) =
            (request.agreement, has_any, locks.each.first())
        {
            return Err(lock.missing().into());
        }
        let mut told: Option<LockedPlugins> = None;
        for lock in &locks.each {
            let one = self.lock_by(&request, lock, &folder).await?;
            // The first of which there is something to say.
            let says = one.refused || one.agreed;
            // Of what the next one lacks a person was told nothing yet.
            if says && matches!(request.agreement, Agreement::Look | Agreement::Shown(_)) {
                return Ok(one);
            }
            if says || told.is_none() {
                told = Some(one);
            }
        }
        told.ok_or_else(no_lock)
    }

    /// The folder that the plugins are named from.
    fn folder_of_lock(&self, request: &LockPlugins) -> PathBuf {
        let given = request.folder.as_ref().map(PathBuf::from);
        let of_definition = request.definition.as_ref();
        let of_definition = of_definition.map(|it| folder_of(&self.house, it).to_owned());
        of_definition
            .or(given)
            .unwrap_or_else(|| self.house.project.clone())
    }

    /// Holds the plugins that are meant against one lock.
    async fn lock_by(
        &self,
        request: &LockPlugins,
        lock: &Lock<'_>,
        folder: &Path,
    ) -> Result<LockedPlugins, EngineError> {
        let mut seen = Seen::default();
        let gone = self.see(request, lock, folder, &mut seen).await?;
        let mut differences = lock.differences(&seen);
        differences.extend(gone);
        let shown = digest_of(&differences)?;
        let is_seen = |difference: &PluginDifference| {
            !matches!(difference, PluginDifference::Unfetched { .. })
        };
        let is_agreed = match request.agreement {
            Agreement::Look => false,
            Agreement::Require if differences.is_empty() => false,
            Agreement::Require => return Err(lock.differs(differences).into()),
            // Nobody agrees to what nobody has looked at.
            _ if !differences.iter().all(is_seen) => return Err(lock.differs(differences).into()),
            Agreement::All => true,
            Agreement::Shown(digest) if digest == shown => true,
            // Of two locks one may have been asked about, and the other one have all of it.
            Agreement::Shown(_) if differences.is_empty() => false,
            Agreement::Shown(_) => return Err(lock.changed_since(differences).into()),
        };
        let exists = lock.agreed.is_some();
        // Also one without plugins says that nothing else is run.
        let writes = is_agreed && !(exists && differences.is_empty());
        let agreed = match writes {
            true => lock.agree(&differences).await?,
            false => lock.agreed.clone().unwrap_or_default(),
        };
        let refused = match exists {
            true => !differences.is_empty(),
            false => differences.iter().any(is_new_elsewhere),
        };
        Ok(
            told(lock.file.clone(), agreed, exists || writes, differences)?
                .where_it(refused && !writes, writes),
        )
    }

    /// Asks other machines what the names mean that nobody agreed to yet, and of the others where it is to be renewed.
    async fn look_up(
        &self,
        request: &LockPlugins,
        locks: &Locks<'_>,
        folder: &Path,
    ) -> Result<(), EngineError> {
        let mut named = match &request.definition {
            Some(definition) => plugins_of(definition, folder).await,
            None => Vec::new(),
        };
        named.extend(request.plugins.iter().cloned());
        for uses in &mut named {
            *uses = self.house.named(uses, folder).uses.to_owned();
        }
        named.retain(|uses| is_elsewhere(uses));
        let agreed = || locks.each.iter().filter_map(|it| it.agreed.as_ref());
        if request.is_everything() {
            let plugins = agreed().flat_map(|lock| lock.plugins.keys());
            named.extend(plugins.filter(|it| is_elsewhere(it)).cloned());
        }
        named.sort();
        named.dedup();
        for uses in named {
            let is_known = agreed().any(|lock| lock.plugins.contains_key(&uses));
            let is_wanted = !is_known || request.renew;
            if is_wanted && request.fetch.is_about(is_known) {
                look_up(&self.house, &self.reach, &uses, !is_known).await?;
            }
        }
        Ok(())
    }

    /// Looks at the plugins that are meant; those of the lock that are gone.
    async fn see(
        &self,
        request: &LockPlugins,
        lock: &Lock<'_>,
        folder: &Path,
        seen: &mut Seen,
    ) -> Result<Vec<PluginDifference>, EngineError> {
        if !request.forget.is_empty() {
            return Ok(lock.without(&request.forget, folder));
        }
        if request.is_everything() {
            return lock.see_all(seen).await;
        }
        if let Some(definition) = &request.definition {
            // No model is asked, and nothing is agreed to yet.
            let asking = match request.renew {
                true => Asking::Renewing,
                false => Asking::Describing,
            };
            match prepare(&self.house, &self.reach, definition, None, asking).await {
                // The others are told of once these were looked at.
                Err(EngineError::Lock(LockError::Differs { differences, .. })) => {
                    seen.not_looked_at(&differences);
                }
                prepared => {
                    for (uses, digest) in prepared?.used() {
                        lock.see(uses, folder, Some(digest), seen).await?;
                    }
                }
            }
        }
        for uses in &request.plugins {
            lock.see(uses, folder, None, seen).await?;
        }
        Ok(Vec::new())
    }
}

/// The plugins that a definition names. One that is wrong says so when it is prepared.
async fn plugins_of(definition: &DefinitionSource, folder: &Path) -> Vec<String> {
    let (text, named) = (definition.text.clone(), folder.display().to_string());
    let parsed = off_the_workers(move || parse_definition(&text, &named).0).await;
    let Some(parsed) = parsed else {
        return Vec::new();
    };
    let plugins = parsed.plugins().into_iter();
    plugins.map(|(_, uses)| uses.value.clone()).collect()
}

fn is_new_elsewhere(difference: &PluginDifference) -> bool {
    match difference {
        PluginDifference::Unfetched { .. } => true,
        PluginDifference::New { uses, .. } => is_elsewhere(uses),
        _ => false,
    }
}

/// What is told of a lock, and of what differs from it.
pub(super) fn told(
    file: PathBuf,
    agreed: PluginLock,
    exists: bool,
    differences: Vec<PluginDifference>,
) -> Result<LockedPlugins, EngineError> {
    Ok(LockedPlugins {
        file: file.display().to_string(),
        exists,
        shown: digest_of(&differences)?,
        differences,
        refused: false,
        agreed: false,
        stepwell: agreed.stepwell,
        plugins: agreed.plugins,
    })
}

/// There is always the place of one.
pub(super) fn no_lock() -> EngineError {
    EngineError::Bug {
        reason: "no lock counts".into(),
    }
}

/// Names exactly these differences.
pub(super) fn digest_of(differences: &[PluginDifference]) -> Result<Digest, EngineError> {
    let json = serde_json::to_vec(differences);
    let json = json.map_err(|error| EngineError::Bug {
        reason: error.to_string(),
    })?;
    Ok(Digest::of(json))
}
