//! What a person does with a comparison: rates what came of a cell, and makes the better version current.

use stepwell_contract::amounts::count;
use stepwell_contract::{ComparisonId, ComparisonState, Rating};
use stepwell_store::{Change, ComparisonRecord};

use super::Comparing;
use crate::words::{
    CellAddress, ComparisonError, EngineError, PromptSummary, RateCell, UseVersion, prompt_name,
};

impl Comparing {
    /// Keeps what a person says of a cell.
    pub(crate) async fn rate_cell(&self, request: RateCell) -> Result<(), EngineError> {
        if request.score.is_some_and(|score| !(1..=5).contains(&score)) {
            return Err(ComparisonError::Rating.into());
        }
        let record = self.comparison_record(request.cell.comparison).await?;
        let place = place_of(&record, &request.cell)?;
        let cell = record.cells[place];
        let cells = self.house.store.cells(&[cell]).await?;
        if cells.iter().all(Option::is_none) {
            return Err(ComparisonError::NoOutcome {
                comparison: record.id,
            }
            .into());
        }
        let rating = request.score.map(|score| Rating {
            score,
            comment: request.comment,
            by: request.by,
            at: self.house.now(),
        });
        let change = Change::Rating { cell, rating };
        self.house.store.commit(vec![change]).await?;
        Ok(())
    }

    /// Makes a version of the compared prompt current, with the comparison as the reason.
    pub(crate) async fn promote(
        &self,
        id: ComparisonId,
        number: u32,
        by: String,
    ) -> Result<PromptSummary, EngineError> {
        let view = self.comparison(id).await?;
        let variant = view
            .variants
            .iter()
            .find(|variant| variant.version == Some(number));
        let (Some(prompt), Some(variant)) = (view.summary.prompt, variant) else {
            return Err(ComparisonError::NotCompared {
                comparison: id,
                number,
            }
            .into());
        };
        let name = prompt_name(&prompt)?;
        let reason = variant
            .numbers
            .against_baseline
            .as_ref()
            .map(|against| against.sentence.clone())
            .unwrap_or_default();
        let prompt = self
            .house
            .use_prompt_version(UseVersion {
                name,
                number,
                by,
                reason,
                comparison: Some(id),
            })
            .await?;
        // Who carries it on has its record, and writes down there what became of it.
        if !self.house.is_active(id) {
            let mut record = self.comparison_record(id).await?;
            record.promoted = Some(number);
            let change = Change::Comparison(Box::new(record));
            self.house.store.commit(vec![change]).await?;
        }
        Ok(prompt)
    }

    /// Makes the better version of a comparison that has ended current, if somebody wishes it and there is one.
    pub(super) async fn promote_as_wished(
        &self,
        record: &mut ComparisonRecord,
    ) -> Result<(), EngineError> {
        if record.state != ComparisonState::Finished {
            return Ok(());
        }
        let Some(by) = record.promote_for.clone() else {
            return Ok(());
        };
        let view = self.comparison(record.id).await?;
        let winner = view.winner().and_then(|winner| winner.version);
        if let Some(number) = winner {
            self.promote(record.id, number, by).await?;
        }
        record.promoted = winner.or(record.promoted);
        record.promote_for = None;
        Ok(())
    }
}

/// Where a cell stands among those of its comparison.
pub(super) fn place_of(
    record: &ComparisonRecord,
    address: &CellAddress,
) -> Result<usize, EngineError> {
    let (case, variant) = (address.case as usize, address.variant as usize);
    let there = case < record.case_ids.len()
        && variant < record.variants.len()
        && (1..=record.repeats).contains(&address.repeat);
    if there {
        return Ok(record.place(case, variant, address.repeat as usize - 1));
    }
    Err(ComparisonError::NoSuchCell {
        comparison: record.id,
        cases: count(record.case_ids.len()),
        variants: count(record.variants.len()),
        repeats: record.repeats,
    }
    .into())
}
