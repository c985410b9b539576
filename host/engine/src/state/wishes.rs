//! Which comparisons want a cell: what one of them has sent for it is not dropped for as long as another one waits for it
//! (rule E27).
//!
//! It knows nothing of how a cell is carried out, nor whose turn it is.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll};

use stepwell_contract::{ComparisonId, Digest, Problem};
use tokio::task::JoinHandle;

use super::lock::lock;
use crate::words::EngineError;

/// How the work at a cell ended: with what kept it from an outcome, if anything.
pub(crate) type CellEnd = Result<Option<Problem>, EngineError>;

/// The work at one cell, in a task that ends with it. It is waited for as a future.
#[derive(Debug)]
pub(crate) struct CellWork {
    cell: Digest,
    task: JoinHandle<CellEnd>,
}

impl CellWork {
    pub(crate) fn begin(
        cell: Digest,
        work: impl Future<Output = CellEnd> + Send + 'static,
    ) -> Self {
        let task = tokio::spawn(work);
        Self { cell, task }
    }

    /// Ends it where it is, and waits until nothing of it is under way.
    pub(crate) async fn drop_it(mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
    }
}

impl Future for CellWork {
    type Output = CellEnd;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<CellEnd> {
        let ended = Pin::new(&mut self.task).poll(context);
        ended.map(|ended| {
            ended.unwrap_or_else(|error| {
                let reason = error.to_string();
                Err(EngineError::Bug { reason })
            })
        })
    }
}

impl Drop for CellWork {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The cells that comparisons under way have yet to get an outcome of, by what identifies them.
#[derive(Debug, Default)]
pub(crate) struct Wishes(Mutex<BTreeMap<Digest, Wish>>);

#[derive(Debug, Default)]
struct Wish {
    by: BTreeSet<ComparisonId>,
    /// What comparisons that were stopped have left to those who still want the cell.
    left: Vec<CellWork>,
}

impl Wishes {
    /// A comparison wants these cells from now on.
    pub(crate) fn add(&self, comparison: ComparisonId, cells: impl IntoIterator<Item = Digest>) {
        let mut wishes = lock(&self.0);
        for cell in cells {
            wishes.entry(cell).or_default().by.insert(comparison);
        }
    }

    /// A comparison wants nothing any more. Gives what was left for it and nobody else wants.
    pub(crate) fn take_back(&self, comparison: ComparisonId) -> Vec<CellWork> {
        let mut unwanted = Vec::new();
        lock(&self.0).retain(|_, wish| {
            if wish.by.remove(&comparison) && wish.by.is_empty() {
                unwanted.append(&mut wish.left);
            }
            !wish.by.is_empty()
        });
        unwanted
    }

    /// Leaves the work of a comparison to the others that want its cell. Gives it back where none does.
    pub(crate) fn leave(&self, comparison: ComparisonId, work: CellWork) -> Option<CellWork> {
        let mut wishes = lock(&self.0);
        let wish = wishes.get_mut(&work.cell);
        match wish.filter(|wish| wish.by.iter().any(|other| *other != comparison)) {
            Some(wish) => {
                wish.left.push(work);
                None
            }
            None => Some(work),
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn endless(cell: &str) -> CellWork {
        CellWork::begin(Digest::of(cell), std::future::pending())
    }

    #[tokio::test]
    async fn work_is_left_to_whoever_wants_its_cell_and_given_back_with_the_last_wish() {
        let [one, other] = [1, 2].map(|number| ComparisonId(Uuid::from_u128(number)));
        let wishes = Wishes::default();
        wishes.add(one, ["salt", "corn"].map(Digest::of));
        wishes.add(other, ["salt", "corn", "mint"].map(Digest::of));
        assert!(wishes.leave(one, endless("milk")).is_some());
        assert!(wishes.leave(other, endless("mint")).is_some(), "it alone");
        assert!(wishes.leave(one, endless("salt")).is_none());
        assert!(wishes.leave(one, endless("mint")).is_none());
        assert!(wishes.take_back(one).is_empty(), "another one wants it");
        let unwanted = wishes.take_back(other);
        assert_eq!(unwanted.len(), 2);
        assert!(wishes.leave(one, endless("salt")).is_some());
        for work in unwanted {
            work.drop_it().await;
        }
        assert!(
            lock(&wishes.0).is_empty(),
            "nothing is kept of what is over"
        );
    }
}
