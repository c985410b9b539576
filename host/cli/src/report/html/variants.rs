//! What came of each version: shares, medians and differences, each with its interval, and the prompts themselves.

use maud::{Markup, html};
use stepwell_engine::{ComparisonView, Difference, VariantView, Verdict};

use super::figures::{self, Written};
use super::texts;

/// A column of figures: how it is read from a variant, and how it is written.
struct Measure {
    name: &'static str,
    of: fn(&VariantView) -> Option<f64>,
    difference: fn(&VariantView) -> Option<Difference>,
    written: Written,
}

const MEASURES: [Measure; 4] = [
    Measure {
        name: "Score",
        of: |variant| variant.numbers.score,
        difference: |variant| variant.numbers.against_baseline.as_ref()?.score,
        written: figures::score,
    },
    Measure {
        name: "Tokens",
        of: |variant| variant.numbers.tokens,
        difference: |variant| variant.numbers.against_baseline.as_ref()?.tokens,
        written: figures::tokens,
    },
    Measure {
        name: "Money",
        of: |variant| variant.numbers.money,
        difference: |variant| variant.numbers.against_baseline.as_ref()?.money,
        written: figures::money,
    },
    Measure {
        name: "Time",
        of: |variant| variant.numbers.duration_ms,
        difference: |variant| variant.numbers.against_baseline.as_ref()?.duration_ms,
        written: figures::time,
    },
];

/// The table of the variants; columns of which nothing is known are left out.
pub(super) fn variants(view: &ComparisonView) -> Markup {
    let any = |of: &dyn Fn(&VariantView) -> bool| view.variants.iter().any(of);
    let judged = any(&|variant| variant.numbers.pass_rate.is_some());
    let measures: Vec<&Measure> = MEASURES
        .iter()
        .filter(|measure| any(&|variant| (measure.of)(variant).is_some()))
        .collect();
    html! {
        section aria-labelledby="versions" {
            h2 #versions { "Versions" }
            table.cards {
                thead {
                    tr {
                        th scope="col" { "Version" }
                        @if judged { th scope="col" { "Cases passed" } }
                        @for measure in &measures { th scope="col" { (measure.name) } }
                        th scope="col" { "Beside the baseline" }
                    }
                }
                tbody {
                    @for (place, variant) in view.variants.iter().enumerate() {
                        tr {
                            th scope="row" { (label(view, place)) (facts(view, place)) }
                            @if judged { td data-label="Cases passed" { (passed(variant)) } }
                            @for measure in &measures { td data-label=(measure.name) { (measured(variant, measure)) } }
                            td data-label="Beside the baseline" { (verdict(view, place)) }
                        }
                    }
                }
            }
            p.note {
                "The score is a mean over the cases, and the other figures are medians. Below each stands the mean difference \
                 to the baseline over the cases that both have. Bands and ranges in brackets are intervals of 95 %."
            }
        }
    }
}

/// The name of a variant, and whether the others are held against it.
pub(super) fn label(view: &ComparisonView, place: usize) -> Markup {
    html! {
        strong { (view.variants.get(place).map_or("", |variant| variant.label.as_str())) }
        @if place == view.baseline as usize { " " span.tag { "baseline" } }
    }
}

fn facts(view: &ComparisonView, place: usize) -> Markup {
    let variant = &view.variants[place];
    let numbers = &variant.numbers;
    html! {
        @if variant.current { " " span.tag.water { "current" } }
        @if variant.version.is_some() && !variant.kept { " " span.tag { "no longer kept" } }
        @if numbers.failed > 0 { " " span.tag.bad { (numbers.failed) " failed" } }
        @if numbers.finished < numbers.cells {
            " " span.tag { (numbers.finished) " of " (numbers.cells) " cells" }
        }
        @if let Some(model) = &variant.provider_model { div.small { (texts::visible(model)) } }
        @if !variant.note.is_empty() { div.small { (texts::visible(&variant.note)) } }
    }
}

fn passed(variant: &VariantView) -> Markup {
    let numbers = &variant.numbers;
    let Some(rate) = numbers.pass_rate else {
        return html! { "–" };
    };
    html! {
        strong { (numbers.passed_cases) " of " (numbers.checked_cases) }
        (figures::share(rate, numbers.pass_interval))
        div.small {
            (figures::percent(rate))
            @if let Some(interval) = numbers.pass_interval {
                " (" (figures::percent(interval.low)) " to " (figures::percent(interval.high)) ")"
            }
        }
    }
}

fn measured(variant: &VariantView, measure: &Measure) -> Markup {
    html! {
        span.figure { ((measure.of)(variant).map_or_else(|| "–".to_owned(), measure.written)) }
        @if let Some(difference) = (measure.difference)(variant) {
            div.small { (figures::difference(&difference, measure.written)) }
        }
    }
}

fn verdict(view: &ComparisonView, place: usize) -> Markup {
    let Some(against) = &view.variants[place].numbers.against_baseline else {
        return html! { span.quiet { @if place == view.baseline as usize { "the others are held against it" } @else { "–" } } };
    };
    let (class, word) = match against.verdict {
        Verdict::Better => ("good", "better"),
        Verdict::Worse => ("bad", "worse"),
        Verdict::Same => ("", "the same"),
        Verdict::CantTell => ("warn", "can’t tell"),
        Verdict::NotJudged => ("", "not judged"),
    };
    html! {
        span class=(format!("tag {class}")) { (word) }
        div.small {
            @if let Some(p) = against.p_value {
                (against.better) " better, " (against.worse) " worse, " (figures::probability(p))
                @if let Some(corrected) = against.corrected_p_value.filter(|corrected| *corrected > p) {
                    ", corrected " (figures::probability(corrected))
                }
            }
            @if against.left_out > 0 { div { (against.left_out) " left out: only one of the two has them" } }
        }
    }
}

/// The templates, the baseline's whole and the others as what differs from it.
pub(super) fn prompts(view: &ComparisonView) -> Markup {
    let baseline = view.variants.get(view.baseline as usize);
    let mut seen = Vec::new();
    let mut told = Vec::new();
    for (place, variant) in view.variants.iter().enumerate() {
        // A version that meets several models is told once.
        if seen.contains(&variant.version) {
            continue;
        }
        seen.push(variant.version);
        let (Some(version), Some(template)) = (variant.version, &variant.template) else {
            continue;
        };
        let is_baseline = baseline.is_some_and(|baseline| baseline.version == variant.version);
        let before = baseline
            .filter(|_| !is_baseline)
            .and_then(|baseline| baseline.template.as_deref());
        told.push(texts::beside(
            &format!("v{version}"),
            template,
            before,
            place == 1,
            texts::Room::for_cells(1),
        ));
    }
    html! {
        @if !told.is_empty() {
            section aria-labelledby="prompts" {
                h2 #prompts { "Prompts" }
                div.card { @for prompt in told { (prompt) } }
            }
        }
    }
}
