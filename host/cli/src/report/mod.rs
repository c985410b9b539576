//! A comparison as a file that is handed on: CSV for a spreadsheet, one HTML file for a reader.
//!
//! Both are pure functions of what the engine tells. They ask nothing, and write nothing.

mod csv;
mod html;

pub(crate) use csv::csv;
pub(crate) use html::html;

use stepwell_engine::{CellStatus, CellView};

/// What came of a cell, in one word or two; the checks decide where there are any.
fn outcome(cell: &CellView) -> &'static str {
    match (cell.status, cell.passed) {
        (CellStatus::Pending, _) => "pending",
        (CellStatus::Running, _) => "running",
        (CellStatus::Failure, _) => "step failed",
        (CellStatus::Success, Some(true)) => "passed",
        (CellStatus::Success, Some(false)) => "check failed",
        (CellStatus::Success, None) => "done",
    }
}

#[cfg(test)]
mod made_up;
