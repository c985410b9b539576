//! What a provider may send, and what becomes of it.

#![allow(
    clippy::unwrap_used,
    reason = "a test that can't go on panics, and so does what it calls"
)]

mod answers;
mod cassettes;
mod common;
mod endings;
mod failures;
mod formats;
mod habits;
mod in_turn;
mod keys;
mod packed;
