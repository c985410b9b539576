//! Comparisons that go, with the cells that they made.
//!
//! What a comparison took over from others stays with these. Nothing here frees a blob.

use std::collections::BTreeSet;

use stepwell_contract::{ComparisonId, Digest, Undertaking};
use stepwell_store::{CellRecord, Change, ComparisonRecord, Gaps};

use super::Comparing;
use crate::words::{
    ComparisonError, EngineError, RemoveComparisons, RemovedComparison, RemovedComparisons,
};

impl Comparing {
    pub(crate) async fn remove_comparisons(
        &self,
        request: RemoveComparisons,
    ) -> Result<RemovedComparisons, EngineError> {
        let going: BTreeSet<_> = request.comparisons.into_iter().collect();
        let survey = self.house.store.survey().await?;
        let mut leaving = survey.leaving();
        let before = leaving.freed();
        let mut staying = self
            .house
            .store
            .comparisons(None, None, Gaps::LeaveOut)
            .await?;
        staying.retain(|other| !going.contains(&other.id));
        let cells = self.house.store.all_cells().await?;
        let mut comparisons = Vec::new();
        let unfinished = self.unfinished_improvements().await?;
        for id in &going {
            let record = self.comparison_record(*id).await?;
            if let Some(improvement) = record.improvement.filter(|it| unfinished.contains(it)) {
                return Err(ComparisonError::OfImprovement {
                    comparison: *id,
                    improvement,
                }
                .into());
            }
            let made: Vec<_> = cells.iter().filter(|cell| cell.comparison == *id).collect();
            self.may_go(&record, &made, &staying)?;
            leaving.add(Undertaking::from(*id).log());
            for cell in &made {
                leaving.add(cell.execution.run);
            }
            comparisons.push(RemovedComparison {
                comparison: *id,
                step: record.step,
                cells: made.len() as u64,
                created_at: record.created_at,
            });
        }
        if !request.only_say {
            for id in &going {
                self.remove_comparison(*id).await?;
            }
        }
        let freed = leaving.freed();
        Ok(RemovedComparisons {
            comparisons,
            blobs: freed.blobs - before.blobs,
            bytes: freed.bytes - before.bytes,
        })
    }

    /// Says why a comparison can't go: it is under way, or another one that stays uses what it made.
    fn may_go(
        &self,
        record: &ComparisonRecord,
        made: &[&CellRecord],
        staying: &[ComparisonRecord],
    ) -> Result<(), ComparisonError> {
        let comparison = record.id;
        if self.house.is_active(comparison) {
            return Err(ComparisonError::UnderWay { comparison });
        }
        let own: BTreeSet<&Digest> = record.cells.iter().collect();
        let made: BTreeSet<&Digest> = made.iter().map(|cell| &cell.identity).collect();
        // A verdict is found by the outcome that it is of: whoever has that outcome may have the verdict, too.
        let has_verdicts = !made.is_subset(&own);
        let is_used = |cell: &Digest| made.contains(cell) || has_verdicts && own.contains(cell);
        let mut users = staying.iter();
        match users.find(|other| other.cells.iter().any(is_used)) {
            Some(by) => Err(ComparisonError::StoodOn {
                comparison,
                by: by.id,
            }),
            None => Ok(()),
        }
    }

    async fn remove_comparison(&self, id: ComparisonId) -> Result<(), EngineError> {
        // Nobody takes it up meanwhile.
        let _active = self.marked(id)?;
        // Nobody will want its answers.
        for batch in self.give_up_batches(id).await? {
            if let Some(problem) = batch.problem {
                let name = batch.batch.unwrap_or_default();
                tracing::warn!(
                    "the batch {name} at {} could not be cancelled: {problem}",
                    batch.provider
                );
            }
        }
        let change = Change::RemoveComparison(id);
        self.house.store.commit(vec![change]).await?;
        Ok(())
    }
}
