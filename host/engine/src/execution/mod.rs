//! An execution: one step, item and round of a run being carried out.
//!
//! *Snapshot in, outcome out*: what it reads is remembered as memos, what it writes is staged, and both are kept so
//! that it can start afresh after a crash and get the same. [`carry_out`] drives its attempts; [`Services`](services::Services)
//! is the host that its guest sees.

/// What is given, or else an error that the guest is told. What ends its attempt is another error, which `?` passes on.
macro_rules! or_told {
    ($given:expr) => {
        match $given {
            Ok(given) => given,
            Err(error) => return Ok(Err(error)),
        }
    };
}

mod at_stake;
mod attempts;
mod batched;
mod beginning;
mod calls;
mod charging;
mod checkpoints;
mod commits;
mod copying;
mod digesting;
mod documents;
mod ending;
mod exchanging;
mod files;
mod filled;
mod fingerprint;
mod glimpses;
mod keeping;
mod leftovers;
mod lending;
mod line_ends;
mod looking;
mod manifest;
mod memory;
mod messages;
mod observer;
mod others;
mod outcome;
mod prompts;
mod publishing;
mod questions;
mod remaking;
mod repeating;
mod reusing;
mod room;
mod searching;
mod seen;
mod services;
mod staged_prompts;
mod staging;
mod standing;
mod told;
mod verdict;

pub(crate) use attempts::carry_out;
pub(crate) use ending::ExecutionEnd;
pub(crate) use looking::{First, first_asked};
pub(crate) use others::{foreign, met_text, note_taken, other_text};
pub(crate) use prompts::kind_of;
pub(crate) use remaking::remake;
