//! What cells were answered, for many of them at once: nothing is read that a matrix doesn't show.

use std::collections::BTreeSet;

use stepwell_comparison::{CellAnswer, TextOf};
use stepwell_contract::amounts::count;
use stepwell_store::{CellRecord, Gaps, Scope};

use super::Comparing;
use super::deciding::place_of;
use crate::words::{CellAddress, EngineError, ListAnswers};

/// The case, the variant and the repeat of a cell.
type Which = (u32, u32, u32);

impl Comparing {
    /// What the cells of some cases were answered.
    pub(crate) async fn comparison_answers(
        &self,
        wanted: &ListAnswers,
    ) -> Result<Vec<CellAnswer>, EngineError> {
        let record = self.comparison_record(wanted.comparison).await?;
        // A case that is named twice is told once.
        let cases: BTreeSet<u32> = wanted.cases.iter().copied().collect();
        let repeats = match wanted.repeat {
            Some(repeat) => repeat..=repeat,
            None => 1..=record.repeats,
        };
        let (mut which, mut identities) = (Vec::new(), Vec::new());
        for case in cases {
            for variant in 0..count(record.variants.len()) {
                for repeat in repeats.clone() {
                    let address = CellAddress {
                        comparison: record.id,
                        case,
                        variant,
                        repeat,
                    };
                    identities.push(record.cells[place_of(&record, &address)?]);
                    which.push((case, variant, repeat));
                }
            }
        }
        let cells = self.house.store.cells(&identities).await?;
        let mut answers = Vec::new();
        for (which, cell) in which.into_iter().zip(cells) {
            if let Some(cell) = cell {
                answers.extend(self.cell_answer(which, &cell).await?);
            }
        }
        Ok(answers)
    }

    async fn cell_answer(
        &self,
        which: Which,
        cell: &CellRecord,
    ) -> Result<Option<CellAnswer>, EngineError> {
        let scope = Scope::of_run(cell.execution.run, Gaps::LeaveOut);
        let mut calls = self.house.store.calls(scope).await?;
        calls.sort_by_key(|call| call.sequence);
        for (place, call) in calls.iter().enumerate().rev() {
            let answer = self.house.answer_of(call).await?;
            if let Some(text) = answer.filter(|text| !text.is_empty()) {
                let answer = CellAnswer::new(which, TextOf::Answer(place), &text);
                return Ok(Some(answer));
            }
        }
        let execution = self.house.store.execution(&cell.execution).await?;
        let documents = execution.map(|execution| execution.documents);
        let Some((name, digest)) = documents.and_then(|mut documents| documents.pop_first()) else {
            return Ok(None);
        };
        let text = self.house.text(&digest).await?;
        Ok(Some(CellAnswer::new(which, TextOf::Document(&name), &text)))
    }
}
