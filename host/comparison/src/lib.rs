//! What came of the cells of a comparison, in numbers and in words.
//!
//! Everything here is a function of what it is given: nothing reads a store, a file or a clock. The engine carries the
//! cells out and hands their figures in.

mod answers;
mod cells;
mod checks;
mod differences;
mod figures;
mod history;
mod measures;
mod numbers;
mod sentences;
mod statistics;
mod timing;
mod views;

pub use answers::CellAnswer;
pub use cells::{CellDetail, CellFile, CellStatus, CellView, TextOf};
pub use checks::{CheckResult, Examined, JudgeVerdict, evaluate};
pub use differences::{DiffLine, Hunk, LineKind, Segment, TextDifference, differences};
pub use figures::{AgainstBaseline, Difference, VariantNumbers, Verdict};
pub use history::{PromptHistory, VersionHistory, together};
pub use measures::{MEASURES, Measure};
pub use numbers::{CellNumbers, Numbers, compare};
pub use sentences::same_cases;
pub use statistics::{Interval, mean};
pub use timing::{CallTimes, Work, taken};
pub use views::{
    BatchView, BatchesView, CaseView, ComparisonOutcome, ComparisonStatus, ComparisonSummary,
    ComparisonView, VariantView,
};
