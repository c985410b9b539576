//! What a comparison wants of the others while it is carried out (rule E27).

use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use stepwell_contract::{ComparisonId, Digest};
use tokio::sync::watch;

use crate::driving::told_to_stop;
use crate::state::{CellWork, House};

/// The wishes of a comparison that is carried out, for as long as it is.
pub(super) struct Wishing {
    house: Arc<House>,
    comparison: ComparisonId,
}

impl Wishing {
    pub(super) fn of(house: &Arc<House>, comparison: ComparisonId, cells: &[Digest]) -> Self {
        house.wishes.add(comparison, cells.iter().copied());
        Self {
            house: Arc::clone(house),
            comparison,
        }
    }

    /// Takes them back. What others left for this comparison alone has sent its last call: that is waited for, unless this
    /// one is stopped, too.
    pub(super) async fn end(self, mut stop: Option<watch::Receiver<bool>>) {
        let unwanted = self.house.wishes.take_back(self.comparison);
        let mut unwanted: FuturesUnordered<CellWork> = unwanted.into_iter().collect();
        tokio::select! {
            () = async { while unwanted.next().await.is_some() {} } => {}
            () = told_to_stop(&mut stop) => {}
        }
        for work in unwanted {
            work.drop_it().await;
        }
    }
}

impl Drop for Wishing {
    fn drop(&mut self) {
        drop(self.house.wishes.take_back(self.comparison));
    }
}
