//! The server on steps and a provider that are made here: every route, who may ask, and what a client can't do.

#![allow(
    clippy::unwrap_used,
    reason = "a test that can't go on panics, and so does what it calls"
)]

#[path = "../../../engine/tests/suite/common/mod.rs"]
mod common;

mod asking;
mod comparisons;
mod floors;
mod library;
mod misspelt;
mod page;
mod prompts;
mod refusals;
mod runs;
mod security;
mod serving;
mod streams;
mod trials;
