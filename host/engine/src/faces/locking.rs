//! The plugins that the project agreed to: looked at, and agreed to.

use std::path::PathBuf;

use stepwell_contract::Digest;
use stepwell_definition::PluginDifference;

use super::Operations;
use crate::driving::{Asking, Lock, Seen, folder_of, prepare};
use crate::state::is_elsewhere;
use crate::words::{Agreement, EngineError, LockError, LockPlugins, LockedPlugins};

impl Operations {
    pub(super) async fn lock_plugins(
        &self,
        request: LockPlugins,
    ) -> Result<LockedPlugins, EngineError> {
        let _agreeing = self.house.agreeing.lock().await;
        let lock = Lock::of(&self.house, &self.reach).await?;
        let lock = match request.renew {
            true => lock.renewed(),
            false => lock,
        };
        let mut seen = Seen::default();
        let gone = self.see(&request, &lock, &mut seen).await?;
        let mut differences = lock.differences(&seen);
        differences.extend(gone);
        let shown = digest_of(&differences)?;
        let file = lock.file.clone();
        let is_agreed = match request.agreement {
            Agreement::Look => false,
            Agreement::All => true,
            Agreement::Require if lock.agreed.is_none() => {
                return Err(LockError::Missing { file }.into());
            }
            Agreement::Require if differences.is_empty() => false,
            Agreement::Require => return Err(LockError::Differs { file, differences }.into()),
            Agreement::Shown(digest) if digest == shown => true,
            Agreement::Shown(_) => {
                return Err(LockError::ChangedSince { file, differences }.into());
            }
        };
        let exists = lock.agreed.is_some();
        // Also one without plugins says that nothing else is run.
        let writes = is_agreed && !(exists && differences.is_empty());
        let agreed = match writes {
            true => lock.agree(&differences).await?,
            false => lock.agreed.unwrap_or_default(),
        };
        let is_new_elsewhere = |difference: &PluginDifference| matches!(difference, PluginDifference::New { uses, .. } if is_elsewhere(uses));
        let refused = match exists {
            true => !differences.is_empty(),
            false => differences.iter().any(is_new_elsewhere),
        };
        Ok(LockedPlugins {
            refused: refused && !writes,
            file: file.display().to_string(),
            exists: exists || writes,
            differences,
            shown,
            agreed: writes,
            stepwell: agreed.stepwell,
            plugins: agreed.plugins,
        })
    }

    /// Looks at the plugins that are meant; those of the lock that are gone.
    async fn see(
        &self,
        request: &LockPlugins,
        lock: &Lock<'_>,
        seen: &mut Seen,
    ) -> Result<Vec<PluginDifference>, EngineError> {
        let folder = request.folder.as_ref().map(PathBuf::from);
        let folder = folder.unwrap_or_else(|| self.house.project.clone());
        if !request.forget.is_empty() {
            return Ok(lock.without(&request.forget, &folder));
        }
        if request.definition.is_none() && request.plugins.is_empty() {
            return lock.see_all(seen).await;
        }
        if let Some(definition) = &request.definition {
            // No model is asked, and nothing is agreed to yet.
            let asking = Asking::Never;
            let prepared = prepare(&self.house, &self.reach, definition, None, asking).await?;
            let folder = folder_of(&self.house, definition);
            for (uses, digest) in prepared.used() {
                lock.see(uses, folder, Some(digest), seen).await?;
            }
        }
        for uses in &request.plugins {
            lock.see(uses, &folder, None, seen).await?;
        }
        Ok(Vec::new())
    }
}

/// Names exactly these differences.
fn digest_of(differences: &[PluginDifference]) -> Result<Digest, EngineError> {
    let json = serde_json::to_vec(differences);
    let json = json.map_err(|error| EngineError::Bug {
        reason: error.to_string(),
    })?;
    Ok(Digest::of(json))
}
