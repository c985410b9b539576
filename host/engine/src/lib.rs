//! Runs, executions, memos and scheduling: the one application interface of Stepwell.
//!
//! [`Engine`] is what every face calls: its requests and answers are plain data that can be serialised, and its
//! events have a cursor. An execution is *snapshot in, outcome out*: the rules E1 to E28 that the modules cite are
//! explained in `docs/concepts/executions.md`.
//!
//! Nothing here knows wasmtime, a database, HTTP or a terminal: components run behind
//! [`StepRunner`](stepwell_contract::StepRunner), records are kept behind [`Store`](stepwell_store::Store).

mod application;
mod comparison;
mod execution;
mod house;
mod publishing;
mod runs;
mod workspace;

pub use application::*;
pub use comparison::*;
pub use house::{BuiltinStep, BuiltinSteps, EngineParts, StepsApart};
pub use runs::{Person, PersonsAnswer};
pub use workspace::{OpenError, named_diff, unified_diff};
