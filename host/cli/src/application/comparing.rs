//! Comparisons, wherever they are carried out.

use stepwell_contract::ComparisonId;
use stepwell_engine::{ComparisonOutcome, ResumeComparison};
use tokio::sync::watch;

use super::{Application, Told, Watching, accompanying};

impl Application {
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
