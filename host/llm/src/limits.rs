//! How much of something may be sent in any minute.
//!
//! A window that slides keeps the promise for every minute; buckets that refill let twice as much through at their edges.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

const MINUTE: Duration = Duration::from_secs(60);

/// What was sent in the last minute, held against the most that may be.
#[derive(Debug)]
pub(crate) struct Window {
    most: u64,
    /// Oldest first.
    sent: VecDeque<Sent>,
    /// Of all that is in `sent`.
    amount: u64,
}

#[derive(Debug)]
struct Sent {
    at: Instant,
    id: u64,
    amount: u64,
}

impl Window {
    pub(crate) fn new(most: u32) -> Self {
        Self {
            most: u64::from(most).max(1),
            sent: VecDeque::new(),
            amount: 0,
        }
    }

    /// When so much more may be sent; none is now. What is more than a whole minute's may be sent once nothing else was.
    pub(crate) fn free_at(&mut self, amount: u64, now: Instant) -> Option<Instant> {
        while self.sent.front().is_some_and(|it| it.at + MINUTE <= now) {
            self.amount -= self.sent.pop_front().map_or(0, |it| it.amount);
        }
        let mut left = self.amount;
        let mut free_at = None;
        for it in &self.sent {
            if left.saturating_add(amount) <= self.most {
                break;
            }
            left -= it.amount;
            free_at = Some(it.at + MINUTE);
        }
        free_at
    }

    /// So much is sent now, under an id that is later than all before.
    pub(crate) fn send(&mut self, id: u64, amount: u64, now: Instant) {
        self.amount = self.amount.saturating_add(amount);
        self.sent.push_back(Sent {
            at: now,
            id,
            amount,
        });
    }

    /// It turned out to be so much.
    pub(crate) fn correct(&mut self, id: u64, amount: u64) {
        if let Ok(place) = self.sent.binary_search_by_key(&id, |it| it.id) {
            let sent = &mut self.sent[place];
            self.amount = (self.amount - sent.amount).saturating_add(amount);
            sent.amount = amount;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_sent_counts_for_a_minute() {
        let mut window = Window::new(100);
        let start = Instant::now();
        window.send(1, 60, start);
        window.send(2, 40, start + Duration::from_secs(10));
        let now = start + Duration::from_secs(20);
        assert_eq!(window.free_at(0, now), None);
        assert_eq!(window.free_at(1, now), Some(start + MINUTE));
        let both_gone = start + Duration::from_secs(70);
        assert_eq!(window.free_at(61, now), Some(both_gone));
        assert_eq!(
            window.free_at(1_000, now),
            Some(both_gone),
            "more than a minute's"
        );
        assert_eq!(window.free_at(1_000, both_gone), None);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_reserved_is_set_right() {
        let mut window = Window::new(100);
        let now = Instant::now();
        window.send(1, 90, now);
        window.correct(1, 20);
        assert_eq!(window.free_at(80, now), None);
        assert!(window.free_at(81, now).is_some());
        window.correct(7, 1_000);
        assert_eq!(window.free_at(80, now), None, "nobody was sent as 7");
    }
}
