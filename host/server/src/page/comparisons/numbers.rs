//! What came of each variant: shares, medians and differences, each with its interval.

use maud::{Markup, html};
use stepwell_contract::Money;
use stepwell_engine::{ComparisonView, Difference, Interval, VariantView, Verdict};

use super::{charts, columns};
use crate::page::address::with_query;
use crate::page::parts;

/// A column of medians: how it is read from a variant, and how it is written.
struct Measure {
    name: &'static str,
    of: fn(&VariantView) -> Option<f64>,
    difference: fn(&VariantView) -> Option<Difference>,
    written: fn(f64) -> String,
}

const MEASURES: [Measure; 3] = [
    Measure {
        name: "Tokens",
        of: |variant| variant.numbers.tokens,
        difference: |variant| variant.numbers.against_baseline.as_ref()?.tokens,
        written: |value| parts::tokens(whole(value)),
    },
    Measure {
        name: "Time",
        of: |variant| variant.numbers.duration_ms,
        difference: |variant| variant.numbers.against_baseline.as_ref()?.duration_ms,
        written: |value| parts::milliseconds(Some(whole(value))),
    },
    Measure {
        name: "Money",
        of: |variant| variant.numbers.money,
        difference: |variant| variant.numbers.against_baseline.as_ref()?.money,
        written: |value| Money(whole(value)).to_string(),
    },
];

/// The table of the variants.
pub(super) fn numbers(view: &ComparisonView) -> Markup {
    let judged = view
        .variants
        .iter()
        .any(|variant| variant.numbers.pass_rate.is_some());
    let scored = view
        .variants
        .iter()
        .any(|variant| variant.numbers.score.is_some());
    let told = |measure: &&Measure| {
        view.variants
            .iter()
            .any(|variant| (measure.of)(variant).is_some())
    };
    let measures: Vec<&Measure> = MEASURES.iter().filter(told).collect();
    html! {
        div.card.flush #numbers data-live tabindex="0" role="region" aria-label="What came of each version" {
            table.cards.numbers {
                thead {
                    tr {
                        th { "Version" }
                        @if judged { th { "Cases passed" } }
                        @if scored { th { "Score" } }
                        @for measure in &measures { th { (measure.name) " (median)" } }
                        th { "Beside the baseline" }
                    }
                }
                tbody {
                    @for place in columns(view) {
                        (row(view, place, judged, scored, &measures))
                    }
                }
            }
        }
    }
}

fn row(
    view: &ComparisonView,
    place: usize,
    judged: bool,
    scored: bool,
    measures: &[&Measure],
) -> Markup {
    let variant = &view.variants[place];
    let numbers = &variant.numbers;
    let is_baseline = place == view.baseline as usize;
    html! {
        tr {
            th scope="row" {
                strong { (label(view, variant)) }
                div.row.small {
                    @if is_baseline { span.tag { "baseline" } }
                    @if variant.current { span.tag.water { "current" } }
                    @if variant.version.is_some() && !variant.kept { span.tag { "no longer kept" } }
                    @if numbers.finished < numbers.cells { span.quiet { (numbers.finished) " of " (numbers.cells) " cells" } }
                    @if numbers.failed > 0 { span.tag.bad { (numbers.failed) " failed" } }
                }
                @if !variant.note.is_empty() { div.small.quiet { (variant.note) } }
            }
            @if judged { td data-label="Cases passed" { (passed(variant)) } }
            @if scored { td data-label="Score" { (numbers.score.map_or_else(|| "–".to_owned(), |score| format!("{score:.2}"))) } }
            @for measure in measures { td data-label=(format!("{} (median)", measure.name)) { (measured(view, variant, measure)) } }
            td.verdict { (verdict(view, variant, is_baseline)) }
        }
    }
}

/// The name of a variant, leading to the version where it is still kept.
fn label(view: &ComparisonView, variant: &VariantView) -> Markup {
    let address = view
        .summary
        .prompt
        .as_ref()
        .zip(variant.version.filter(|_| variant.kept));
    html! {
        @if let Some((prompt, version)) = address {
            a href=(with_query(&format!("/prompts/{prompt}"), &[("version", &version.to_string())])) { (variant.label) }
        } @else { (variant.label) }
    }
}

fn passed(variant: &VariantView) -> Markup {
    let numbers = &variant.numbers;
    let Some(rate) = numbers.pass_rate else {
        return html! { "–" };
    };
    let range = numbers
        .pass_interval
        .map(|interval| format!("{} to {}", percent(interval.low), percent(interval.high)));
    let words = format!(
        "{} passed, {}",
        percent(rate),
        range.as_deref().unwrap_or("without an interval")
    );
    html! {
        (numbers.passed_cases) " of " (numbers.checked_cases)
        @if let Some(interval) = numbers.pass_interval { (charts::share(rate, interval, &words)) }
        @if let Some(range) = range { span.small.quiet { (percent(rate)) " (" (range) ")" } }
    }
}

fn measured(view: &ComparisonView, variant: &VariantView, measure: &Measure) -> Markup {
    let Some(value) = (measure.of)(variant) else {
        return html! { "–" };
    };
    let written = (measure.written)(value);
    let all = || view.variants.iter();
    let differences = || all().filter_map(measure.difference);
    let bounded = || differences().filter_map(|other| Some((other.mean, other.interval?)));
    let drawn = match (measure.difference)(variant) {
        Some(difference) => {
            let words = differs(&difference, measure.written);
            html! {
                @if let Some(interval) = difference.interval {
                    (charts::difference(difference.mean, interval, charts::reach(bounded()), &words))
                } @else { br; }
                span.small.quiet { (words) }
            }
        }
        // Where nothing can be said of a difference, a bar would say it all the same.
        None if differences().next().is_some() && bounded().next().is_none() => html! {},
        None => {
            let largest = all().filter_map(measure.of).fold(0.0, f64::max);
            charts::value(value, largest, &written)
        }
    };
    html! { (written) (drawn) }
}

/// A difference in words: `+120 (−40 to +280)`.
fn differs(difference: &Difference, written: fn(f64) -> String) -> String {
    let nothing = written(0.0);
    // Less than is shown is no difference.
    let signed = |value: f64| match written(value.abs()) {
        amount if amount == nothing => "±0".to_owned(),
        amount if value < 0.0 => format!("−{amount}"),
        amount => format!("+{amount}"),
    };
    let mean = signed(difference.mean);
    match difference.interval {
        Some(Interval { low, high }) => format!("{mean} ({} to {})", signed(low), signed(high)),
        None => mean,
    }
}

fn verdict(view: &ComparisonView, variant: &VariantView, is_baseline: bool) -> Markup {
    html! {
        @if is_baseline { span.quiet { "The others are held against it." } }
        @if let Some(against) = &variant.numbers.against_baseline {
            @let (class, word) = match against.verdict {
                Verdict::Better => ("good", "better"),
                Verdict::Worse => ("bad", "worse"),
                Verdict::Same => ("", "the same"),
                Verdict::CantTell => ("warn", "can't tell"),
                Verdict::NotJudged => ("", "not judged"),
            };
            span class=(format!("tag {class}")) { (word) }
            p.small { (parts::said(&against.sentence)) }
        }
        @if let Some(version) = variant.version.filter(|_| variant.kept && !variant.current) {
            form method="post" action=(format!("/comparisons/{}/promote", view.summary.id)) {
                input type="hidden" name="version" value=(version);
                button { "Make v" (version) " current" }
            }
        }
    }
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// A median or a difference without its fraction, which nobody reads.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn whole(value: f64) -> u64 {
    value.round().max(0.0) as u64
}
