//! What work would probably take, said before it is started, and whether it needs a person's yes.

use std::collections::BTreeSet;

use stepwell_contract::{RunEstimate, RunId, StepPath};
use stepwell_store::RunRecord;

use super::Operations;
use super::reruns::Again;
use super::runs::Begun;
use crate::comparing::Comparing;
use crate::driving::{
    Asking, ByItself, confirmed, definition_alone, estimate, estimate_by_itself, give_documents,
    step_of_definition,
};
use crate::state::{PreparedRun, subtree};
use crate::words::{Costly, EngineError, Event, RerunStep, StartRun, ToStart};

impl Operations {
    /// The same over a sketch of the store: nothing is kept.
    fn sketch(&self) -> Self {
        Self {
            house: self.house.sketch(),
            reach: self.reach.clone(),
        }
    }

    pub(super) async fn estimate(&self, request: StartRun) -> Result<RunEstimate, EngineError> {
        let sketch = self.sketch();
        let Begun {
            prepared,
            mut record,
            ..
        } = sketch.begun(&request, Asking::Later).await?;
        // What doesn't fit is told as it would be at the start.
        give_documents(&sketch.house, &prepared, &mut record, &request.documents)?;
        estimate(&sketch.house, &prepared, &record, &request.documents).await
    }

    pub(super) async fn estimate_work(&self, work: Costly) -> Result<RunEstimate, EngineError> {
        let sketch = self.sketch();
        let alone = match work {
            Costly::Rerun { run, step, with } => {
                return sketch.estimate_again(run, &step, &with).await;
            }
            Costly::Comparison { comparison } => {
                let comparing = Comparing::within(&sketch.house, &sketch.reach);
                return comparing.estimate_comparison(*comparison).await;
            }
            Costly::Plugin { alone } => {
                let definition = definition_alone(&sketch.house, &sketch.reach, &alone).await?;
                alone.start_of(definition)
            }
            Costly::Definition { alone } => {
                let (house, reach) = (&sketch.house, &sketch.reach);
                let definition = step_of_definition(house, reach, &alone, Asking::Later).await?;
                alone.start_of(definition)
            }
        };
        self.estimate(alone).await
    }

    async fn estimate_again(
        &self,
        run: RunId,
        step: &StepPath,
        with: &RerunStep,
    ) -> Result<RunEstimate, EngineError> {
        let again = self.again(run, step, with, Asking::Now).await?;
        self.estimate_of_again(&again, &with.items).await
    }

    /// What a step of a run will take that is carried out again with its sub-steps, as what each was given so far lets expect.
    pub(super) async fn estimate_of_again(
        &self,
        again: &Again,
        items: &[u32],
    ) -> Result<RunEstimate, EngineError> {
        let plan = &again.prepared.plan;
        let mut each = Vec::new();
        for index in subtree(plan, again.index) {
            let path = &plan.steps[index].path;
            let own = again.executions.iter().filter(|execution| {
                let key = &execution.key;
                key.path == *path && again.record.counts(key) && key.items().starts_with(items)
            });
            let (mut executions, mut given) = (BTreeSet::new(), 0);
            for execution in own {
                executions.insert(execution.key.items());
                if let Some(inputs) = &execution.inputs {
                    let bytes = self.house.store.blob_length(inputs).await?;
                    given = given.max(bytes.unwrap_or(0));
                }
            }
            each.push(ByItself {
                prepared: &again.prepared,
                record: &again.record,
                step: index,
                executions: executions.len().max(1) as u64,
                given,
                after: None,
                in_batches: false,
            });
        }
        Ok(estimate_by_itself(&self.house, &each).await?)
    }

    /// Keeps with a run what it will probably take; gives what is worth a warning about it.
    ///
    /// # Errors
    /// [`RunError::NotConfirmed`](crate::words::RunError::NotConfirmed), or the store's.
    pub(super) async fn estimated(
        &self,
        prepared: &PreparedRun,
        record: &mut RunRecord,
        request: &StartRun,
    ) -> Result<Option<Event>, EngineError> {
        let estimated = estimate(&self.house, prepared, record, &request.documents).await?;
        let doubts = confirmed(ToStart::Run, &estimated, request.confirmed)?;
        record.estimate = Some(estimated.total).filter(|total| total.asks());
        Ok(doubts)
    }
}
