//! What a run would probably take, said before it is started, and whether it needs a person's yes.

use stepwell_contract::{Confirmation, Remedy, RunEstimate};
use stepwell_store::RunRecord;

use super::Operations;
use crate::driving::{Asking, estimate, give_documents};
use crate::state::PreparedRun;
use crate::words::{EngineError, Event, RunError, StartRun};

impl Operations {
    pub(super) async fn estimate(&self, request: StartRun) -> Result<RunEstimate, EngineError> {
        let sketch = Self {
            house: self.house.sketch(),
            reach: self.reach.clone(),
        };
        let (prepared, mut record) = sketch.begun(&request, Asking::Later).await?;
        // What doesn't fit is told as it would be at the start.
        give_documents(&sketch.house, &prepared, &mut record, &request.documents)?;
        estimate(&sketch.house, &prepared, &record, &request.documents).await
    }

    /// Keeps with a run what it will probably take; gives what is worth a warning about it.
    ///
    /// # Errors
    /// [`RunError::NotConfirmed`], or the store's.
    pub(super) async fn estimated(
        &self,
        prepared: &PreparedRun,
        record: &mut RunRecord,
        request: &StartRun,
    ) -> Result<Option<Event>, EngineError> {
        let RunEstimate {
            total,
            confirmation,
            ..
        } = estimate(&self.house, prepared, record, &request.documents).await?;
        let mut doubts = None;
        match confirmation {
            Confirmation::Needed { above } if !request.confirmed => {
                return Err(RunError::NotConfirmed {
                    estimate: Box::new(total),
                    above,
                }
                .into());
            }
            Confirmation::Needed { .. } | Confirmation::NotNeeded => {}
            Confirmation::PriceUnknown => {
                doubts = Some(Event::Warning {
                    message: format!(
                        "nobody was asked for a yes: `confirm_above` is in money alone, and the price of {} isn't known",
                        total.unpriced.join(", ")
                    ),
                    remedy: Some(Remedy::PriceModels),
                });
            }
        }
        record.estimate = Some(total).filter(|total| total.asks());
        Ok(doubts)
    }
}
