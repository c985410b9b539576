//! Which plugins the run before had: one that was laid over another is told of, also where nothing is locked.

use std::collections::BTreeMap;
use std::sync::Arc;

use stepwell_contract::{Digest, StepPath};
use stepwell_store::{Gaps, PinnedPlugin, PluginBefore, RunRecord};

use crate::state::House;
use crate::words::{EngineError, PluginInUse, PluginOfBefore};

/// Among how many of the newest runs the one before is looked for.
const LOOKED_AT: usize = 20;

impl House {
    /// Notes in a run that is about to begin which of its steps have another plugin under the same name than in the last run of the same
    /// definition, if that is among the newest; gives them. The next one is held against this run.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn note_plugins_before(
        &self,
        record: &mut RunRecord,
    ) -> Result<Vec<PluginOfBefore>, EngineError> {
        let key = key_of(record);
        let before = match self.plugins_before.get(&key) {
            Some(before) => Some(before),
            None => self.found_before(record).await?,
        };
        let now = Arc::new(record.plugins.clone());
        self.plugins_before.keep(key, now);
        let Some(before) = before else {
            return Ok(Vec::new());
        };
        let mut changed = Vec::new();
        for (step, now) in &mut record.plugins {
            let Some(was) = before.get(step) else {
                continue;
            };
            if was.uses != now.uses || was.digest == now.digest {
                continue;
            }
            now.before = Some(PluginBefore {
                digest: was.digest,
                title: was.title.clone(),
            });
            changed.push(PluginOfBefore {
                step: step.clone(),
                uses: now.uses.clone(),
                from: PluginInUse::now(was),
                to: PluginInUse::now(now),
            });
        }
        Ok(changed)
    }

    async fn found_before(
        &self,
        record: &RunRecord,
    ) -> Result<Option<Arc<BTreeMap<StepPath, PinnedPlugin>>>, EngineError> {
        let newest = self
            .store
            .runs(None, Some(LOOKED_AT), Gaps::LeaveOut)
            .await?;
        let key = key_of(record);
        let before = newest.into_iter().find(|it| key_of(it) == key);
        Ok(before.map(|it| Arc::new(it.plugins)))
    }
}

/// What two runs of one definition share, also where its text changed.
fn key_of(record: &RunRecord) -> Digest {
    let file = record.definition_file.as_deref().unwrap_or_default();
    Digest::of_parts([record.workflow.as_bytes(), &[0], file.as_bytes()])
}
