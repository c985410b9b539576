//! What can be asked of comparisons, as in [`super::methods`].

use serde_json::json;
use stepwell_contract::ComparisonId;
use stepwell_engine::{
    CellAddress, CellDetail, ComparisonOutcome, ComparisonSummary, ComparisonView, PromptSummary,
    RateCell, ResumeComparison, StartComparison,
};

use super::methods::Told;
use super::{Address, Client};

#[allow(
    missing_docs,
    reason = "the engine's methods of the same names say what each does"
)]
#[allow(clippy::missing_errors_doc)]
impl Client {
    pub async fn comparisons(
        &self,
        before: Option<ComparisonId>,
        limit: Option<usize>,
    ) -> Told<Vec<ComparisonSummary>> {
        let before = before.map(|id| id.to_string());
        self.parts(limit.unwrap_or(usize::MAX), before, |before, limit| {
            Address::of(["comparisons"])
                .with("before", before)
                .with("limit", Some(limit))
        })
        .await
    }

    pub async fn find_comparison(&self, given: &str) -> Told<ComparisonId> {
        let outcome: ComparisonOutcome = self
            .get(Address::of(["comparisons", given, "outcome"]))
            .await?;
        Ok(outcome.comparison)
    }

    pub async fn comparison(&self, id: ComparisonId) -> Told<ComparisonView> {
        self.get(Address::of(["comparisons", &id.to_string()]))
            .await
    }

    pub async fn comparison_cell(&self, cell: &CellAddress) -> Told<CellDetail> {
        self.get(of_cell(cell, "cell")).await
    }

    pub async fn rate_cell(&self, request: RateCell) -> Told<()> {
        let RateCell {
            cell,
            score,
            comment,
            by,
        } = request;
        let body = json!({ "score": score, "comment": comment, "by": by });
        let address = of_cell(&cell, "rating");
        self.tell(address, &body).await
    }

    pub async fn start_comparison(&self, request: StartComparison) -> Told<ComparisonId> {
        let view: ComparisonView = self.change(Address::of(["comparisons"]), &request).await?;
        Ok(view.summary.id)
    }

    pub async fn resume_comparison(
        &self,
        id: ComparisonId,
        request: &ResumeComparison,
    ) -> Told<()> {
        let address = Address::of(["comparisons", &id.to_string(), "resume"]);
        self.tell(address, request).await
    }

    pub async fn comparison_at_rest(&self, id: ComparisonId) -> Told<ComparisonOutcome> {
        let address = Address::of(["comparisons", &id.to_string(), "outcome"]);
        self.get(address.with("wait", Some(true))).await
    }

    pub async fn stop_comparison(&self, id: ComparisonId) -> Told<()> {
        let address = Address::of(["comparisons", &id.to_string(), "stop"]);
        self.tell(address, &json!(null)).await
    }

    pub async fn promote(&self, id: ComparisonId, number: u32, by: String) -> Told<PromptSummary> {
        let address = Address::of(["comparisons", &id.to_string(), "promote"]);
        self.change(address, &json!({ "number": number, "by": by }))
            .await
    }
}

fn of_cell(cell: &CellAddress, what: &str) -> Address {
    Address::of(["comparisons", &cell.comparison.to_string(), what])
        .with("case", Some(cell.case))
        .with("variant", Some(cell.variant))
        .with("repeat", Some(cell.repeat))
}
