//! The thread that advances the epoch, at which running guests let others run.
//!
//! One for each engine. It sleeps while no guest computes, and ends when its [`Ticker`] is dropped.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread::JoinHandle;
use std::time::Duration;

use wasmtime::Engine;

/// The longest that a guest computes before others may.
const TICK: Duration = Duration::from_millis(10);
/// Ticks without any guest after which the thread goes to sleep. Waking it costs a system call, which short calls in
/// a row shouldn't each pay.
const IDLE: u32 = 50;

#[derive(Default)]
struct State {
    /// Guests that are being polled.
    running: AtomicUsize,
    asleep: AtomicBool,
    over: AtomicBool,
}

/// Advances an engine's epoch.
pub(crate) struct Ticker {
    state: Arc<State>,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    /// Starts the thread.
    pub(crate) fn start(engine: Engine) -> std::io::Result<Self> {
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        let thread = std::thread::Builder::new()
            .name("stepwell-epoch".into())
            .spawn(move || run(&engine, &shared))?;
        Ok(Self {
            state,
            thread: Some(thread),
        })
    }

    /// Says that a guest is being polled, until the answer is dropped.
    pub(crate) fn running(&self) -> Running<'_> {
        self.state.running.fetch_add(1, SeqCst);
        if self.state.asleep.load(SeqCst) {
            self.wake();
        }
        Running(&self.state)
    }

    fn wake(&self) {
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.state.over.store(true, SeqCst);
        self.wake();
        if let Some(thread) = self.thread.take() {
            // It can't panic, and there would be nobody to tell.
            drop(thread.join());
        }
    }
}

/// A guest that is being polled.
pub(crate) struct Running<'a>(&'a State);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, SeqCst);
    }
}

fn run(engine: &Engine, state: &State) {
    let mut idle = 0;
    while !state.over.load(SeqCst) {
        if state.running.load(SeqCst) > 0 {
            idle = 0;
        } else {
            idle += 1;
        }
        if idle < IDLE {
            std::thread::park_timeout(TICK);
            engine.increment_epoch();
            continue;
        }
        // First the word, then the look: a guest that starts in between sees the word and wakes this thread.
        state.asleep.store(true, SeqCst);
        if state.running.load(SeqCst) == 0 && !state.over.load(SeqCst) {
            std::thread::park();
        }
        state.asleep.store(false, SeqCst);
        idle = 0;
    }
}
