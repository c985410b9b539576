//! Waiting for what comes by itself.

use std::time::{Duration, Instant};

/// Nothing takes so long, unless it never comes.
const LONG: Duration = Duration::from_secs(60);

/// Looks until there is something, and gives it.
#[track_caller]
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(started.elapsed() < LONG, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
