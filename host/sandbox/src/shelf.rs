//! The plugins that are at hand: loaded once for all who ask, and dropped when they are too many and nobody uses them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lru::LruCache;
use stepwell_contract::Digest;
use tokio::sync::OnceCell;

/// A plugin that somebody loads, or has loaded: whoever comes second waits for the first.
pub(crate) type Loading<P> = Arc<OnceCell<Arc<P>>>;

/// The plugins that are at hand, by the digest of their component.
pub(crate) struct Shelf<P> {
    plugins: Mutex<LruCache<Digest, Loading<P>>>,
    /// How many plugins may be kept that nobody uses, together with those that are used.
    most: usize,
    /// How many bytes their machine code may have.
    most_bytes: u64,
    bytes_of: fn(&P) -> u64,
}

impl<P> Shelf<P> {
    pub(crate) fn new(most: usize, most_bytes: u64, bytes_of: fn(&P) -> u64) -> Self {
        Self {
            plugins: Mutex::new(LruCache::unbounded()),
            most,
            most_bytes,
            bytes_of,
        }
    }

    /// A plugin that is to be loaded, unless it is.
    pub(crate) fn loading(&self, digest: Digest) -> Loading<P> {
        let mut plugins = self.plugins();
        Arc::clone(plugins.get_or_insert(digest, Loading::default))
    }

    /// A plugin that is loaded.
    pub(crate) fn get(&self, digest: &Digest) -> Option<Arc<P>> {
        self.plugins().get(digest)?.get().cloned()
    }

    /// Forgets a plugin that could not be loaded. Whoever waits for the same one tries for themselves.
    pub(crate) fn forget(&self, digest: &Digest) {
        let mut plugins = self.plugins();
        if plugins
            .peek(digest)
            .is_some_and(|cell| cell.get().is_none())
        {
            plugins.pop(digest);
        }
    }

    /// Drops what was used least recently, as long as there is too much. What somebody uses or loads stays.
    pub(crate) fn tidy(&self) {
        let mut plugins = self.plugins();
        let sizes = plugins.iter().filter_map(|(_, plugin)| plugin.get());
        let mut bytes: u64 = sizes.map(|plugin| (self.bytes_of)(plugin)).sum();
        let mut count = plugins.len();
        let mut dropped = Vec::new();
        // The one that was asked for last is about to be used.
        let others = plugins.len().saturating_sub(1);
        for (digest, plugin) in plugins.iter().rev().take(others) {
            if count <= self.most && bytes <= self.most_bytes {
                break;
            }
            let unused = plugin.get().filter(|plugin| Arc::strong_count(plugin) == 1);
            if let Some(unused) = unused.filter(|_| Arc::strong_count(plugin) == 1) {
                count -= 1;
                bytes -= (self.bytes_of)(unused);
                dropped.push(*digest);
            }
        }
        for digest in dropped {
            plugins.pop(&digest);
        }
    }

    fn plugins(&self) -> MutexGuard<'_, LruCache<Digest, Loading<P>>> {
        // Nobody leaves it half changed.
        self.plugins.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(shelf: &Shelf<u64>, name: u64, bytes: u64) -> Digest {
        let digest = Digest::of(name.to_string());
        let loading = shelf.loading(digest);
        let _ = loading.set(Arc::new(bytes));
        drop(loading);
        shelf.tidy();
        digest
    }

    #[test]
    fn ten_thousand_plugins_are_not_kept() {
        let shelf = Shelf::new(16, 1000, |bytes| *bytes);
        let first = put(&shelf, 0, 10);
        let held = shelf.get(&first);
        for name in 1..10_000 {
            put(&shelf, name, 10);
            assert!(shelf.plugins().len() <= 16);
        }
        // Whoever uses one has it, however long ago they asked for it.
        assert!(shelf.get(&first).is_some());
        drop(held);
        for name in 0..100 {
            put(&shelf, 20_000 + name, 10);
        }
        assert_eq!(shelf.get(&first), None);
    }

    #[test]
    fn few_large_ones_are_too_many_too() {
        let shelf = Shelf::new(16, 1000, |bytes| *bytes);
        let (one, two) = (put(&shelf, 1, 400), put(&shelf, 2, 400));
        assert!(shelf.get(&one).is_some());
        let three = put(&shelf, 3, 400);
        // The one that nobody asked for for the longest time goes.
        assert_eq!(shelf.get(&two), None);
        assert!(shelf.get(&one).is_some() && shelf.get(&three).is_some());
        // One that is larger than all there may be is kept until the next comes.
        let huge = put(&shelf, 4, 5000);
        assert!(shelf.get(&huge).is_some());
        put(&shelf, 5, 10);
        assert_eq!(shelf.get(&huge), None);
    }

    #[test]
    fn one_that_is_being_loaded_stays_and_one_that_failed_is_forgotten() {
        let shelf = Shelf::<u64>::new(1, 1000, |bytes| *bytes);
        let digest = Digest::of("slow");
        let loading = shelf.loading(digest);
        put(&shelf, 1, 10);
        put(&shelf, 2, 10);
        assert!(Arc::ptr_eq(&loading, &shelf.loading(digest)));
        shelf.forget(&digest);
        assert!(!Arc::ptr_eq(&loading, &shelf.loading(digest)));
    }
}
