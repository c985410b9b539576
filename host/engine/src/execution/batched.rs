//! Calls of a comparison's cells that are sent in batches: handed over, and taken up again with what came of them.
//!
//! How a batch is gathered, sent and waited for is the state's (`state/batches`).

use std::sync::Arc;

use stepwell_contract::amounts::count;
use stepwell_contract::{Halt, Hosted};
use stepwell_llm::{CameInBatch, Ledger, PlaceInBatch, ResolvedModel};
use stepwell_store::{BatchRecord, CallAttempt, CallRecord, Change, InBatch};

use super::services::Services;
use crate::state::{Came, Desk, store_halt};

/// The attempt at a call that was sent in a batch, or was about to be, and of which no end is known.
pub(super) fn open_in_batch(record: &CallRecord) -> Option<(&CallAttempt, InBatch)> {
    let last = record.attempts.last().filter(|last| last.is_open())?;
    Some((last, last.batch?))
}

fn without(ledgers: &[Arc<Ledger>], other: &Arc<Ledger>) -> Vec<Arc<Ledger>> {
    let others = ledgers.iter().filter(|ledger| !Arc::ptr_eq(ledger, other));
    others.cloned().collect()
}

impl Services {
    /// Where calls to a model are handed over; none where they are sent by themselves.
    pub(super) fn desk(&self, model: &ResolvedModel) -> Option<Desk> {
        let comparison = self.run.comparison.as_ref()?;
        let is_batched = comparison.batch
            && !self.run.house.models.is_replay()
            && self.run.house.models.takes_batches(model);
        is_batched.then(|| comparison.gathering.desk(self.run.id))
    }

    /// What came of the last attempt at a call out of a batch; none where it was sent in none, or that was never sent. Where
    /// nothing came yet the attempt of the cell ends here, and is begun afresh when something did.
    pub(super) async fn out_of_batch(
        &self,
        record: &mut CallRecord,
        ledgers: &[Arc<Ledger>],
    ) -> Hosted<Option<CameInBatch>> {
        let Some(comparison) = &self.run.comparison else {
            return Ok(None);
        };
        let Some((attempt, place)) = open_in_batch(record) else {
            return Ok(None);
        };
        let answer = match comparison.gathering.take(place) {
            Some(Came::Answer(answer)) => answer,
            Some(Came::Unsent) => return self.was_unsent(record, ledgers).await,
            None => {
                return match self.batch_of(attempt, place).await? {
                    Some(batch) => {
                        comparison.gathering.wait_for(self.run.id, place, batch);
                        Err(Halt::Stopped)
                    }
                    None => self.was_unsent(record, ledgers).await,
                };
            }
        };
        Ok(Some(CameInBatch {
            place: PlaceInBatch {
                batch: place.batch.as_u128(),
                request: place.request,
            },
            sent: attempt.sent,
            answer,
            started_at: attempt.started_at,
            reserved: attempt.counts(),
            held_in: match attempt.comparison == Some(comparison.id) {
                true => ledgers.to_vec(),
                false => without(ledgers, &comparison.ledger),
            },
            before: count(record.attempts.len()) - 1,
        }))
    }

    /// The batch that an attempt was sent in; none where it never was.
    async fn batch_of(&self, attempt: &CallAttempt, place: InBatch) -> Hosted<Option<BatchRecord>> {
        let Some(sender) = attempt.comparison else {
            return Ok(None);
        };
        let batch = self.run.house.store.batch(sender, place.batch).await;
        let batch = batch.map_err(store_halt)?;
        Ok(batch.filter(|batch| batch.state != stepwell_contract::BatchState::Unsent))
    }

    /// The last attempt at a call was written down and never left: it is none.
    async fn was_unsent<T>(
        &self,
        record: &mut CallRecord,
        ledgers: &[Arc<Ledger>],
    ) -> Hosted<Option<T>> {
        if let Some(unsent) = record.attempts.pop() {
            for ledger in ledgers {
                ledger.write_off(unsent.started_at, unsent.counts());
            }
            self.commit(vec![Change::Call(Box::new(record.clone()))])
                .await?;
        }
        Ok(None)
    }
}
