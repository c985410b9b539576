//! One line for each cell, as RFC 4180 says.
//!
//! The figures are plain numbers in one unit each, and what isn't known is empty, never 0.

use stepwell_comparison::{CellStatus, CellView, CheckResult, ComparisonView};
use stepwell_contract::Money;

/// The columns before those of the checks.
const FIRST: [&str; 13] = [
    "case",
    "variant",
    "version",
    "model",
    "repeat",
    "outcome",
    "passed",
    "score",
    "input_tokens",
    "output_tokens",
    "money",
    "first_token_ms",
    "duration_ms",
];

/// The columns after those of the checks.
const LAST: [&str; 5] = ["rating", "rating_comment", "problem_code", "problem", "run"];

/// The cells, after a line of the columns' names. Each check has a column; where a case lacks it, it is empty.
#[must_use]
pub fn csv(view: &ComparisonView) -> String {
    let mut checks: Vec<&str> = Vec::new();
    for check in view.cases.iter().flat_map(|case| &case.checks) {
        if !checks.contains(&check.as_str()) {
            checks.push(check);
        }
    }
    let heads = FIRST
        .into_iter()
        .map(str::to_owned)
        .chain(checks.iter().map(|check| format!("check: {check}")))
        .chain(LAST.into_iter().map(str::to_owned));
    let mut text = csv_line(heads);
    for cell in &view.cells {
        let case = view.cases.get(cell.case as usize);
        let variant = view.variants.get(cell.variant as usize);
        // Sums that lack an attempt are no sums.
        let known = cell.tokens.and(Some(&cell.spent));
        let first = [
            given(case.map(|case| &case.id)),
            given(variant.map(|variant| &variant.label)),
            number(variant.and_then(|variant| variant.version)),
            given(variant.and_then(|variant| variant.model.as_ref())),
            cell.repeat.to_string(),
            outcome(cell).to_owned(),
            number(cell.passed),
            number(cell.score),
            number(known.and_then(|spent| spent.input_tokens)),
            number(known.and_then(|spent| spent.output_tokens)),
            cell.money.map(csv_money).unwrap_or_default(),
            number(cell.first_token_ms),
            number(cell.duration_ms),
        ];
        let results = checks.iter().map(|check| {
            let result = cell.checks.iter().find(|result| result.what == *check);
            result.map(said).unwrap_or_default()
        });
        let (rating, problem) = (cell.rating.as_ref(), cell.problem.as_ref());
        let last = [
            number(rating.map(|rating| rating.score)),
            given(rating.map(|rating| &rating.comment)),
            number(problem.map(|problem| &problem.code)),
            given(problem.map(|problem| &problem.message)),
            number(cell.run),
        ];
        text += &csv_line(first.into_iter().chain(results).chain(last));
    }
    text
}

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

fn number(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// A text from outside. A spreadsheet would carry out one that begins like a formula.
fn given(text: Option<&String>) -> String {
    text.map(|text| csv_text(text)).unwrap_or_default()
}

/// A text from outside, so that a spreadsheet takes it for one.
#[must_use]
pub fn csv_text(text: &str) -> String {
    match text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        true => format!("'{text}"),
        false => text.to_owned(),
    }
}

fn said(result: &CheckResult) -> String {
    let word = match result.found.passed {
        Some(true) => "passed",
        Some(false) => "failed",
        None => "not judged",
    };
    match result.found.score {
        Some(score) => format!("{word} ({score})"),
        None => word.to_owned(),
    }
}

/// The whole amount, as a number of the currency.
#[must_use]
pub fn csv_money(Money(millionths): Money) -> String {
    format!("{}.{:06}", millionths / 1_000_000, millionths % 1_000_000)
}

/// A line of these fields. Quoted by hand: it is these few lines, and nothing can fail.
pub fn csv_line(fields: impl Iterator<Item = String>) -> String {
    let fields: Vec<String> = fields
        .map(|field| match field.contains([',', '"', '\r', '\n']) {
            true => format!("\"{}\"", field.replace('"', "\"\"")),
            false => field,
        })
        .collect();
    fields.join(",") + "\r\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up::{against_golden, view};

    #[test]
    fn a_comparison_as_csv() {
        against_golden("comparison.csv", &csv(&view()));
    }

    #[test]
    fn what_looks_like_a_formula_stays_text() {
        let mut view = view();
        view.cases[0].id = "=HYPERLINK(\"http://x\",\"a, b\")".into();
        let text = csv(&view);
        let line = text.lines().nth(1).unwrap_or_default();
        assert!(
            line.starts_with("\"'=HYPERLINK(\"\"http://x\"\",\"\"a, b\"\")\",v1,1,"),
            "{line}"
        );
    }
}
