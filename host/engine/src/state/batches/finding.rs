//! A batch of which nobody knows whether its provider took it: looked for there.

use stepwell_llm::{BatchFound, BatchOffice, BatchProblem};
use stepwell_store::BatchRecord;

/// Looks for it. A list may lag behind what was just taken: only the second look that finds nothing is believed.
pub(crate) async fn found(
    office: BatchOffice<'_>,
    batch: &BatchRecord,
) -> Result<BatchFound, BatchProblem> {
    let look = || office.find(batch.id.as_u128(), batch.requests, batch.created_at);
    match look().await? {
        BatchFound::NotThere => {
            tokio::time::sleep(office.pause()).await;
            look().await
        }
        found => Ok(found),
    }
}
