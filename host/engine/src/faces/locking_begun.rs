//! The plugins that a run or a comparison was begun with and that the project doesn't have among those that it agreed to: looked at, and let it use.
//!
//! A yes is kept with the run or the comparison. The lock stays as it is: nobody else may use them by that.

use std::collections::BTreeSet;
use std::path::PathBuf;

use stepwell_contract::{ComparisonId, Digest, RunId, Undertaking};
use stepwell_definition::PluginDifference;
use stepwell_store::{Change, ComparisonRecord};

use super::Operations;
use super::locking::{digest_of, no_lock, told};
use crate::comparing::begun_of;
use crate::driving::{Begun, Locks};
use crate::state::Reach;
use crate::words::{
    Agreement, ComparisonError, EngineError, LockError, LockPlugins, LockedPlugins,
};

/// What differs, by the lock's file.
type Found = Vec<(PathBuf, Vec<PluginDifference>)>;

impl Operations {
    pub(super) async fn lock_begun(
        &self,
        of: Undertaking,
        request: &LockPlugins,
    ) -> Result<LockedPlugins, EngineError> {
        let agreement = request.agreement;
        let (folder, found) = self.differences_begun(of, request).await?;
        let mut found = found.into_iter();
        let locks = Locks::of(&self.house, &Reach::Anywhere, &folder).await?;
        let lock = locks.each.into_iter().next();
        let lock = lock.ok_or_else(no_lock)?;
        if agreement == Agreement::Require && lock.agreed.is_none() {
            return Err(lock.missing().into());
        }
        let first = found.next();
        let file = match &first {
            Some((file, _)) => file.clone(),
            None => lock.file.clone(),
        };
        let mut differences = first
            .map(|(_, differences)| differences)
            .unwrap_or_default();
        for (_, more) in found {
            let more = more.into_iter().filter(|it| !differences.contains(it));
            let more: Vec<_> = more.collect();
            differences.extend(more);
        }
        let shown = digest_of(&differences)?;
        let is_agreed = match agreement {
            _ if differences.is_empty() => false,
            Agreement::Look => false,
            Agreement::Require => {
                return Err(LockError::Pinned {
                    of,
                    file,
                    differences,
                }
                .into());
            }
            Agreement::All => true,
            Agreement::Shown(digest) if digest == shown => true,
            Agreement::Shown(_) => {
                return Err(LockError::ChangedSince {
                    file,
                    differences,
                    named: None,
                }
                .into());
            }
        };
        if is_agreed {
            self.let_use(of, digests(&differences)).await?;
        }
        let refused = !differences.is_empty() && !is_agreed;
        let exists = lock.agreed.is_some();
        let agreed = lock.agreed.unwrap_or_default();
        Ok(told(file, agreed, exists, differences)?.where_it(refused, is_agreed))
    }

    /// What it was begun with that a lock doesn't have, by the lock's file; and the folder that its plugins are named from.
    async fn differences_begun(
        &self,
        of: Undertaking,
        request: &LockPlugins,
    ) -> Result<(PathBuf, Found), EngineError> {
        match of {
            Undertaking::Run(run) => {
                let record = self.house.own_run(run).await?;
                let begun = Begun::of_run(&self.house, &record, |step| request.means(step));
                let found = self.house.differences_of(&begun).await?;
                Ok((begun.folder, found))
            }
            Undertaking::Comparison(comparison) => {
                let record = self.compared(comparison).await?;
                let (mut folder, mut found) = (self.house.project.clone(), Vec::new());
                for begun in begun_of(&self.house, &record) {
                    found.extend(self.house.differences_of(&begun).await?);
                    folder = begun.folder;
                }
                Ok((folder, found))
            }
        }
    }

    async fn compared(&self, comparison: ComparisonId) -> Result<ComparisonRecord, EngineError> {
        let record = self.house.store.comparison(comparison).await?;
        record.ok_or_else(|| {
            ComparisonError::NoSuchComparison {
                given: comparison.to_string(),
            }
            .into()
        })
    }

    /// Keeps with what was begun which plugins it may use.
    async fn let_use(&self, of: Undertaking, digests: BTreeSet<Digest>) -> Result<(), EngineError> {
        match of {
            Undertaking::Run(run) => self.let_run_use(run, digests).await,
            Undertaking::Comparison(comparison) => {
                // Nobody takes it up meanwhile.
                let active = self.house.activate(comparison);
                let _active = active.ok_or(ComparisonError::UnderWay { comparison })?;
                let mut record = self.compared(comparison).await?;
                let judges = record.judges.values_mut();
                for begun in std::iter::once(record.template.as_mut()).chain(judges) {
                    begun.plugins_agreed.extend(&digests);
                }
                record.updated_at = self.house.now();
                let change = Change::Comparison(Box::new(record));
                Ok(self.house.store.commit(vec![change]).await.map(drop)?)
            }
        }
    }

    async fn let_run_use(&self, run: RunId, digests: BTreeSet<Digest>) -> Result<(), EngineError> {
        if let Some(mailbox) = self.house.opened(run) {
            let record = mailbox.record.lock().await;
            let changed = self.house.change(record, Vec::new(), |record| {
                record.plugins_agreed.extend(&digests);
            });
            return Ok(changed.await?);
        }
        // Nobody takes it up meanwhile.
        let active = self.house.take(run)?;
        let mut record = self.house.own_run(run).await?;
        record.plugins_agreed.extend(&digests);
        record.updated_at = self.house.now();
        let change = Change::Run(Box::new(record));
        self.house.store.commit(vec![change]).await?;
        drop(active);
        Ok(())
    }
}

fn digests(differences: &[PluginDifference]) -> BTreeSet<Digest> {
    let pinned = differences
        .iter()
        .filter_map(|difference| match difference {
            PluginDifference::Pinned { plugin, .. } => Some(plugin.digest),
            _ => None,
        });
    pinned.collect()
}
