//! The whole program from outside: the real binary, real components, real files.

#![allow(
    clippy::unwrap_used,
    reason = "a test that can't go on panics, and so does what it calls"
)]

mod agreed;
mod at_gates;
mod bad_input;
mod batched;
mod begun;
mod bombs;
mod bounded;
mod branches;
mod by_tools;
mod cached;
mod cassettes;
mod circles;
mod clock;
mod cloned;
mod closed;
mod compare;
mod copied;
mod costs;
mod crashes;
mod crowded;
mod damaged;
mod descriptors;
mod dialogue;
mod edges;
mod edits;
mod estimates;
mod everything;
mod found;
mod gated;
mod gates_meanwhile;
mod guidance;
mod held;
mod hostile;
mod improved;
mod instead;
mod judged;
mod kept_texts;
mod keys;
mod mistakes;
mod named_paths;
mod one_step;
mod overlapping;
mod own_formats;
mod persons_files;
mod providers;
mod questions;
mod reach;
mod reads_first;
mod reference;
mod refused;
mod registry;
mod removed;
mod retained;
mod runs;
mod schemas;
mod searched;
mod serve;
mod starting;
mod stores;
mod strangers;
mod surveyed;
mod telemetry;
mod terminal;
mod thinks;
mod tried;
mod turned;
mod upkeep;
mod verified;
