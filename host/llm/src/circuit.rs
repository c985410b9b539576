//! A circuit breaker: a provider that is down isn't asked by everybody, again and again.
//!
//! After so many requests in a row that a server in order would have answered, nothing is sent for a while. Then one request
//! goes out, alone: where it is answered, all others follow, and where not, those that waited for it fail as well, without
//! having been sent.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// The kind of an error: the provider is down, and was not asked.
pub(crate) const PROVIDER_DOWN: &str = "provider-down";

/// The circuit of one provider, shared by all its models.
#[derive(Debug)]
pub(crate) struct Circuit {
    /// So many in a row open it; zero never does.
    failures: u32,
    /// How long nothing is sent.
    pause: Duration,
    state: Mutex<State>,
    /// Counts what was found out, for those who wait for it.
    news: watch::Sender<u64>,
}

#[derive(Debug)]
enum State {
    /// Requests go out. So many failed in a row.
    Closed { failed: u32 },
    /// None goes out before that time, and then one.
    Open { until: Instant, last: String },
    /// That one is under way.
    Trying { last: String },
}

/// What a request says of its provider's health, once it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Health {
    /// It answers, be it with a refusal.
    Answers,
    /// It doesn't, or with a failure of its own. What was said.
    Down(String),
}

/// Why a request isn't sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Down {
    /// What the last request to it came to.
    pub(crate) last: String,
    /// How long it is left alone from now on.
    pub(crate) wait: Duration,
}

/// That a request may be sent. Where it was the one to find out and is dropped without an answer, another one may.
#[derive(Debug)]
pub(crate) struct Pass<'a> {
    circuit: &'a Circuit,
    is_trial: bool,
}

enum Entry {
    Enters {
        is_trial: bool,
    },
    Until(Instant),
    /// Somebody finds out.
    News,
}

impl Circuit {
    pub(crate) fn new(failures: u32, pause: Duration) -> Self {
        Self {
            failures,
            pause,
            state: Mutex::new(State::Closed { failed: 0 }),
            news: watch::Sender::new(0),
        }
    }

    /// Waits until a request may be sent: at most until one request, after a pause, has found out how the provider is. Who has
    /// another provider to ask doesn't wait.
    pub(crate) async fn enter(
        &self,
        has_other: &(dyn Fn() -> bool + Sync),
        waiting: impl Fn(&Down),
    ) -> Result<Pass<'_>, Down> {
        let mut news = self.news.subscribe();
        loop {
            let entry = self.look();
            if let Entry::Enters { is_trial } = entry {
                return Ok(Pass {
                    circuit: self,
                    is_trial,
                });
            }
            if has_other() {
                return Err(self.down());
            }
            // The sender lives as long as this one.
            if let Entry::Until(until) = entry {
                waiting(&self.down());
                tokio::select! {
                    _ = news.changed() => {}
                    () = tokio::time::sleep_until(until) => {}
                }
                continue;
            }
            let _ = news.changed().await;
            if self.is_open() {
                return Err(self.down());
            }
        }
    }

    /// Whether nothing is sent for a while.
    fn is_open(&self) -> bool {
        matches!(&*self.lock(), State::Open { until, .. } if *until > Instant::now())
    }

    /// For how long nothing is sent from now on; none where requests go out.
    pub(crate) fn pause(&self) -> Option<Duration> {
        match &*self.lock() {
            State::Open { until, .. } => {
                let left = until.saturating_duration_since(Instant::now());
                (!left.is_zero()).then_some(left)
            }
            State::Closed { .. } | State::Trying { .. } => None,
        }
    }

    fn look(&self) -> Entry {
        let mut state = self.lock();
        match &*state {
            State::Closed { .. } => Entry::Enters { is_trial: false },
            State::Open { until, .. } if *until > Instant::now() => Entry::Until(*until),
            State::Open { last, .. } => {
                let last = last.clone();
                *state = State::Trying { last };
                Entry::Enters { is_trial: true }
            }
            State::Trying { .. } => Entry::News,
        }
    }

    fn down(&self) -> Down {
        let now = Instant::now();
        match &*self.lock() {
            State::Closed { .. } => Down {
                last: String::new(),
                wait: Duration::ZERO,
            },
            State::Open { until, last } => Down {
                last: last.clone(),
                wait: until.saturating_duration_since(now),
            },
            State::Trying { last } => Down {
                last: last.clone(),
                wait: Duration::ZERO,
            },
        }
    }

    fn ended(&self, is_trial: bool, health: Health) {
        let mut state = self.lock();
        let failed = match (&*state, health) {
            (_, Health::Answers) => {
                *state = State::Closed { failed: 0 };
                drop(state);
                self.news.send_modify(|news| *news += 1);
                return;
            }
            (State::Closed { failed }, Health::Down(last)) => (failed.saturating_add(1), last),
            (State::Trying { .. }, Health::Down(last)) if is_trial => (self.failures, last),
            // It was sent before the others were held back, and says nothing new.
            (State::Open { .. } | State::Trying { .. }, Health::Down(_)) => return,
        };
        *state = match failed {
            (failed, last) if self.failures > 0 && failed >= self.failures => State::Open {
                until: Instant::now() + self.pause,
                last,
            },
            (failed, _) => State::Closed { failed },
        };
        drop(state);
        self.news.send_modify(|news| *news += 1);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pass<'_> {
    /// Whether it may still be sent, after a while.
    pub(crate) fn holds(&self) -> bool {
        self.is_trial || matches!(&*self.circuit.lock(), State::Closed { .. })
    }

    /// What the request came to. Gives whether it was to find out how the provider is, and found it down: then it isn't worth
    /// another attempt.
    pub(crate) fn ended(mut self, health: Health) -> bool {
        let found_down = self.is_trial && matches!(health, Health::Down(_));
        self.circuit.ended(self.is_trial, health);
        self.is_trial = false;
        found_down
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if !self.is_trial {
            return;
        }
        let mut state = self.circuit.lock();
        if let State::Trying { last } = &*state {
            let last = last.clone();
            *state = State::Open {
                until: Instant::now(),
                last,
            };
            drop(state);
            self.circuit.news.send_modify(|news| *news += 1);
        }
    }
}

#[cfg(test)]
mod tests;
