//! Ctrl-C and SIGTERM: the first asks the run to stop, the second ends the process at once.
//!
//! At a question the first Ctrl-C means "not now": the run goes to sleep, and what else is under way goes on (E24).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering::SeqCst};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use super::Screen;
use crate::exit::Exit;

/// What the person, or the system, has interrupted.
pub(crate) struct Interrupts {
    stop: watch::Sender<bool>,
    later: watch::Sender<bool>,
    asking: AtomicBool,
    /// The exit code of what stopped the run; 0 while nothing has.
    by: AtomicU8,
}

impl Interrupts {
    /// Listens from now on, to stop a run.
    pub(crate) fn listen(screen: Arc<Screen>) -> Arc<Self> {
        Self::listening(screen, "stopping; once more ends at once\n")
    }

    /// Listens from now on, to end a server.
    pub(crate) fn listen_to_end_a_server(screen: Arc<Screen>) -> Arc<Self> {
        Self::listening(screen, "the server ends; once more ends it at once\n")
    }

    fn listening(screen: Arc<Screen>, told: &'static str) -> Arc<Self> {
        let this = Arc::new(Self {
            stop: watch::Sender::new(false),
            later: watch::Sender::new(false),
            asking: AtomicBool::new(false),
            by: AtomicU8::new(0),
        });
        let listener = Arc::clone(&this);
        // They are heard from here on, not from when the task begins.
        let mut signals = Signals::new();
        tokio::spawn(async move {
            while let Some(signal) = signals.next().await {
                listener.heard(signal, &screen, told);
            }
        });
        this
    }

    fn heard(&self, signal: Exit, screen: &Screen, told: &str) {
        if signal == Exit::Interrupted && self.asking.load(SeqCst) && !*self.later.borrow() {
            screen.ask_more("\n");
            self.later.send_replace(true);
            return;
        }
        if self
            .by
            .compare_exchange(0, signal.code(), SeqCst, SeqCst)
            .is_err()
        {
            screen.clear();
            // Whatever was acknowledged is durable: ending here loses nothing that a crash would keep.
            std::process::exit(i32::from(signal.code()));
        }
        screen.note(told);
        self.stop.send_replace(true);
    }

    /// Turns true when the run is to stop.
    pub(crate) fn stop(&self) -> watch::Receiver<bool> {
        self.stop.subscribe()
    }

    /// Turns true when no more questions are to be asked now.
    pub(crate) fn later(&self) -> &watch::Sender<bool> {
        &self.later
    }

    /// A person is being asked, or no longer.
    pub(crate) fn asking(&self, asking: bool) {
        self.asking.store(asking, SeqCst);
    }

    /// How the command ends, where it was interrupted.
    pub(crate) fn exit(&self) -> Option<Exit> {
        match self.by.load(SeqCst) {
            0 => None,
            code if code == Exit::Terminated.code() => Some(Exit::Terminated),
            _ => Some(Exit::Interrupted),
        }
    }
}

struct Signals {
    interrupt: Option<Signal>,
    terminate: Option<Signal>,
}

impl Signals {
    fn new() -> Self {
        Self {
            interrupt: signal(SignalKind::interrupt()).ok(),
            terminate: signal(SignalKind::terminate()).ok(),
        }
    }

    async fn next(&mut self) -> Option<Exit> {
        async fn one(signal: &mut Option<Signal>) -> Option<()> {
            match signal {
                Some(signal) => signal.recv().await,
                None => std::future::pending().await,
            }
        }
        tokio::select! {
            heard = one(&mut self.interrupt) => heard.map(|()| Exit::Interrupted),
            heard = one(&mut self.terminate) => heard.map(|()| Exit::Terminated),
        }
    }
}
