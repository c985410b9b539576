//! A comparison as a person reads it in a terminal.

use stepwell_contract::amounts;
use stepwell_engine::{
    BatchesView, CellStatus, CellView, ComparisonStatus, ComparisonView, MEASURES, VariantView,
};

use super::style::plain_line;
use super::{Style, Table, remedied, spent};

/// The whole matrix: a column for each variant, then a line for each case.
pub(crate) fn comparison_text(view: &ComparisonView, id: &str, style: Style) -> String {
    let summary = &view.summary;
    let of = match &summary.prompt {
        Some(prompt) => format!("prompt {prompt} in step {}", summary.step),
        None => format!("step {}", summary.step),
    };
    let mut text = format!(
        "comparison {id} of {of}: {}\n",
        status(summary.status, style)
    );
    if let Some(problem) = &summary.problem {
        text += &format!(
            "  {} {}\n",
            style.bad("stopped:"),
            plain_line(&problem.message)
        );
        if let Some(remedy) = problem.advice() {
            let hint = plain_line(&remedied(&remedy));
            text += &format!("  {} {hint}\n", style.hint("hint:"));
        }
    }
    if view.promotes {
        text += "  the better version is made current when it ends\n";
    }
    text.push('\n');
    text += &matrix(view, style);
    if !view.sentences.is_empty() {
        text.push('\n');
        for sentence in &view.sentences {
            text += &format!("{}\n", plain_line(sentence));
        }
    }
    text += &format!("\nspent: {}\n", spent(&view.spent));
    for sentence in view.batches.iter().flat_map(BatchesView::told) {
        text += &format!("{}\n", plain_line(&sentence));
    }
    text
}

fn status(status: ComparisonStatus, style: Style) -> String {
    match status {
        ComparisonStatus::Running => "running".into(),
        ComparisonStatus::Interrupted => style.warning("interrupted"),
        ComparisonStatus::Finished => style.good("finished"),
        ComparisonStatus::Stopped => style.bad("stopped"),
    }
}

fn matrix(view: &ComparisonView, style: Style) -> String {
    let mut table = Table::new();
    let variants = || view.variants.iter().enumerate();
    let heads = variants().map(|(place, variant)| {
        let is_baseline = place == view.baseline as usize;
        head(variant, is_baseline, style)
    });
    table.row(std::iter::once(String::new()).chain(heads));
    let mut figure = |name: &str, of: &dyn Fn(&VariantView) -> Option<String>| {
        let cells: Vec<Option<String>> = view.variants.iter().map(of).collect();
        if cells.iter().any(Option::is_some) {
            let cells = cells
                .into_iter()
                .map(|cell| cell.unwrap_or_else(|| "n/a".into()));
            table.row(std::iter::once(style.dim(name)).chain(cells));
        }
    };
    figure("passed", &|variant| {
        let numbers = &variant.numbers;
        let interval = numbers.pass_interval?;
        Some(format!(
            "{} of {}  ({})",
            numbers.passed_cases,
            numbers.checked_cases,
            amounts::percents(interval.low, interval.high)
        ))
    });
    for measure in &MEASURES {
        figure(measure.name, &|variant| {
            let value = (measure.of)(&variant.numbers)?;
            let change = measure.difference_of(&variant.numbers).map(|difference| {
                format!(
                    "  ({})",
                    amounts::difference(difference.mean, measure.written)
                )
            });
            Some(format!(
                "{}{}{}",
                (measure.written)(value),
                of_cases((measure.cases)(&variant.numbers), variant),
                change.unwrap_or_default()
            ))
        });
    }
    table.line(style.dim("case"));
    for (case, about) in view.cases.iter().enumerate() {
        let cells = variants().map(|(variant, _)| {
            let repeats =
                (1..=view.summary.repeats).filter_map(|repeat| view.cell(case, variant, repeat));
            cell_text(&repeats.collect::<Vec<_>>(), style)
        });
        table.row(std::iter::once(plain_line(&about.id)).chain(cells));
    }
    table.text()
}

/// A variant as it stands above its column.
fn head(variant: &VariantView, is_baseline: bool, style: Style) -> String {
    let mut head = style.strong(&variant.label);
    if is_baseline {
        head += " baseline";
    }
    if variant.current {
        head += " current";
    }
    if !variant.kept && variant.version.is_some() {
        head += " (deleted)";
    }
    head
}

/// Of how many cases a figure is, where it isn't known of all.
fn of_cases(known: u32, variant: &VariantView) -> String {
    match known < variant.numbers.cases {
        true => format!(" (of {known})"),
        false => String::new(),
    }
}

/// The repeats of one case with one variant, in one line.
fn cell_text(repeats: &[&CellView], style: Style) -> String {
    let judged: Vec<bool> = repeats.iter().filter_map(|cell| cell.passed).collect();
    let passed = judged.iter().filter(|passed| **passed).count();
    let mut text = match (judged.as_slice(), repeats) {
        ([], [only]) => mark(only.status, style),
        ([], several) => {
            let done = several.iter().filter(|cell| cell.has_outcome()).count();
            format!("{done} of {} done", several.len())
        }
        ([true], [_]) => style.good("passed"),
        ([false], [_]) => style.bad("failed"),
        (judged, several) => {
            let text = format!("{passed} of {}", several.len());
            match passed * 2 > judged.len() {
                true => style.good(&text),
                false => style.bad(&text),
            }
        }
    };
    let why = repeats.iter().find_map(|cell| why_not(cell));
    if let Some(why) = why {
        text += &format!("  {}", style.dim(&plain_line(&why)));
    }
    if let Some(rating) = repeats.iter().find_map(|cell| cell.rating.as_ref()) {
        text += &format!("  rated {}/5", rating.score);
    }
    text
}

/// What a cell failed of, in few words.
fn why_not(cell: &CellView) -> Option<String> {
    if let Some(problem) = &cell.problem {
        return Some(cut(&format!("{}: {}", problem.code, problem.message)));
    }
    let failed: Vec<_> = cell
        .checks
        .iter()
        .filter(|check| check.found.passed == Some(false))
        .collect();
    match failed.as_slice() {
        [] => None,
        [only] => Some(cut(&format!("not: {}", only.what))),
        [first, ..] => Some(cut(&format!(
            "{} checks, such as: {}",
            failed.len(),
            first.what
        ))),
    }
}

fn cut(text: &str) -> String {
    const WIDEST: usize = 48;
    let line = text.lines().next().unwrap_or_default();
    let mut cut: String = line.chars().take(WIDEST).collect();
    if cut.len() < line.len() {
        cut.push('…');
    }
    cut
}

fn mark(status: CellStatus, style: Style) -> String {
    match status {
        CellStatus::Pending => style.dim("pending"),
        CellStatus::Running => "running".into(),
        CellStatus::Success => style.good("done"),
        CellStatus::Failure => style.bad("failed"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn spent(calls: u64) -> Value {
        json!({ "calls": calls, "attempts": calls, "input_tokens": 900, "output_tokens": 300, "money": null,
                "unknown_tokens": 0, "unknown_money": calls })
    }

    fn variant(label: &str, current: bool, kept: bool, numbers: &Value) -> Value {
        json!({ "label": label, "version": 1, "model": "writer", "provider_model": "w", "kept": kept, "current": current,
                "latest": current, "note": "", "created_at": null, "template": "t", "numbers": numbers })
    }

    fn numbers(passed: u32, score: f64, against: Option<Value>) -> Value {
        json!({ "finished": 4, "cells": 4, "failed": 0, "checked_cases": 2, "passed_cases": passed,
                "pass_rate": f64::from(passed) / 2.0, "pass_interval": { "low": 0.095, "high": 0.905 }, "score": score,
                "money": null, "tokens": 600.0, "duration_ms": 1500.0, "against_baseline": against })
    }

    fn cell(case: u32, variant: u32, repeat: u32, status: &str, passed: Option<bool>) -> Value {
        let check = json!({ "what": "the document contains “x”", "passed": passed, "score": null, "detail": null });
        json!({ "case": case, "variant": variant, "repeat": repeat,
                "identity": stepwell_contract::Digest::of("cell"), "run": null, "status": status, "taken_over": false,
                "checks": if passed.is_some() { vec![check] } else { Vec::new() }, "passed": passed, "score": null,
                "spent": spent(1), "tokens": 600, "money": null, "first_token_ms": null, "duration_ms": 1500,
                "documents": [], "files": [], "problem": null, "rating": null })
    }

    /// Two versions on two cases, twice each.
    fn view() -> ComparisonView {
        let difference = |mean: f64| json!({ "cases": 2, "mean": mean, "interval": null });
        let against = json!({ "cases": 2, "checked_cases": 2, "left_out": 0, "better": 1, "worse": 0, "p_value": 1.0,
            "score": difference(0.25), "money": null, "tokens": difference(-12.0), "duration_ms": difference(40.0),
            "verdict": "cant-tell", "sentence": "" });
        let mut failed = cell(1, 1, 2, "failure", None);
        failed["problem"] =
            json!({ "code": "trap", "message": "it broke\u{1b}[2J", "hint": null, "step": null });
        let mut rated = cell(0, 1, 1, "success", Some(true));
        rated["rating"] =
            json!({ "score": 4, "comment": "", "by": "", "at": "2026-01-01T00:00:00Z" });
        let case = |id: &str| json!({ "id": id, "inputs": {}, "answers": {}, "files": null, "checks": [] });
        let view = json!({
            "id": "018f3a5e-0000-7000-8000-000000000001", "step": "draft", "plugin": "builtin:draft", "prompt": "draft",
            "status": "finished", "problem": null, "labels": ["v1", "v2"], "case_count": 2, "repeats": 2,
            "created_at": "2026-01-01T00:00:00Z", "ended_at": null, "baseline": 0, "budget": {}, "spent": spent(8),
            "variants": [
                variant("v1", false, false, &numbers(1, 0.5, None)),
                variant("v2", true, true, &numbers(2, 0.75, Some(against))),
            ],
            "cases": [case("tea"), case("milk")],
            "cells": [
                cell(0, 0, 1, "success", Some(true)), cell(0, 0, 2, "success", Some(false)),
                rated, cell(0, 1, 2, "success", Some(true)),
                cell(1, 0, 1, "success", Some(true)), cell(1, 0, 2, "success", Some(true)),
                cell(1, 1, 1, "success", Some(true)), failed,
            ],
            "sentences": ["Can't tell with so few."], "cursor": 9,
        });
        serde_json::from_value(view).unwrap()
    }

    #[test]
    fn the_matrix_lines_up_and_shows_repeats_as_k_of_n() {
        let mut view = view();
        let numbers = &mut view.variants[1].numbers;
        (numbers.cases, numbers.token_cases) = (2, 1);
        let shown = comparison_text(&view, "0001", Style::new(false));
        let expected = "\
comparison 0001 of prompt draft in step draft: finished

        v1 baseline (deleted)                   v2 current
passed  1 of 2  (10 % to 90 %)                  2 of 2  (10 % to 90 %)
score   0.50                                    0.75  (+0.25)
tokens  600                                     600 (of 1)  (−12)
time    1.5 s                                   1.5 s  (+40 ms)
case
tea     1 of 2  not: the document contains “x”  2 of 2  rated 4/5
milk    2 of 2                                  1 of 2  trap: it broke␛[2J

Can't tell with so few.

spent: 8 calls, 900 tokens in, 300 out, cost unknown
";
        assert_eq!(shown, expected);
    }
}
