//! Figures as a person reads them, and the one small chart. What isn't known is a dash, never 0.

use maud::{Markup, html};
use stepwell_contract::Money;
use stepwell_engine::{Difference, Interval};

use crate::terminal::duration;

/// The width that a chart draws in; its size on the screen is the style's.
const WIDTH: f64 = 160.0;

/// A figure of a variant: how it is written.
pub(super) type Written = fn(f64) -> String;

pub(super) fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

pub(super) fn score(score: f64) -> String {
    format!("{score:.2}")
}

/// Such as `p = 0.031`.
pub(super) fn probability(p: f64) -> String {
    match p < 0.001 {
        true => "p < 0.001".to_owned(),
        false => format!("p = {p:.3}"),
    }
}

/// A number of tokens, with room between the thousands.
pub(super) fn tokens(count: f64) -> String {
    let digits = whole(count).to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    grouped
}

pub(super) fn money(millionths: f64) -> String {
    Money(whole(millionths)).to_string()
}

pub(super) fn time(milliseconds: f64) -> String {
    duration(whole(milliseconds))
}

/// Such as `+120 (−40 to +280)`.
pub(super) fn difference(of: &Difference, written: Written) -> String {
    let nothing = written(0.0);
    let signed = |value: f64| match written(value.abs()) {
        amount if amount == nothing => "±0".to_owned(),
        amount if value < 0.0 => format!("−{amount}"),
        amount => format!("+{amount}"),
    };
    match of.interval {
        Some(Interval { low, high }) => {
            format!("{} ({} to {})", signed(of.mean), signed(low), signed(high))
        }
        None => signed(of.mean),
    }
}

/// A share as a dot, with its interval as a band. It repeats what stands beside it as text.
pub(super) fn share(value: f64, interval: Option<Interval>) -> Markup {
    html! {
        svg.chart viewBox=(format!("0 0 {WIDTH} 16")) aria-hidden="true" {
            rect.track x="0" y="6.5" width=(WIDTH) height="3" rx="1.5" {}
            @if let Some(Interval { low, high }) = interval {
                rect.band x=(at(low)) y="4" width=(tenths(at(high) - at(low))) height="8" rx="4" {}
            }
            circle.dot cx=(at(value).clamp(4.0, WIDTH - 4.0)) cy="8" r="4" {}
        }
    }
}

fn at(share: f64) -> f64 {
    tenths(share.clamp(0.0, 1.0) * WIDTH)
}

fn tenths(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// A median or a difference without its fraction, which nobody reads.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rounded, and not negative"
)]
fn whole(value: f64) -> u64 {
    value.round().max(0.0) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_bear_their_signs() {
        let of = |mean, interval: Option<(f64, f64)>| Difference {
            cases: 4,
            mean,
            interval: interval.map(|(low, high)| Interval { low, high }),
            p_value: None,
        };
        for (given, written, expected) in [
            (
                of(1234.4, Some((-40.0, 2800.0))),
                tokens as Written,
                "+1\u{202f}234 (−40 to +2\u{202f}800)",
            ),
            (of(0.3, None), tokens, "±0"),
            (of(-0.25, Some((-0.5, 0.001))), score, "−0.25 (−0.50 to ±0)"),
            (of(1200.0, None), time, "+1.2 s"),
        ] {
            assert_eq!(difference(&given, written), expected);
        }
    }

    #[test]
    fn no_probability_is_said_to_be_nothing() {
        assert_eq!(probability(0.03125), "p = 0.031");
        assert_eq!(probability(0.000_2), "p < 0.001");
    }

    #[test]
    fn a_chart_stays_within_its_room() {
        let drawn = share(
            1.0,
            Some(Interval {
                low: 0.9,
                high: 1.0,
            }),
        )
        .into_string();
        assert!(drawn.contains("x=\"144\" y=\"4\" width=\"16\""), "{drawn}");
        assert!(drawn.contains("cx=\"156\""), "{drawn}");
    }
}
