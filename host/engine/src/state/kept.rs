//! What is kept at hand so that it needn't be made again, up to a number.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use lru::LruCache;
use stepwell_contract::Digest;

use super::lock::lock;

/// The things of one kind that were used last, by the digest of all that they depend on.
///
/// Whoever uses one has it for as long as they need it; what is dropped here is made again when somebody asks.
pub(crate) struct Kept<T>(Mutex<LruCache<Digest, Arc<T>>>);

impl<T> Kept<T> {
    pub(crate) fn new(most: NonZeroUsize) -> Self {
        Self(Mutex::new(LruCache::new(most)))
    }

    pub(crate) fn get(&self, digest: &Digest) -> Option<Arc<T>> {
        lock(&self.0).get(digest).cloned()
    }

    pub(crate) fn keep(&self, digest: Digest, thing: Arc<T>) {
        lock(&self.0).put(digest, thing);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_thousand_things_are_not_kept() {
        let kept = Kept::new(NonZeroUsize::new(10).unwrap());
        let digest = |number: usize| Digest::of(number.to_string());
        let things: Vec<Arc<usize>> = (0..10_000).map(Arc::new).collect();
        for (number, thing) in things.iter().enumerate() {
            kept.keep(digest(number), Arc::clone(thing));
            assert!(kept.get(&digest(0)).is_some());
        }
        let at_hand = things.iter().filter(|thing| Arc::strong_count(thing) > 1);
        assert_eq!(at_hand.count(), 10);
        // The one that was asked for all the time is among them.
        assert_eq!(kept.get(&digest(0)).as_deref(), Some(&0));
    }
}
