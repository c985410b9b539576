//! How the versions of a prompt have done so far, as a table whose figures are drawn, too.

use maud::{Markup, html};
use stepwell_comparison::{Measure, PromptHistory, VariantNumbers, VersionHistory};
use stepwell_contract::amounts::counted;
use stepwell_contract::{ComparisonId, amounts};

use crate::amounts::{UNKNOWN, milliseconds, spent_money, spent_tokens};
use crate::charts;
use crate::measured::{known, largest, name, passed};

/// Comparisons of one version that are named.
const NAMED: usize = 5;

/// The table; `version` and `comparison` lead to what they name.
#[must_use]
pub fn history(
    history: &PromptHistory,
    version: impl Fn(&VersionHistory) -> Markup,
    comparison: impl Fn(ComparisonId) -> Markup,
) -> Markup {
    let measures = known(numbers_of(history));
    let compared = history.comparisons > 0;
    html! {
        div.card.flush tabindex="0" role="region" aria-label="How each version has done" {
            table.cards.numbers {
                thead {
                    tr {
                        th scope="col" { "Version" }
                        @if compared { th scope="col" { "Cases passed" } }
                        @for measure in &measures { th scope="col" { (name(measure)) } }
                        th scope="col" { "All calls" }
                        @if compared { th scope="col" { "Comparisons" } }
                    }
                }
                tbody {
                    @for one in &history.versions {
                        tr {
                            th scope="row" { (version(one)) (about(one)) }
                            @if compared { td data-label="Cases passed" { (passed(&one.numbers)) } }
                            @for measure in &measures { td data-label=(name(measure)) { (measured(history, one, measure)) } }
                            td data-label="All calls" { (calls(one)) }
                            @if compared {
                                td data-label="Comparisons" {
                                    @for id in one.comparisons.iter().take(NAMED) { div { (comparison(*id)) } }
                                    @if one.comparisons.is_empty() { (UNKNOWN) }
                                    @if one.comparisons.len() > NAMED { div.small.quiet { "and " (one.comparisons.len() - NAMED) " more" } }
                                }
                            }
                        }
                    }
                }
            }
        }
        p.small.quiet {
            "Versions may have met different cases here: only a comparison holds one against another. The same inputs are one case, in \
             however many comparisons they stand. Ranges are intervals of 95 %."
            @if history.older { " Older comparisons than the newest " (history.comparisons) " of this prompt are left out." }
        }
    }
}

fn numbers_of(history: &PromptHistory) -> impl Iterator<Item = &VariantNumbers> + Clone {
    history.versions.iter().map(|version| &version.numbers)
}

fn about(version: &VersionHistory) -> Markup {
    let numbers = &version.numbers;
    html! {
        div.row.small {
            @if version.current { span.tag.water { "current" } }
            @if !version.kept { span.tag { "no longer kept" } }
            @if numbers.finished > 0 { span.quiet { (counted(numbers.cases.into(), "case")) ", " (counted(numbers.finished.into(), "cell")) } }
            @if numbers.failed > 0 { span.tag.bad { (numbers.failed) " failed" } }
        }
    }
}

fn measured(history: &PromptHistory, version: &VersionHistory, measure: &Measure) -> Markup {
    let Some(value) = (measure.of)(&version.numbers) else {
        return html! { (UNKNOWN) };
    };
    let written = (measure.written)(value);
    if let (Some(interval), Some(range)) = (
        (measure.interval)(&version.numbers),
        measure.range(&version.numbers),
    ) {
        let words = format!("{written}, {range}");
        // What has an interval goes from 0 to 1.
        return html! { (written) (charts::share(value, interval, &words)) div.small.quiet { "(" (range) ")" } };
    }
    let largest = largest(numbers_of(history), measure);
    html! { (written) (charts::value(value, largest, &written)) }
}

/// What every call with it took, in runs, too.
fn calls(version: &VersionHistory) -> Markup {
    let spent = &version.spent;
    if spent.calls == 0 {
        return html! { span.quiet { "none" } };
    }
    html! {
        (amounts::tokens(spent.calls))
        div.small.quiet {
            (spent_tokens(spent)) " tokens, " (spent_money(spent))
            @if version.call_ms.is_some() { ", a median of " (milliseconds(version.call_ms)) " each" }
        }
    }
}

#[cfg(test)]
mod tests {
    use stepwell_comparison::{CellNumbers, together};
    use stepwell_contract::Spent;

    use super::*;

    #[test]
    fn a_figure_is_drawn_and_written() {
        let cell = |passed| CellNumbers {
            finished: true,
            passed: Some(passed),
            tokens: Some(1_200),
            score: Some(if passed { 0.75 } else { 0.25 }),
            ..CellNumbers::default()
        };
        let mut numbers = together([(3, 1, cell(true)), (3, 2, cell(false))]);
        let shown = history(
            &PromptHistory {
                name: "refine".into(),
                versions: vec![VersionHistory {
                    number: 3,
                    kept: false,
                    saved_at: None,
                    current: false,
                    numbers: numbers.remove(&3).unwrap(),
                    comparisons: Vec::new(),
                    spent: Spent::default(),
                    call_ms: None,
                }],
                comparisons: 20,
                older: true,
            },
            |version| html! { "v" (version.number) },
            |id| html! { (id) },
        );
        let shown = shown.into_string();
        for text in [
            "1 of 2",
            "role=\"img\"",
            "50 %",
            "aria-label=\"0.50, 0.25 to 0.75\"",
            "(0.25 to 0.75)",
            "1\u{202f}200",
            "no longer kept",
            "the newest 20",
        ] {
            assert!(shown.contains(text), "{text}: {shown}");
        }
    }
}
