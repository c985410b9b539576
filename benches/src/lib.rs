//! What the benchmarks share: how figures are shown, the matrix that is compared, a step in the sandbox alone, and a client that keeps its connection.
//!
//! What is measured stands in `benches/speed`, `benches/cores`, `benches/door`, `benches/faces`, `benches/pages`,
//! `benches/branches` and `benches/plugins`.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    clippy::disallowed_methods,
    reason = "a benchmark prints what it measured, and can't go on without its material"
)]

mod against;
mod connection;
mod figures;
mod machine;
pub mod matrix;
mod memory;
mod quiet;
mod step;

pub use connection::Connection;
pub use figures::{asked, median, row, shown, table};
pub use memory::{mebibytes, resident};
pub use quiet::Quiet;
pub use step::Loaded;
