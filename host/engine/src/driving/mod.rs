//! Runs: from a definition to something that can be driven, and driven until only a person can take it further.

mod alone;
mod branching;
mod cell;
mod closing;
mod driver;
mod given;
mod loading;
mod looking;
mod naming;
mod opening;
mod options;
mod outdated;
mod pinning;
mod prepared_again;
mod preparing;
mod reprocessing;
mod rounds;
mod starting;

pub(crate) use alone::{definition_alone, step_of_definition};
pub(crate) use branching::branch_of;
pub(crate) use cell::{drive_cell, look_at_cell};
pub use driver::TakenUp;
pub(crate) use driver::{take_up, told_to_stop};
pub(crate) use given::give_documents;
pub(crate) use loading::{load, require};
pub(crate) use looking::look_ahead;
pub(crate) use naming::{about, beginning, label_of};
pub(crate) use opening::note_operator;
pub(crate) use options::{Amended, DriveOptions};
pub(crate) use outdated::{mark_items_stale, mark_stale, outdated};
pub(crate) use pinning::declare_prompt;
pub(crate) use prepared_again::{prepare_pinned, prepare_pinned_by};
pub(crate) use preparing::{Asking, prepare};
pub(crate) use reprocessing::answers_again;
pub(crate) use starting::check_inputs;
