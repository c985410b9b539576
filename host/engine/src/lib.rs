//! Runs, executions, memos and scheduling: the one application interface of Stepwell.
//!
//! [`Engine`] is what every face calls: its requests and answers are plain data that can be serialised, and its
//! events have a cursor. An execution is *snapshot in, outcome out*: the rules E1 to E34 that the modules cite are
//! explained in `docs/concepts/executions.md`.
//!
//! Its modules are floors, from the ground up: `words`, `workspace`, `state`, `execution`, `driving`, `comparing`,
//! `faces`. None knows one above it.
//!
//! Nothing here knows wasmtime, a database, HTTP or a terminal: components run behind
//! [`StepRunner`](stepwell_contract::StepRunner), records are kept behind [`Store`](stepwell_store::Store).

mod comparing;
mod driving;
mod execution;
mod faces;
mod state;
mod words;
mod workspace;

pub use comparing::TakenUpComparison;
pub use driving::{TakenUp, is_locked, signer_of_fetched};
pub use faces::{Engine, Follow};
pub use state::{
    BuiltinStep, BuiltinSteps, EngineParts, FetchedPlugin, NoSources, PluginSource, Reach,
    StepsApart, WantedPlugin,
};
pub use stepwell_comparison::{
    AgainstBaseline, BatchView, BatchesView, CaseView, CellAnswer, CellDetail, CellFile,
    CellStatus, CellView, CheckResult, ComparisonOutcome, ComparisonStatus, ComparisonSummary,
    ComparisonView, DiffLine, Difference, Hunk, Interval, JudgeVerdict, LineKind, MEASURES,
    PromptHistory, Segment, TextDifference, VariantNumbers, VariantView, Verdict, VersionHistory,
    differences,
};
pub use stepwell_contract::Spent;
pub use words::*;
pub use workspace::{named_diff, unified_diff};
