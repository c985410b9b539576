//! Runs, a page at a time: a store may hold more than anybody would keep in memory at once.

use stepwell_contract::RunId;
use stepwell_store::{Gaps, LeftOut, RunRecord, Store, StoreError};

/// The most records on one page.
const PAGE: usize = 200;

/// Where the reading of runs is.
#[derive(Default)]
pub(crate) struct RunPages {
    before: Option<RunId>,
    ended: bool,
    left_out: LeftOut,
}

impl RunPages {
    /// Those that began before a run; none is all.
    pub(crate) fn before(run: Option<RunId>) -> Self {
        Self {
            before: run,
            ended: false,
            left_out: LeftOut::default(),
        }
    }

    /// How many on the pages so far can't be read.
    pub(crate) fn unreadable(&self) -> u64 {
        self.left_out.count()
    }

    /// The next page, newest first, of no more than `most`; none after the last.
    pub(crate) async fn next(
        &mut self,
        store: &dyn Store,
        most: usize,
    ) -> Result<Option<Vec<RunRecord>>, StoreError> {
        if self.ended {
            return Ok(None);
        }
        let most = most.min(PAGE);
        let gaps = Gaps::Count(self.left_out.clone());
        let page = store.runs(self.before, Some(most), gaps).await?;
        self.ended = page.len() < most;
        self.before = page.last().map(|run| run.id);
        Ok(Some(page))
    }
}
