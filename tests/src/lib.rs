//! What the tests of the whole program share: the real binary in a project of its own, components built for tests,
//! and a provider of models on loopback that keeps a journal.
//!
//! No crate of the house is used here: what a test sees is what a user sees.

#![allow(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test that can't go on panics, and it hands the environment on to the program"
)]

mod batching;
mod circles;
mod clock;
mod floors;
mod program;
mod project;
mod provider;
mod rebuilding;
mod serving;
mod sweep;
mod waiting;

pub use batching::{Batching, Fate};
pub use circles::circles;
pub use clock::{ClockAhead, clock_ahead, set_clock_back};
pub use floors::upward_imports;
pub use program::{Finished, guest, stepwell_binary};
pub use project::Project;
pub use provider::{Provider, Received, Reply};
pub use rebuilding::rebuilt;
pub use serving::{Answered, Serving};
pub use sweep::Sweep;
pub use waiting::until;
