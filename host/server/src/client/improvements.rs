//! What can be asked of improvements of prompts, as in [`super::methods`].

use stepwell_contract::ImprovementId;
use stepwell_engine::{
    AdvanceImprovement, ImprovementStep, ImprovementSummary, ImprovementView, Listed,
    StartImprovement,
};

use super::Client;
use super::methods::Told;

#[allow(
    missing_docs,
    reason = "the engine's methods of the same names say what each does"
)]
#[allow(clippy::missing_errors_doc)]
impl Client {
    pub async fn improvements(
        &self,
        before: Option<ImprovementId>,
        limit: Option<usize>,
    ) -> Told<Listed<ImprovementSummary>> {
        self.listed(limit, before, |before, limit| {
            at!["improvements"]
                .with("before", before)
                .with("limit", limit)
        })
        .await
    }

    pub async fn find_improvement(&self, given: &str) -> Told<ImprovementId> {
        let view: ImprovementView = self.get(at!["improvements", given]).await?;
        Ok(view.summary.id)
    }

    pub async fn improvement(&self, id: ImprovementId) -> Told<ImprovementView> {
        self.get(at!["improvements", id]).await
    }

    pub async fn start_improvement(&self, request: StartImprovement) -> Told<ImprovementId> {
        let view: ImprovementView = self.change(at!["improvements"], &request).await?;
        Ok(view.summary.id)
    }

    pub async fn advance_improvement(
        &self,
        id: ImprovementId,
        request: AdvanceImprovement,
    ) -> Told<ImprovementStep> {
        self.change(at!["improvements", id, "advance"], &request)
            .await
    }

    pub async fn remove_improvement(&self, id: ImprovementId) -> Told<()> {
        self.tell(at!["improvements", id, "remove"], &()).await
    }
}
