//! Comparisons, wherever they are carried out.

use stepwell_contract::ComparisonId;
use stepwell_engine::{ComparisonOutcome, ResumeComparison};
use tokio::sync::watch;

use super::{Application, Told, accompanying};

impl Application {
    /// Stops a comparison that another process carries out. Here none is under way.
    pub(crate) async fn stop_comparison(&self, id: ComparisonId) -> Told<()> {
        match self {
            Self::Here(_) => Ok(()),
            Self::There(client) => Ok(client.stop_comparison(id).await?),
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
}
