//! A batch of which nobody knows whether its provider took it: looked for there.

use stepwell_llm::{BatchFound, BatchOffice, BatchProblem};
use stepwell_store::BatchRecord;

/// Looks for it once.
pub(crate) async fn found(
    office: BatchOffice<'_>,
    batch: &BatchRecord,
) -> Result<BatchFound, BatchProblem> {
    let id = batch.id.as_u128();
    office.find(id, batch.requests, batch.created_at).await
}
