//! Tokens, money, times and sizes as a person reads them. What isn't known is a dash, never 0.

use jiff::{Timestamp, Unit};
use stepwell_contract::Money;
use stepwell_engine::Spent;

const UNKNOWN: &str = "–";

/// A number of tokens, with room between the thousands.
pub(crate) fn tokens(count: u64) -> String {
    let digits = count.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    grouped
}

/// Money, where a price is set.
pub(crate) fn money(money: Option<Money>) -> String {
    money.map_or_else(|| UNKNOWN.to_owned(), |money| money.to_string())
}

/// Input and output tokens together, as far as they are known.
pub(crate) fn spent_tokens(spent: &Spent) -> String {
    match (spent.input_tokens, spent.output_tokens) {
        (None, None) => UNKNOWN.to_owned(),
        (input, output) => {
            let sum = tokens(input.unwrap_or(0) + output.unwrap_or(0));
            at_least(sum, spent.unknown_tokens)
        }
    }
}

/// The money of some calls, as far as it is known.
pub(crate) fn spent_money(spent: &Spent) -> String {
    match spent.money {
        None => UNKNOWN.to_owned(),
        Some(known) => at_least(known.to_string(), spent.unknown_money),
    }
}

fn at_least(sum: String, unknown: u64) -> String {
    if unknown == 0 {
        sum
    } else {
        format!("≥ {sum}")
    }
}

/// How long something took.
pub(crate) fn duration(from: Timestamp, to: Option<Timestamp>) -> String {
    let span = to.unwrap_or_else(Timestamp::now).since(from);
    let total = span.and_then(|span| span.total(Unit::Millisecond));
    // Whole milliseconds of a time that isn't negative.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let total = total.map(|total| total.max(0.0) as u64);
    total.map_or_else(|_| UNKNOWN.to_owned(), |total| milliseconds(Some(total)))
}

/// A duration in the unit that a person would choose.
pub(crate) fn milliseconds(duration: Option<u64>) -> String {
    match duration {
        None => UNKNOWN.to_owned(),
        Some(short @ ..1000) => format!("{short} ms"),
        Some(seconds @ ..60_000) => format!("{}.{} s", seconds / 1000, seconds % 1000 / 100),
        Some(minutes @ ..3_600_000) => {
            format!("{} min {} s", minutes / 60_000, minutes % 60_000 / 1000)
        }
        Some(hours) => format!("{} h {} min", hours / 3_600_000, hours % 3_600_000 / 60_000),
    }
}

/// A size.
pub(crate) fn bytes(size: u64) -> String {
    match size {
        0..1024 => format!("{size} B"),
        1024..1_048_576 => format!("{}.{} KiB", size / 1024, size % 1024 * 10 / 1024),
        _ => format!("{}.{} MiB", size >> 20, ((size & 0xf_ffff) * 10) >> 20),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_no_zero() {
        let unknown = Spent {
            attempts: 2,
            input_tokens: Some(12_345),
            output_tokens: Some(0),
            unknown_tokens: 1,
            ..Spent::default()
        };
        assert_eq!(spent_tokens(&unknown), "≥ 12\u{202f}345");
        assert_eq!(spent_money(&unknown), "–");
    }

    #[test]
    fn durations_have_the_unit_that_fits() {
        let shown: Vec<_> = [7, 1_250, 61_000, 7_500_000]
            .map(|duration| milliseconds(Some(duration)))
            .into();
        assert_eq!(shown, ["7 ms", "1.2 s", "1 min 1 s", "2 h 5 min"]);
    }
}
