//! Runs: what is ready, what waits, and who drives it.

mod board;
mod context;
mod driver;
mod letters;
mod opening;
mod outdated;
mod person;
mod prepare;
mod rounds;
mod values;

pub(crate) use board::{Board, CellState};
pub(crate) use context::{OfComparison, RunContext, blob_of, event_of, subtree};
pub(crate) use driver::{Amended, DriveOptions, Opened, carry_on, drive_cell, take_up};
pub(crate) use letters::Letters;
pub(crate) use opening::note_operator;
pub(crate) use outdated::outdated;
pub use person::{Person, PersonsAnswer};
pub(crate) use prepare::{Asking, PreparedRun, declare_prompt, prepare, prepare_pinned};
pub(crate) use values::ValueError;
