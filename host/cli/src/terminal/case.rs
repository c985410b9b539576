//! A cell of a comparison with all its texts, as a person reads it in a terminal.

use stepwell_engine::{CellDetail, ComparisonView, named_diff};

use super::style::plain;
use super::{Style, duration, score, tail, tokens};

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
    let mut facts = Vec::new();
    facts.extend(cell.tokens.map(|count| format!("{} tokens", tokens(count))));
    facts.extend(cell.money.map(|money| money.to_string()));
    facts.extend(cell.duration_ms.map(duration));
    facts.extend(
        cell.first_token_ms
            .map(|first| format!("first token after {}", duration(first))),
    );
    facts.extend(cell.run.map(|run| format!("run {}", tail(run))));
    text += &format!("{}\n", style.dim(&facts.join(", ")));
    if let Some(problem) = &cell.problem {
        text += &format!("{} {}\n", style.bad("failed:"), plain(&problem.message));
    }
    for check in &cell.checks {
        let mark = match check.found.passed {
            None if check.found.score.is_some() => "judged".into(),
            Some(true) => style.good("passed"),
            Some(false) => style.bad("failed"),
            None => style.dim("not judged"),
        };
        let detail = check
            .found
            .detail
            .as_ref()
            .map(|detail| format!(" ({})", plain(detail)));
        let given = check
            .found
            .score
            .map(|given| format!(", score {}", score(given)));
        text += &format!(
            "{mark}: {}{}{}\n",
            plain(&check.what),
            given.unwrap_or_default(),
            detail.unwrap_or_default()
        );
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
