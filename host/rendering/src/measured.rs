//! What the tables of versions have in common: which figures are columns, how they are named, and the share of cases that passed.

use maud::{Markup, html};
use stepwell_comparison::{MEASURES, Measure, VariantNumbers};
use stepwell_contract::amounts;

use crate::amounts::UNKNOWN;
use crate::charts;
use crate::texts::capital;

/// The figures that are known of any of these.
pub(crate) fn known<'n>(
    all: impl Iterator<Item = &'n VariantNumbers> + Clone,
) -> Vec<&'static Measure> {
    let known = |measure: &&Measure| all.clone().any(|one| (measure.of)(one).is_some());
    MEASURES.iter().filter(known).collect()
}

/// The largest of a figure, which the others are drawn as parts of.
pub(crate) fn largest<'n>(all: impl Iterator<Item = &'n VariantNumbers>, measure: &Measure) -> f64 {
    all.filter_map(measure.of).fold(0.0, f64::max)
}

/// A column's head, such as `Tokens (median)`.
pub(crate) fn name(measure: &Measure) -> String {
    format!("{} ({})", capital(measure.name), measure.over_cases)
}

/// The share of cases that passed, with its interval.
pub(crate) fn passed(numbers: &VariantNumbers) -> Markup {
    let (Some(rate), Some(interval)) = (numbers.pass_rate, numbers.pass_interval) else {
        return html! { (UNKNOWN) };
    };
    let range = amounts::percents(interval.low, interval.high);
    let words = format!("{} passed, {range}", amounts::percent(rate));
    html! {
        (numbers.passed_cases) " of " (numbers.checked_cases)
        (charts::share(rate, interval, &words))
        div.small.quiet { (amounts::percent(rate)) " (" (range) ")" }
    }
}
