//! What can be asked of comparisons, as in [`super::methods`].

use serde_json::json;
use stepwell_contract::ComparisonId;
use stepwell_engine::{
    Ahead, BatchGivenUp, CellAddress, CellAnswer, CellDetail, ComparisonOutcome, ComparisonSummary,
    ComparisonView, ListAnswers, Listed, PromptSummary, RateCell, ResumeComparison,
    StartComparison, Trial,
};

use super::Client;
use super::methods::Told;
use crate::encoding::Address;

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
    ) -> Told<Listed<ComparisonSummary>> {
        self.listed(limit, before, |before, limit| {
            at!["comparisons"]
                .with("before", before)
                .with("limit", limit)
        })
        .await
    }

    pub async fn find_comparison(&self, given: &str) -> Told<ComparisonId> {
        let outcome: ComparisonOutcome = self.get(at!["comparisons", given, "outcome"]).await?;
        Ok(outcome.comparison)
    }

    pub async fn comparison(&self, id: ComparisonId) -> Told<ComparisonView> {
        self.get(at!["comparisons", id]).await
    }

    pub async fn comparison_cell(&self, cell: &CellAddress) -> Told<CellDetail> {
        self.get(of_cell(cell, "cell")).await
    }

    pub async fn comparison_answers(&self, wanted: &ListAnswers) -> Told<Vec<CellAnswer>> {
        let cases: Vec<String> = wanted.cases.iter().map(u32::to_string).collect();
        let answers = at!["comparisons", wanted.comparison, "answers"]
            .with("cases", Some(cases.join(",")))
            .with("repeat", wanted.repeat);
        self.get(answers).await
    }

    pub async fn rate_cell(&self, request: RateCell) -> Told<()> {
        let RateCell {
            cell,
            score,
            comment,
            by,
        } = request;
        let body = json!({ "score": score, "comment": comment, "by": by });
        self.tell(of_cell(&cell, "rating"), &body).await
    }

    pub async fn start_comparison(&self, request: StartComparison) -> Told<ComparisonId> {
        let view: ComparisonView = self.change(at!["comparisons"], &request).await?;
        Ok(view.summary.id)
    }

    pub async fn start_trial(&self, trial: Trial) -> Told<ComparisonId> {
        let view: ComparisonView = self.change(at!["trials"], &trial).await?;
        Ok(view.summary.id)
    }

    pub async fn look_at_trial(&self, trial: Trial) -> Told<Ahead> {
        self.change(at!["trials", "prompt"], &trial).await
    }

    pub async fn resume_comparison(
        &self,
        id: ComparisonId,
        request: &ResumeComparison,
    ) -> Told<()> {
        self.tell(at!["comparisons", id, "resume"], request).await
    }

    pub async fn comparison_at_rest(&self, id: ComparisonId) -> Told<ComparisonOutcome> {
        let address = at!["comparisons", id, "outcome"];
        self.get(address.with("wait", Some(true))).await
    }

    pub async fn stop_comparison(&self, id: ComparisonId) -> Told<()> {
        self.tell(at!["comparisons", id, "stop"], &()).await
    }

    pub async fn give_up_batches(&self, id: ComparisonId) -> Told<Vec<BatchGivenUp>> {
        self.change(at!["comparisons", id, "give-up-batches"], &json!({}))
            .await
    }

    pub async fn promote(&self, id: ComparisonId, number: u32, by: String) -> Told<PromptSummary> {
        let body = json!({ "number": number, "by": by });
        self.change(at!["comparisons", id, "promote"], &body).await
    }
}

fn of_cell(cell: &CellAddress, what: &str) -> Address {
    at!["comparisons", cell.comparison, what]
        .with("case", Some(cell.case))
        .with("variant", Some(cell.variant))
        .with("repeat", Some(cell.repeat))
}
