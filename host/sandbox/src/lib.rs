//! Runs step components in WebAssembly, with every capability closed and every resource bounded.
//!
//! The one crate that knows wasmtime, and nothing of it shows: [`Sandbox`] is a
//! [`StepRunner`](stepwell_contract::StepRunner), and a step's imports are a
//! [`HostServices`](stepwell_contract::HostServices) that the caller brings. The crate knows no store, no provider, no
//! definition, and it never decides what a step is granted.
//!
//! From a component's bytes to its answer:
//!
//! 1. `inspect` looks at the bytes and the imports, and says in plain words what this host can't link; `anatomy` says what made it.
//! 2. `code_cache` has the machine code already, or `loading` has it compiled and reads the description.
//! 3. `call` waits for room in `runtime`'s pool, makes a store with an `attempt` in it, and calls the guest.
//! 4. Host functions (`imports`) pass through the attempt, which knows what may be called from where and counts what
//!    it costs; `wasi` is there, and closed.
//! 5. `meter`, `memory` and `output` bound time, memory and noise, and `ends` says how it ended, by the guest's `last_words` where it had some.

mod anatomy;
mod attempt;
mod bindings;
mod call;
mod code_cache;
mod compiling;
mod convert;
mod description;
mod desk;
mod ends;
mod error;
mod files;
mod imports;
mod inspect;
mod last_words;
mod loading;
mod memory;
mod meter;
mod output;
mod plugin;
mod runtime;
mod sandbox;
mod scratch;
mod shelf;
mod ticker;
mod units;
mod wasi;
mod web;
mod weigh;

pub use compiling::{Compiler, compile_here};
pub use error::SandboxError;
pub use sandbox::{Sandbox, SandboxHealth, SandboxSettings};
