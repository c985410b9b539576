//! Whose turn a cell is: comparisons that overlap share their cells, and none is asked for twice at the same time (rule E27).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, Weak};

use stepwell_contract::Digest;
use tokio::sync::{Mutex as Turn, OwnedMutexGuard};

use super::lock::lock;

/// The cells that comparisons of this process carry out, by what identifies them. The store admits one process: nobody else
/// carries out any.
#[derive(Debug, Default)]
pub(crate) struct Turns(Mutex<BTreeMap<Digest, Weak<Turn<()>>>>);

impl Turns {
    /// Waits until nobody else carries this cell out. What is known of it has to be read after that. Whoever drops what
    /// they are given, or is ended, lets the next one go on.
    pub(crate) async fn of(&self, cell: &Digest) -> OwnedMutexGuard<()> {
        self.turn(cell).lock_owned().await
    }

    /// Whether somebody carries this cell out at this moment.
    pub(crate) fn is_taken(&self, cell: &Digest) -> bool {
        let turn = lock(&self.0).get(cell).and_then(Weak::upgrade);
        turn.is_some_and(|turn| turn.try_lock().is_err())
    }

    fn turn(&self, cell: &Digest) -> Arc<Turn<()>> {
        let mut turns = lock(&self.0);
        if let Some(turn) = turns.get(cell).and_then(Weak::upgrade) {
            return turn;
        }
        turns.retain(|_, turn| turn.strong_count() > 0);
        let turn = Arc::default();
        turns.insert(*cell, Arc::downgrade(&turn));
        turn
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn a_cell_is_one_persons_turn_and_then_the_next_ones() {
        let turns = Turns::default();
        let [one, other] = ["one", "other"].map(Digest::of);
        let first = turns.of(&one).now_or_never().unwrap();
        assert!(turns.is_taken(&one) && !turns.is_taken(&other));
        let mut second = Box::pin(turns.of(&one));
        assert!(second.as_mut().now_or_never().is_none());
        assert!(turns.of(&other).now_or_never().is_some());
        drop(first);
        assert!(second.now_or_never().is_some());
        assert!(!turns.is_taken(&one));
    }

    #[test]
    fn nothing_is_kept_of_what_is_over() {
        let turns = Turns::default();
        for number in 0..100 {
            drop(turns.of(&Digest::of(number.to_string())).now_or_never());
        }
        assert!(lock(&turns.0).len() <= 1);
    }
}
