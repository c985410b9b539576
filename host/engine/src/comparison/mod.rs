//! Versions of a prompt, and models, side by side on the same cases (rows C1 to C3, rule E27).
//!
//! A comparison is a matrix: cases, by variants, by repeats. Each cell is an ordinary execution of one step, in a run of
//! its own that publishes nothing. What came of the cells is worked out when somebody looks: `checks`, `numbers` and
//! `statistics` know nothing of the store.

mod base;
mod carrying;
mod cells;
mod checks;
mod deciding;
mod differences;
mod judging;
mod looks;
mod matrix;
mod numbers;
mod outcomes;
mod requests;
mod sentences;
mod statistics;
mod timing;
mod viewing;
mod views;

pub use checks::{CheckResult, JudgeVerdict};
pub use differences::{DiffLine, Hunk, LineKind, Segment, TextDifference, differences};
pub(crate) use looks::SharedLooks;
pub use numbers::{AgainstBaseline, Difference, VariantNumbers, Verdict};
pub use requests::{
    CellAddress, CompareIn, DEFAULT_CONCURRENCY, RateCell, ResumeComparison, StartComparison,
};
pub use statistics::Interval;
pub use views::{
    CaseView, CellDetail, CellFile, CellStatus, CellView, ComparisonOutcome, ComparisonStatus,
    ComparisonSummary, ComparisonView, VariantView,
};
