//! How fast a provider may be asked: requests at once, and requests in a minute.
//!
//! What a provider's answers say of its own limits is the business of the retries.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

const MINUTE: Duration = Duration::from_secs(60);

/// The pace of one provider, shared by all its models.
#[derive(Debug)]
pub(crate) struct Pace {
    at_once: Semaphore,
    in_a_minute: Option<usize>,
    /// When the last requests were sent, oldest first, at most `in_a_minute` of them. A window that slides
    /// keeps the promise for every minute; buckets that refill let twice as many through at their edges.
    sent: Mutex<VecDeque<Instant>>,
}

impl Pace {
    pub(crate) fn new(at_once: u32, in_a_minute: Option<u32>) -> Self {
        let widen = |number: u32| usize::try_from(number).unwrap_or(usize::MAX).max(1);
        Self {
            at_once: Semaphore::new(widen(at_once).min(Semaphore::MAX_PERMITS)),
            in_a_minute: in_a_minute.map(widen),
            sent: Mutex::default(),
        }
    }

    /// Waits until a request may be sent. `waiting` is told of a wait for the minute to pass.
    pub(crate) async fn enter(&self, waiting: impl Fn(Duration)) -> Option<SemaphorePermit<'_>> {
        // It is never closed; a caller without a permit is only not counted.
        let permit = self.at_once.acquire().await.ok();
        while let Some(until) = self.book() {
            waiting(until.saturating_duration_since(Instant::now()));
            tokio::time::sleep_until(until).await;
        }
        permit
    }

    /// Books a request now, or says when to ask again.
    fn book(&self) -> Option<Instant> {
        let most = self.in_a_minute?;
        let now = Instant::now();
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        while sent.front().is_some_and(|first| *first + MINUTE <= now) {
            sent.pop_front();
        }
        if sent.len() < most {
            sent.push_back(now);
            None
        } else {
            sent.front().map(|first| *first + MINUTE)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn no_minute_holds_more_requests_than_allowed() {
        let pace = Pace::new(10, Some(3));
        let start = Instant::now();
        let mut times = Vec::new();
        for _ in 0..8 {
            drop(pace.enter(|_| ()).await);
            times.push((Instant::now() - start).as_secs());
            tokio::time::advance(Duration::from_secs(5)).await;
        }
        assert_eq!(times, [0, 5, 10, 60, 65, 70, 120, 125]);
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_requests_at_once_than_allowed() {
        let pace = Pace::new(2, None);
        let first = pace.enter(|_| ()).await;
        let _second = pace.enter(|_| ()).await;
        let third = tokio::time::timeout(MINUTE, pace.enter(|_| ()));
        assert!(third.await.is_err());
        drop(first);
        assert!(pace.enter(|_| ()).await.is_some());
    }
}
