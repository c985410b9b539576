//! A cell of a comparison with all its texts, as a person reads it in a terminal.

use stepwell_contract::amounts;
use stepwell_engine::{CellAnswer, CellDetail, CellView, CheckResult, ComparisonView, named_diff};

use super::style::plain;
use super::{Style, duration, score, tail, tokens};

/// What cells were answered, case by case: the beginning of each text.
pub(crate) fn answers_text(view: &ComparisonView, answers: &[CellAnswer], style: Style) -> String {
    let mut text = String::new();
    let mut last = None;
    for answer in answers {
        if last != Some(answer.case) {
            let case = view.cases.get(answer.case as usize);
            let id = case.map_or("", |case| case.id.as_str());
            text += &style.strong(&format!("=== {} ===\n", plain(id)));
            last = Some(answer.case);
        }
        let variant = view.variants.get(answer.variant as usize);
        let label = variant.map_or("", |variant| variant.label.as_str());
        let repeat = match view.summary.repeats {
            1 => String::new(),
            _ => format!(" repeat {}", answer.repeat),
        };
        let head = format!(
            "--- {}{repeat}: {} ---\n",
            plain(label),
            plain(&answer.of().to_string())
        );
        text += &style.dim(&head);
        text += plain(&answer.text).trim_end();
        text.push('\n');
        if (answer.text.len() as u64) < answer.bytes {
            let rest = amounts::size(answer.bytes - answer.text.len() as u64);
            text += &style.dim(&format!("… {rest} more\n"));
        }
    }
    text
}

/// One cell with all its texts: what was sent, what came, and what differs from the baseline.
pub(crate) fn case_text(
    view: &ComparisonView,
    detail: &CellDetail,
    baseline: Option<&CellDetail>,
    style: Style,
) -> String {
    let cell = &detail.cell;
    let label = |place: u32| {
        let variant = view.variants.get(place as usize);
        variant.map_or_else(String::new, |variant| variant.label.clone())
    };
    let own = label(cell.variant);
    let repeat = match view.summary.repeats {
        1 => String::new(),
        _ => format!(" repeat {}", cell.repeat),
    };
    let mut text = style.strong(&format!("=== {own}{repeat} ===\n"));
    text += &format!("{}\n", style.dim(&facts(cell).join(", ")));
    if let Some(problem) = &cell.problem {
        text += &format!("{} {}\n", style.bad("failed:"), plain(&problem.message));
    }
    for check in &cell.checks {
        text += &check_line(check, style);
    }
    let differs = baseline.filter(|baseline| {
        baseline.cell.variant != cell.variant || baseline.cell.repeat != cell.repeat
    });
    for of in detail.texts() {
        let Some(own_text) = detail.text(of) else {
            continue;
        };
        text += &format!("\n{}\n", style.strong(&plain(&of.to_string())));
        match differs.and_then(|baseline| baseline.text(of)) {
            Some(before) if before == own_text => text += &style.dim("as with the baseline\n"),
            Some(before) => {
                let (before, after) = (Some(before.as_bytes()), Some(own_text.as_bytes()));
                let diff = named_diff(before, after, &label(view.baseline), &own);
                text += &style.diff(&diff);
            }
            None => {
                text += &plain(own_text);
                if !own_text.ends_with('\n') {
                    text.push('\n');
                }
            }
        }
    }
    text
}

/// What was measured of a cell.
fn facts(cell: &CellView) -> Vec<String> {
    let first = cell.first_token_ms;
    let facts = [
        cell.tokens.map(|count| format!("{} tokens", tokens(count))),
        cell.money.map(|money| money.to_string()),
        cell.duration_ms.map(duration),
        first.map(|first| format!("first token after {}", duration(first))),
        cell.run.map(|run| format!("run {}", tail(run))),
    ];
    facts.into_iter().flatten().collect()
}

/// What a check found.
fn check_line(check: &CheckResult, style: Style) -> String {
    let found = &check.found;
    let mark = match found.passed {
        None if found.score.is_some() => "judged".into(),
        Some(true) => style.good("passed"),
        Some(false) => style.bad("failed"),
        None => style.dim("not judged"),
    };
    let detail = found.detail.as_ref();
    let detail = detail.map(|detail| format!(" ({})", plain(detail)));
    let given = found.score.map(|given| format!(", score {}", score(given)));
    format!(
        "{mark}: {}{}{}\n",
        plain(&check.what),
        given.unwrap_or_default(),
        detail.unwrap_or_default()
    )
}
