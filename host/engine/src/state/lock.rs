//! One way to lock what is shared for a moment.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks a mutex whose holders never leave its value half changed, so that a panic elsewhere doesn't spread.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
