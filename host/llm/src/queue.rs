//! The queue before a provider: how many requests are under way at once, how many requests and tokens go out in a minute,
//! and whose turn it is.
//!
//! Who has the fewest requests under way comes first, so that a run with one call doesn't wait behind the three hundred of
//! another. Within a run the order is that in which its calls came, and a call that is sent again stands where it stood.
//! Nobody is passed by: the next in turn is waited for, also where another one's tokens would fit, or else a large request
//! would never be sent.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use stepwell_contract::ProviderSettings;
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;

use crate::call::Asker;
use crate::limits::Window;

/// Which of a provider's settings a request waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Limit {
    Requests,
    Tokens,
}

impl Limit {
    /// The setting.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Requests => "requests_per_minute",
            Self::Tokens => "tokens_per_minute",
        }
    }
}

/// How often one who waits is told of it at most.
const TOLD_AGAIN: Duration = Duration::from_secs(5);

/// The queue of one provider, shared by all its models.
#[derive(Debug, Clone)]
pub(crate) struct Queue {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    /// Until when the next in turn has to wait, and for what.
    blocked: watch::Sender<Option<(Instant, Limit)>>,
}

#[derive(Debug)]
struct State {
    most_at_once: usize,
    under_way: usize,
    requests: Option<Window>,
    tokens: Option<Window>,
    askers: BTreeMap<Asker, Turns>,
    /// Counts places and requests, so that each is later than those before.
    last: u64,
}

/// One who asks, while they wait or have something under way.
#[derive(Debug, Default)]
struct Turns {
    under_way: usize,
    /// When they were let in last, in the order of all requests.
    turn: u64,
    /// By place.
    waiting: BTreeMap<u64, Waiting>,
}

#[derive(Debug)]
struct Waiting {
    tokens: u64,
    let_in: oneshot::Sender<Permit>,
}

/// A call's place, which it keeps for as long as it lasts.
#[derive(Debug)]
pub(crate) struct Place {
    queue: Queue,
    asker: Asker,
    number: u64,
}

/// That a request is under way, until it is dropped.
#[derive(Debug)]
pub(crate) struct Permit {
    /// None where it was never handed over.
    shared: Weak<Shared>,
    asker: Asker,
    id: u64,
}

impl Queue {
    pub(crate) fn new(settings: &ProviderSettings) -> Self {
        let at_once = usize::try_from(settings.concurrency).unwrap_or(usize::MAX);
        let state = State {
            most_at_once: at_once.max(1),
            under_way: 0,
            requests: settings.requests_per_minute.map(Window::new),
            tokens: settings.tokens_per_minute.map(Window::new),
            askers: BTreeMap::new(),
            last: 0,
        };
        Self {
            shared: Arc::new(Shared {
                state: Mutex::new(state),
                blocked: watch::Sender::new(None),
            }),
        }
    }

    /// The place of a new call, behind all that have one.
    pub(crate) fn place(&self, asker: Asker) -> Place {
        Place {
            number: self.shared.lock().next(),
            queue: self.clone(),
            asker,
        }
    }
}

impl Place {
    /// Waits until a request of at most so many tokens may be sent. `waiting` is told of a wait for the minute to pass, and again where
    /// it takes longer than was said.
    pub(crate) async fn enter(&self, tokens: u64, waiting: impl Fn(Duration, Limit)) -> Permit {
        let shared = &self.queue.shared;
        let (let_in, mut permit) = oneshot::channel();
        let mut blocked = shared.blocked.subscribe();
        let _left = Left(self);
        {
            let mut state = shared.lock();
            let turns = state.askers.entry(self.asker).or_default();
            turns
                .waiting
                .insert(self.number, Waiting { tokens, let_in });
        }
        shared.advance();
        let told = async {
            loop {
                let is_to_come = |it: &Option<(Instant, Limit)>| {
                    it.is_some_and(|(until, _)| until > Instant::now())
                };
                let until = blocked.wait_for(is_to_come).await;
                let Some((until, limit)) = until.ok().and_then(|until| *until) else {
                    return std::future::pending().await;
                };
                let now = Instant::now();
                waiting(until.saturating_duration_since(now), limit);
                tokio::time::sleep_until(until.max(now + TOLD_AGAIN)).await;
            }
        };
        tokio::select! {
            biased;
            // The other end goes with the place alone, which is here.
            permit = &mut permit => permit.unwrap_or_else(|_| Permit {
                shared: Weak::new(),
                asker: self.asker,
                id: 0,
            }),
            () = told => std::future::pending().await,
        }
    }
}

/// Takes a place out of the queue, also where its call is given up.
struct Left<'a>(&'a Place);

impl Drop for Left<'_> {
    fn drop(&mut self) {
        let Place {
            queue,
            asker,
            number,
        } = self.0;
        let waited = {
            let mut state = queue.shared.lock();
            let waiting = state.askers.get_mut(asker);
            let waited = waiting.and_then(|turns| turns.waiting.remove(number));
            state.forget(*asker);
            waited
        };
        if waited.is_some() {
            queue.shared.advance();
        }
    }
}

impl Permit {
    /// The request took so many tokens.
    pub(crate) fn took(&self, tokens: u64) {
        let Some(shared) = self.shared.upgrade() else {
            return;
        };
        if let Some(window) = &mut shared.lock().tokens {
            window.correct(self.id, tokens);
        }
        shared.advance();
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let Some(shared) = self.shared.upgrade() else {
            return;
        };
        {
            let mut state = shared.lock();
            state.under_way = state.under_way.saturating_sub(1);
            if let Some(turns) = state.askers.get_mut(&self.asker) {
                turns.under_way = turns.under_way.saturating_sub(1);
            }
            state.forget(self.asker);
        }
        shared.advance();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets in whoever may be.
    fn advance(self: &Arc<Self>) {
        loop {
            let now = Instant::now();
            let next = self.lock().next_in_turn(now);
            match next {
                Next::Nobody => {
                    self.blocked.send_replace(None);
                    return;
                }
                Next::At(until, limit) => {
                    self.wake_at(until, limit);
                    return;
                }
                Next::Enters { asker, id, let_in } => {
                    let shared = Arc::downgrade(self);
                    // One that has gone meanwhile gives it back, which lets in the next.
                    drop(let_in.send(Permit { shared, asker, id }));
                }
            }
        }
    }

    /// Looks again at that time, unless somebody does already.
    fn wake_at(self: &Arc<Self>, until: Instant, limit: Limit) {
        let is_new = self.blocked.send_if_modified(|blocked| {
            let is_new = *blocked != Some((until, limit));
            *blocked = Some((until, limit));
            is_new
        });
        if !is_new {
            return;
        }
        let shared = Arc::downgrade(self);
        tokio::spawn(async move {
            tokio::time::sleep_until(until).await;
            if let Some(shared) = shared.upgrade() {
                shared.advance();
            }
        });
    }
}

enum Next {
    /// Nobody waits, or there is no room before one ends.
    Nobody,
    /// Whose turn it is has to wait until then.
    At(Instant, Limit),
    Enters {
        asker: Asker,
        id: u64,
        let_in: oneshot::Sender<Permit>,
    },
}

impl State {
    fn next(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    fn next_in_turn(&mut self, now: Instant) -> Next {
        if self.under_way >= self.most_at_once {
            return Next::Nobody;
        }
        let waiting = self.askers.iter().filter_map(|(asker, turns)| {
            let (number, first) = turns.waiting.first_key_value()?;
            Some(((turns.under_way, turns.turn, *number), *asker, first.tokens))
        });
        let Some((_, asker, tokens)) = waiting.min_by_key(|(order, ..)| *order) else {
            return Next::Nobody;
        };
        let requests = self.requests.as_mut();
        let requests = requests.and_then(|window| window.free_at(1, now));
        let of_tokens = self.tokens.as_mut();
        let of_tokens = of_tokens.and_then(|window| window.free_at(tokens, now));
        match (requests, of_tokens) {
            (Some(at), None) => return Next::At(at, Limit::Requests),
            (Some(at), Some(tokens_at)) if at >= tokens_at => return Next::At(at, Limit::Requests),
            (_, Some(at)) => return Next::At(at, Limit::Tokens),
            (None, None) => {}
        }
        let id = self.next();
        if let Some(window) = &mut self.requests {
            window.send(id, 1, now);
        }
        if let Some(window) = &mut self.tokens {
            window.send(id, tokens, now);
        }
        let turns = self.askers.entry(asker).or_default();
        let Some((_, waiting)) = turns.waiting.pop_first() else {
            return Next::Nobody;
        };
        turns.turn = id;
        turns.under_way += 1;
        self.under_way += 1;
        Next::Enters {
            asker,
            id,
            let_in: waiting.let_in,
        }
    }

    /// Nothing is kept of who neither waits nor has anything under way.
    fn forget(&mut self, asker: Asker) {
        let is_idle = |turns: &Turns| turns.under_way == 0 && turns.waiting.is_empty();
        if self.askers.get(&asker).is_some_and(is_idle) {
            self.askers.remove(&asker);
        }
    }
}

#[cfg(test)]
mod tests;
