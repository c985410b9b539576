//! What came of each variant: a mean, shares, medians and differences, each with its interval; and the prompts themselves.

use maud::{Markup, html};
use stepwell_comparison::{ComparisonView, Difference, Interval, Measure, VariantView, Verdict};
use stepwell_contract::{amounts, visible};

use crate::amounts::UNKNOWN;
use crate::around::{Around, Whole};
use crate::charts;
use crate::difference::{Shown, difference};
use crate::measured::{known, largest, name, passed};
use crate::summary::columns;
use crate::texts::{bounded_prompt, folded, prompt_text};

/// The table of the variants; columns of which nothing is known are left out.
#[must_use]
pub fn variants(view: &ComparisonView, around: &impl Around) -> Markup {
    let all = view.variants.iter().map(|variant| &variant.numbers);
    let judged = all.clone().any(|numbers| numbers.pass_rate.is_some());
    let measures = known(all);
    html! {
        div.card.flush tabindex="0" role="region" aria-label="What came of each version" {
            table.cards.numbers {
                thead {
                    tr {
                        th scope="col" { "Version" }
                        @if judged { th scope="col" { "Cases passed" } }
                        @for measure in &measures { th scope="col" { (name(measure)) } }
                        th scope="col" { "Beside the baseline" }
                    }
                }
                tbody {
                    @for place in columns(view) {
                        @let variant = &view.variants[place];
                        tr {
                            th scope="row" { strong { (around.name(variant)) } (about(view, place)) }
                            @if judged { td data-label="Cases passed" { (passed(&variant.numbers)) } }
                            @for measure in &measures { td data-label=(name(measure)) { (measured(view, variant, measure)) } }
                            td.verdict { (verdict(view, place)) (around.actions(variant)) }
                        }
                    }
                }
            }
        }
        p.small.quiet {
            "Beside a figure stands the mean difference to the baseline over the cases that both have. Ranges in brackets are \
             intervals of 95 %."
        }
    }
}

fn about(view: &ComparisonView, place: usize) -> Markup {
    let variant = &view.variants[place];
    let numbers = &variant.numbers;
    html! {
        div.row.small {
            @if place == view.baseline as usize { span.tag { "baseline" } }
            @if variant.current { span.tag.water { "current" } }
            @if variant.version.is_some() && !variant.kept { span.tag { "no longer kept" } }
            @if numbers.finished < numbers.cells { span.quiet { (numbers.finished) " of " (numbers.cells) " cells" } }
            @if numbers.failed > 0 { span.tag.bad { (numbers.failed) " failed" } }
        }
        @if let Some(model) = &variant.provider_model { div.small.quiet { (visible(model)) } }
        @if !variant.note.is_empty() { div.small.quiet { (visible(&variant.note)) } }
    }
}

fn measured(view: &ComparisonView, variant: &VariantView, measure: &Measure) -> Markup {
    let Some(value) = (measure.of)(&variant.numbers) else {
        return html! { (UNKNOWN) };
    };
    let written = (measure.written)(value);
    let all = || view.variants.iter().map(|variant| &variant.numbers);
    let differences = || all().filter_map(|numbers| measure.difference_of(numbers));
    let bounded = || differences().filter_map(|other| Some((other.mean, other.interval?)));
    let drawn = match measure.difference_of(&variant.numbers) {
        Some(difference) => {
            let words = differs(&difference, measure.written);
            html! {
                @if let Some(interval) = difference.interval {
                    (charts::difference(difference.mean, interval, charts::reach(bounded()), &words))
                }
                div.small.quiet { (words) }
            }
        }
        // Where nothing can be said of a difference, a bar would say it all the same.
        None if differences().next().is_some() && bounded().next().is_none() => html! {},
        None => charts::value(value, largest(all(), measure), &written),
    };
    html! { (written) (drawn) }
}

/// A difference with its interval, as a person reads it.
fn differs(difference: &Difference, written: fn(f64) -> String) -> String {
    let signed = |value| amounts::difference(value, written);
    let mean = signed(difference.mean);
    match difference.interval {
        Some(Interval { low, high }) => format!("{mean} ({} to {})", signed(low), signed(high)),
        None => mean,
    }
}

fn verdict(view: &ComparisonView, place: usize) -> Markup {
    let Some(against) = &view.variants[place].numbers.against_baseline else {
        return html! { span.quiet { @if place == view.baseline as usize { "The others are held against it." } @else { (UNKNOWN) } } };
    };
    let (class, word) = match against.verdict {
        Verdict::Better => ("good", "better"),
        Verdict::Worse => ("bad", "worse"),
        Verdict::Same => ("", "the same"),
        Verdict::CantTell => ("warn", "can't tell"),
        Verdict::NotJudged => ("", "not judged"),
    };
    html! {
        span class=(format!("tag {class}")) { (word) }
        @if let Some(p) = against.p_value {
            div.small.quiet {
                (against.better) " better, " (against.worse) " worse, " (amounts::probability(p))
                @if let Some(corrected) = against.corrected_p_value.filter(|corrected| *corrected > p) {
                    ", corrected " (amounts::probability(corrected))
                }
            }
        }
        @if against.left_out > 0 { div.small.quiet { (against.left_out) " left out: only one of the two has them" } }
    }
}

/// The templates: the baseline's whole, and before it what differs from it.
#[must_use]
pub fn templates(view: &ComparisonView, around: &impl Around) -> Markup {
    let baseline = &view.variants[view.baseline as usize];
    // A version that meets several models is told once.
    let mut seen = vec![baseline.version];
    let mut others: Vec<usize> = Vec::new();
    for place in columns(view) {
        let version = view.variants[place].version;
        if !seen.contains(&version) {
            seen.push(version);
            others.push(place);
        }
    }
    let has_one = |place: &usize| view.variants[*place].template.is_some();
    html! {
        @if baseline.template.is_some() || others.iter().any(has_one) {
            details.more #templates {
                summary { "What differs between the prompts" }
                div.stack {
                    @for place in others {
                        @let variant = &view.variants[place];
                        @if let (Some(old), Some(new)) = (&baseline.template, &variant.template) {
                            @let all = around.all(Whole::Template(place));
                            @let shown = Shown { whole: all.as_deref(), ..around.texts().shown };
                            div.stack.tight {
                                h3 { (baseline.label) " → " (variant.label) }
                                (difference(&format!("From {} to {}", baseline.label, variant.label), old, new, shown))
                                (folded("the whole text", &template(variant, new, all.as_deref())))
                            }
                        }
                    }
                    @if let Some(text) = &baseline.template {
                        @let all = around.all(Whole::Template(view.baseline as usize));
                        div.stack.tight { h3 { (baseline.label) } (template(baseline, text, all.as_deref())) }
                    }
                }
            }
        }
    }
}

fn template(variant: &VariantView, text: &str, all: Option<&str>) -> Markup {
    let label = format!("Text of {}", variant.label);
    match all {
        Some(all) => bounded_prompt(&label, text, all),
        None => prompt_text(&label, text),
    }
}

#[cfg(test)]
mod tests {
    use stepwell_comparison::MEASURES;

    use super::*;

    #[test]
    fn a_difference_stands_beside_its_interval() {
        let of = |mean, interval: Option<(f64, f64)>| Difference {
            cases: 4,
            mean,
            interval: interval.map(|(low, high)| Interval { low, high }),
            p_value: None,
        };
        let [score, tokens, ..] = MEASURES.map(|measure| measure.written);
        for (given, written, expected) in [
            (
                of(1234.4, Some((-40.0, 2800.0))),
                tokens,
                "+1\u{202f}234 (−40 to +2\u{202f}800)",
            ),
            (of(0.3, None), tokens, "±0"),
            (
                of(-0.25, Some((-0.5, 0.001))),
                score,
                "−0.25 (−0.50 to ±0.00)",
            ),
        ] {
            assert_eq!(differs(&given, written), expected);
        }
    }
}
