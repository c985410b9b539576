//! The time that one attempt takes: the guest's own, and that from start to end.
//!
//! A guest runs only inside a poll of its call's future. So its own time is what those polls took on their thread,
//! less what host functions took of it; a wait costs nothing, and neither do other guests on the same thread.
//! Nothing is stopped here: [`crate::attempt::Attempt`] compares with the limits, at each tick of the epoch.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::Poll;
use std::time::{Duration, Instant};

use crate::ticker::Ticker;

/// Counts the time of one attempt. Shared between the store, which is inside the call's future, and the code around it.
///
/// All of it is touched by the thread that polls the call, one at a time; the atomics are only for the compiler.
pub(crate) struct Meter {
    started: Instant,
    /// The guest's own time in polls that are over.
    spent: AtomicU64,
    /// The thread's time at the start of the poll under way.
    entered: AtomicU64,
    /// What host functions took of the poll under way.
    hosted: AtomicU64,
    /// Time that a person took to answer.
    asked: AtomicU64,
    /// When the question under way was asked, as nanoseconds after `started` plus one; 0 while there is none.
    asking_since: AtomicU64,
}

impl Meter {
    /// A meter that starts now.
    pub(crate) fn start() -> Self {
        Self {
            started: Instant::now(),
            spent: AtomicU64::new(0),
            entered: AtomicU64::new(0),
            hosted: AtomicU64::new(0),
            asked: AtomicU64::new(0),
            asking_since: AtomicU64::new(0),
        }
    }

    /// The guest's own time so far; to be called outside a poll.
    pub(crate) fn cpu(&self) -> Duration {
        Duration::from_nanos(self.spent.load(Relaxed))
    }

    /// The guest's own time so far; to be called inside a poll.
    pub(crate) fn cpu_within(&self) -> Duration {
        Duration::from_nanos(self.spent.load(Relaxed) + self.this_poll())
    }

    /// The time since the start, without that which a person took.
    pub(crate) fn wall(&self) -> Duration {
        let now = nanoseconds(self.started.elapsed());
        let asking = match self.asking_since.load(Relaxed) {
            0 => 0,
            since => now.saturating_sub(since - 1),
        };
        Duration::from_nanos(now.saturating_sub(self.asked.load(Relaxed) + asking))
    }

    /// Whether a person is being asked.
    fn is_asking(&self) -> bool {
        self.asking_since.load(Relaxed) != 0
    }

    fn this_poll(&self) -> u64 {
        thread_time()
            .saturating_sub(self.entered.load(Relaxed))
            .saturating_sub(self.hosted.load(Relaxed))
    }

    fn enter(&self) {
        self.hosted.store(0, Relaxed);
        self.entered.store(thread_time(), Relaxed);
    }

    fn leave(&self) {
        self.spent.fetch_add(self.this_poll(), Relaxed);
    }

    /// Runs a host function without charging the guest for it.
    pub(crate) async fn hosting<F: Future>(&self, function: F) -> F::Output {
        let mut function = pin!(function);
        poll_fn(|context| {
            // The thread's own clock is a system call, ten times the price of this one, and paid for each host call.
            let start = Instant::now();
            let polled = function.as_mut().poll(context);
            self.hosted.fetch_add(nanoseconds(start.elapsed()), Relaxed);
            polled
        })
        .await
    }

    /// Waits for a person without counting the time. A question that is dropped stays asked: its attempt is over.
    pub(crate) async fn asking<F: Future>(&self, question: F) -> F::Output {
        let since = nanoseconds(self.started.elapsed());
        self.asking_since.store(since + 1, Relaxed);
        let answer = question.await;
        let waited = nanoseconds(self.started.elapsed()).saturating_sub(since);
        self.asked.fetch_add(waited, Relaxed);
        self.asking_since.store(0, Relaxed);
        answer
    }

    /// Runs a guest's call, at most for `allowed` from the start on; none when that is over.
    pub(crate) async fn within<F: Future>(
        &self,
        allowed: Duration,
        ticker: &Ticker,
        call: F,
    ) -> Option<F::Output> {
        /// While a person is asked, nothing runs out; so it is enough to look now and then.
        const GLANCE: Duration = Duration::from_millis(500);

        let mut call = pin!(call);
        let mut alarm = pin!(tokio::time::sleep(allowed));
        poll_fn(|context| {
            let running = ticker.running();
            self.enter();
            let polled = call.as_mut().poll(context);
            self.leave();
            drop(running);
            if let Poll::Ready(output) = polled {
                return Poll::Ready(Some(output));
            }
            while alarm.as_mut().poll(context).is_ready() {
                let left = allowed.saturating_sub(self.wall());
                if left.is_zero() && !self.is_asking() {
                    return Poll::Ready(None);
                }
                let next = if self.is_asking() {
                    left.max(GLANCE)
                } else {
                    left
                };
                alarm.as_mut().reset(tokio::time::Instant::now() + next);
            }
            Poll::Pending
        })
        .await
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// The time that this thread has run, in nanoseconds. Unlike a clock's, it stands still while other programs have
/// the processor, so that a step doesn't fail because the machine is busy.
#[cfg(unix)]
fn thread_time() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    u64::try_from(time.tv_sec).unwrap_or(0) * 1_000_000_000
        + u64::try_from(time.tv_nsec).unwrap_or(0)
}

#[cfg(not(unix))]
fn thread_time() -> u64 {
    use std::sync::LazyLock;
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    nanoseconds(START.elapsed())
}
