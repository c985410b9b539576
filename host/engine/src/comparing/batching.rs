//! The batches of a comparison, for who looks at them, and given up where a person says so.

use stepwell_comparison::{BatchView, BatchesView};
use stepwell_contract::{BatchState, ComparisonId, Money};
use stepwell_llm::BatchFound;
use stepwell_store::{BatchRecord, CallRecord, Change, ComparisonRecord};

use super::Comparing;
use crate::state::found_batch;
use crate::words::{BatchGivenUp, EngineError};

impl Comparing {
    /// The batches of a comparison, with what they saved of these calls; none where it never sent any.
    pub(super) async fn batches_view(
        &self,
        record: &ComparisonRecord,
        calls: &[CallRecord],
    ) -> Result<Option<BatchesView>, EngineError> {
        let batches = self.house.store.batches(record.id).await?;
        if !record.batch && batches.is_empty() {
            return Ok(None);
        }
        let mut view = BatchesView {
            batches: batches.into_iter().map(batch_view).collect(),
            ..BatchesView::default()
        };
        let attempts = calls.iter().flat_map(|call| &call.attempts);
        for attempt in attempts.filter(|attempt| !attempt.is_open()) {
            if let Some(batch) = attempt.batch {
                let is_answered = attempt.error.is_none();
                view.answered += u64::from(is_answered);
                view.unpriced += u64::from(is_answered && batch.saved.is_none());
                let saved = batch.saved.unwrap_or_default();
                view.saved = Money(view.saved.0.saturating_add(saved.0));
            }
        }
        Ok(Some(view))
    }

    /// Tells providers to give up the batches of a comparison that they haven't answered yet. What they have answered is fetched
    /// when the comparison is carried on, and what they haven't is sent again then.
    pub(crate) async fn give_up_batches(
        &self,
        id: ComparisonId,
    ) -> Result<Vec<BatchGivenUp>, EngineError> {
        self.comparison_record(id).await?;
        let batches = self.house.store.batches(id).await?;
        let mut given_up = Vec::new();
        for batch in batches.into_iter().filter(|batch| batch.state.is_open()) {
            given_up.push(self.give_up(batch).await?);
        }
        Ok(given_up)
    }

    async fn give_up(&self, mut batch: BatchRecord) -> Result<BatchGivenUp, EngineError> {
        let mut told = BatchGivenUp {
            provider: batch.provider.clone(),
            batch: batch.at_provider.clone(),
            requests: batch.requests,
            problem: None,
        };
        let office = match self
            .house
            .models
            .batches(&batch.provider, &self.house.clock)
        {
            Ok(office) => office,
            Err(error) => {
                told.problem = Some(error.message);
                return Ok(told);
            }
        };
        let cancelled = async {
            let at_provider = match &batch.at_provider {
                Some(at_provider) => at_provider.clone(),
                None => match found_batch(office, &batch).await? {
                    BatchFound::There(at_provider) => at_provider,
                    BatchFound::NotThere => return Ok(Some(None)),
                    BatchFound::NotKnownYet => return Ok(None),
                },
            };
            office.cancel(&at_provider).await?;
            Ok::<_, stepwell_llm::BatchProblem>(Some(Some(at_provider)))
        };
        match cancelled.await {
            Ok(Some(at_provider)) => {
                batch.state = match at_provider {
                    Some(_) => BatchState::Cancelled,
                    None => BatchState::Unsent,
                };
                batch.at_provider = at_provider.clone();
                told.batch = at_provider;
                let change = Change::Batch(Box::new(batch));
                self.house.store.commit(vec![change]).await?;
            }
            Ok(None) => {
                let unknown = "whether it is there isn't known yet: try again later";
                told.problem = Some(unknown.to_owned());
            }
            Err(problem) => told.problem = Some(problem.error.message),
        }
        Ok(told)
    }
}

fn batch_view(batch: BatchRecord) -> BatchView {
    BatchView {
        id: batch.id,
        provider: batch.provider,
        batch: batch.at_provider,
        requests: batch.requests,
        state: batch.state,
        created_at: batch.created_at,
        sent_at: batch.sent_at,
        ended_at: batch.ended_at,
    }
}
