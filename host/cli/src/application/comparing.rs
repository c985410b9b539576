//! Comparisons, wherever they are carried out.

use stepwell_contract::ComparisonId;
use stepwell_engine::{
    CellAddress, CellDetail, ComparisonOutcome, ComparisonSummary, ComparisonView, PromptSummary,
    RateCell, ResumeComparison, StartComparison,
};
use tokio::sync::watch;

use super::{Application, Told, Watching, accompanying};

impl Application {
    pub(crate) async fn comparisons(
        &self,
        before: Option<ComparisonId>,
        limit: Option<usize>,
    ) -> Told<Vec<ComparisonSummary>> {
        ask!(self, comparisons(before, limit))
    }

    pub(crate) async fn find_comparison(&self, given: &str) -> Told<ComparisonId> {
        ask!(self, find_comparison(given))
    }

    pub(crate) async fn comparison(&self, id: ComparisonId) -> Told<ComparisonView> {
        ask!(self, comparison(id))
    }

    pub(crate) async fn comparison_cell(&self, cell: &CellAddress) -> Told<CellDetail> {
        ask!(self, comparison_cell(cell))
    }

    pub(crate) async fn rate_cell(&self, request: RateCell) -> Told<()> {
        match self {
            Self::Here(engine) => Ok(engine.rate_cell(request).await?),
            Self::There(client) => Ok(client.rate_cell(&request).await?),
        }
    }

    pub(crate) async fn promote(
        &self,
        id: ComparisonId,
        number: u32,
        by: String,
    ) -> Told<PromptSummary> {
        match self {
            Self::Here(engine) => Ok(engine.promote(id, number, by).await?),
            Self::There(client) => Ok(client.promote(id, number, &by).await?),
        }
    }

    pub(crate) async fn start_comparison(&self, request: StartComparison) -> Told<ComparisonId> {
        match self {
            Self::Here(engine) => Ok(engine.start_comparison(request).await?),
            Self::There(client) => Ok(client.start_comparison(&request).await?),
        }
    }

    /// Carries a comparison on until it ends, or is stopped.
    pub(crate) async fn resume_comparison(
        &self,
        id: ComparisonId,
        request: ResumeComparison,
        stop: Option<watch::Receiver<bool>>,
    ) -> Told<ComparisonOutcome> {
        match self {
            Self::Here(engine) => Ok(engine.resume_comparison(id, request, stop).await?),
            Self::There(client) => {
                client.resume_comparison(id, &request).await?;
                accompanying::accompany_comparison(client, id, stop).await
            }
        }
    }

    /// Follows a comparison from the event after a cursor on.
    pub(crate) fn follow_comparison(&self, id: ComparisonId, after: u64) -> Watching {
        match self {
            Self::Here(engine) => Watching::Here(engine.follow(id.log(), after)),
            Self::There(client) => Watching::There(client.follow_comparison(id, after)),
        }
    }
}
