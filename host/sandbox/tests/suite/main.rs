//! What a sandbox lets through and what it ends, with real components.

#![allow(
    clippy::unwrap_used,
    reason = "a test that can't go on panics, and so does what it calls"
)]

mod cache;
mod closed;
mod common;
mod compiling;
mod copies;
mod crowd;
mod ends;
mod limits;
mod loading;
mod openings;
mod web;
