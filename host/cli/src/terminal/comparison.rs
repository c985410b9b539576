//! A comparison as a person reads it in a terminal.

use stepwell_contract::Money;
use stepwell_engine::{
    CellStatus, CellView, ComparisonStatus, ComparisonView, Difference, VariantView,
};

use super::style::plain_line;
use super::{Style, Table, duration, spent};

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
        if let Some(hint) = &problem.hint {
            text += &format!("  {} {}\n", style.hint("hint:"), plain_line(hint));
        }
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
        let mut head = style.strong(&variant.label);
        if place == view.baseline as usize {
            head += " baseline";
        }
        if variant.current {
            head += " current";
        }
        if !variant.kept && variant.version.is_some() {
            head += " (deleted)";
        }
        head
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
            "{} of {}  ({:.0}–{:.0} %)",
            numbers.passed_cases,
            numbers.checked_cases,
            interval.low * 100.0,
            interval.high * 100.0
        ))
    });
    figure("score", &|variant| {
        let score = variant.numbers.score?;
        let delta = variant
            .numbers
            .against_baseline
            .as_ref()
            .and_then(|against| against.score);
        Some(format!(
            "{score:.2}{}",
            change(delta, |mean| format!("{mean:+.2}"))
        ))
    });
    figure("tokens", &|variant| {
        let tokens = variant.numbers.tokens?;
        let delta = variant
            .numbers
            .against_baseline
            .as_ref()
            .and_then(|against| against.tokens);
        Some(format!(
            "{tokens:.0}{}",
            change(delta, |mean| format!("{mean:+.0}"))
        ))
    });
    figure("money", &|variant| {
        let money = variant.numbers.money?;
        let delta = variant
            .numbers
            .against_baseline
            .as_ref()
            .and_then(|against| against.money);
        let signed = |mean: f64| {
            let sign = if mean < 0.0 { "-" } else { "+" };
            format!("{sign}{}", Money(mean.abs().round() as u64))
        };
        Some(format!(
            "{}{}",
            Money(money.round() as u64),
            change(delta, signed)
        ))
    });
    figure("time", &|variant| {
        let time = variant.numbers.duration_ms?;
        let delta = variant
            .numbers
            .against_baseline
            .as_ref()
            .and_then(|against| against.duration_ms);
        let signed = |mean: f64| {
            // Less than is shown is no difference.
            let sign = match mean {
                100.0.. => "+",
                ..=-100.0 => "-",
                _ => "±",
            };
            format!("{sign}{}", duration(mean.abs().round() as u64))
        };
        Some(format!(
            "{}{}",
            duration(time.round() as u64),
            change(delta, signed)
        ))
    });
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

fn change(delta: Option<Difference>, shown: impl Fn(f64) -> String) -> String {
    delta.map_or_else(String::new, |delta| format!("  ({})", shown(delta.mean)))
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
        .filter(|check| check.passed == Some(false))
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
