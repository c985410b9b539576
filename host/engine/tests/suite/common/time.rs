//! The clock of a world, which stands where a test puts it.

use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use stepwell_contract::Clock;

/// A clock that goes on by a millisecond whenever it is asked, so that no two moments are one.
#[derive(Clone)]
pub struct Time(Arc<Mutex<Timestamp>>);

impl Default for Time {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(
            "2026-03-10T12:00:00Z".parse().unwrap(),
        )))
    }
}

impl Time {
    pub fn clock(&self) -> Clock {
        let time = self.clone();
        Clock::new(move || {
            time.turn(SignedDuration::from_millis(1));
            time.get()
        })
    }

    pub fn get(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    pub fn set(&self, at: &str) {
        *self.0.lock().unwrap() = at.parse().unwrap();
    }

    /// Turns it on, or back.
    pub fn turn(&self, by: SignedDuration) {
        let mut time = self.0.lock().unwrap();
        *time = time.checked_add(by).unwrap();
    }
}
