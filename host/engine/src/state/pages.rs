//! All runs, a page at a time: a store may hold more than anybody would keep in memory at once.

use stepwell_contract::RunId;
use stepwell_store::{RunFilter, RunRecord, Store, StoreError};

/// Records on one page.
const PAGE: usize = 200;

/// Where the reading of runs is.
#[derive(Default)]
pub(crate) struct RunPages {
    before: Option<RunId>,
    ended: bool,
}

impl RunPages {
    /// The next page, newest first; none after the last.
    pub(crate) async fn next(
        &mut self,
        store: &dyn Store,
    ) -> Result<Option<Vec<RunRecord>>, StoreError> {
        if self.ended {
            return Ok(None);
        }
        let filter = RunFilter {
            before: self.before,
            limit: Some(PAGE),
        };
        let page = store.runs(filter).await?;
        self.ended = page.len() < PAGE;
        self.before = page.last().map(|run| run.id);
        Ok(Some(page))
    }
}
