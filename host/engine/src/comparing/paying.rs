//! What a comparison costs: what it has sent itself, whichever comparison a cell belongs to.

use std::collections::BTreeMap;
use std::sync::Arc;

use stepwell_contract::{ComparisonId, RunId};
use stepwell_llm::Ledger;
use stepwell_store::{CallAttempt, CallRecord, CellRecord, ComparisonRecord, Gaps, Scope};

use super::Comparing;
use super::cells::KeptCase;
use crate::state::ledger;
use crate::words::EngineError;

impl Comparing {
    /// What the whole may cost, with what its cells have spent already.
    pub(super) async fn comparison_ledger(
        &self,
        record: &ComparisonRecord,
        cases: &[KeptCase],
    ) -> Result<Arc<Ledger>, EngineError> {
        let mut calls = Vec::new();
        let has_cap = record.budget != stepwell_contract::Budget::default();
        if has_cap {
            calls = self.own_calls(record, cases, Gaps::Refuse).await?;
        }
        let name = match record.improvement {
            Some(improvement) => {
                if has_cap {
                    let others = self.paid_by_others(improvement, record.id, Gaps::Refuse);
                    calls.extend(others.await?);
                }
                "budget of the improvement"
            }
            None => "budget of the comparison",
        };
        Ok(ledger(name, "--max-", record.budget, &calls))
    }

    /// What a comparison has sent itself.
    pub(super) async fn own_calls(
        &self,
        record: &ComparisonRecord,
        cases: &[KeptCase],
        gaps: Gaps,
    ) -> Result<Vec<CallRecord>, EngineError> {
        let cells = self.house.store.cells(&record.cells).await?;
        let verdicts = self.verdict_cells(record, cases).await?;
        let all = cells.into_iter().flatten().chain(verdicts);
        self.paid_calls(record.id, all, gaps).await
    }

    /// What of the calls of some cells a comparison has sent itself. What another one sent costs this one nothing.
    pub(super) async fn paid_calls(
        &self,
        comparison: ComparisonId,
        cells: impl IntoIterator<Item = CellRecord>,
        gaps: Gaps,
    ) -> Result<Vec<CallRecord>, EngineError> {
        let runs: BTreeMap<RunId, ComparisonId> = (cells.into_iter())
            .map(|cell| (cell.execution.run, cell.comparison))
            .collect();
        let mut calls = Vec::new();
        for (run, made_by) in runs {
            let of_run = self
                .house
                .store
                .calls(Scope::of_run(run, gaps.clone()))
                .await?;
            calls.extend(paid_of(comparison, made_by, of_run));
        }
        Ok(calls)
    }
}

/// What of the calls of a cell a comparison has sent itself: those attempts alone. `made_by` is the comparison that the cell
/// belongs to.
pub(super) fn paid_of(
    comparison: ComparisonId,
    made_by: ComparisonId,
    mut calls: Vec<CallRecord>,
) -> Vec<CallRecord> {
    for call in &mut calls {
        let paid_by = |attempt: &CallAttempt| attempt.comparison.unwrap_or(made_by);
        call.attempts
            .retain(|attempt| paid_by(attempt) == comparison);
    }
    calls.retain(|call| !call.attempts.is_empty());
    calls
}
