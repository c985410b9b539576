//! Amounts as a person reads them, in the terminal, on the page and in a report: counts, durations, sizes, shares.
//!
//! Money writes itself. What isn't known is said by whoever shows it, and never written as 0.

use std::borrow::Cow;
use std::time::Duration;

/// A number of tokens, with room between the thousands: `12 345`.
#[must_use]
pub fn tokens(count: u64) -> String {
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

/// How long something took, in one unit or two: `350 ms`, `1.2 s`, `2 min 3 s`.
#[must_use]
pub fn duration(milliseconds: u64) -> String {
    let seconds = milliseconds / 1000;
    match seconds {
        0 => format!("{milliseconds} ms"),
        1..60 => format!("{seconds}.{} s", milliseconds % 1000 / 100),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3600),
    }
}

/// A size in the units that limits are written in, with one decimal where it isn't whole: `812 B`, `2.1 KiB`, `256 MiB`.
#[must_use]
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let power = (bytes.ilog2() / 10).min(4);
    let name = UNITS[power as usize - 1];
    // Rounded up: an amount beyond a limit must not read like the limit.
    let tenths = (u128::from(bytes) * 10).div_ceil(1 << (10 * power));
    match tenths.is_multiple_of(10) {
        true => format!("{} {name}", tenths / 10),
        false => format!("{}.{} {name}", tenths / 10, tenths % 10),
    }
}

/// A number of things, such as `1 case` or `2 cases`.
#[must_use]
pub fn counted(number: u64, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

/// A text of at most so many bytes, and a few more that say how long it was where something was cut off.
#[must_use]
pub fn cut(mut text: String, most: usize) -> String {
    if text.len() > most {
        let whole = size(text.len() as u64);
        text.truncate(text.floor_char_boundary(most));
        // What was cut off is not kept either.
        text.shrink_to_fit();
        text.push_str(&format!("… [cut: {whole} in all]"));
    }
    text
}

/// The beginning of a text, of at most so many bytes, to the end of a line where one is near.
#[must_use]
pub fn beginning(text: &str, most: usize) -> &str {
    if text.len() <= most {
        return text;
    }
    let cut = &text[..text.floor_char_boundary(most)];
    let line = cut.rfind('\n').map_or(0, |end| end + 1);
    match line * 2 > cut.len() {
        true => &cut[..line],
        false => cut,
    }
}

/// The end of a text, of at most so many bytes, with a word on how long it was where something is left out.
#[must_use]
pub fn ending(text: &str, most: usize) -> Cow<'_, str> {
    match text.len().checked_sub(most) {
        None | Some(0) => text.into(),
        Some(start) => {
            let rest = &text[text.ceil_char_boundary(start)..];
            format!(
                "[{} in all, of which this is the end] {rest}",
                size(text.len() as u64)
            )
            .into()
        }
    }
}

/// A score from 0 to 1: `0.75`.
#[must_use]
pub fn score(score: f64) -> String {
    format!("{score:.2}")
}

/// A share from 0 to 1: `83 %`.
#[must_use]
pub fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// From one share to another: `44 % to 97 %`.
#[must_use]
pub fn percents(low: f64, high: f64) -> String {
    format!("{} to {}", percent(low), percent(high))
}

/// A probability, which is never said to be nothing: `p = 0.031`, `p < 0.001`.
#[must_use]
pub fn probability(p: f64) -> String {
    match p < 0.001 {
        true => "p < 0.001".to_owned(),
        false => format!("p = {p:.3}"),
    }
}

/// A difference, written as its figure is: `+120`, `−40`. Less than is shown is no difference: `±0`.
#[must_use]
pub fn difference(value: f64, written: impl Fn(f64) -> String) -> String {
    let amount = written(value.abs());
    match () {
        () if amount == written(0.0) => format!("±{amount}"),
        () if value < 0.0 => format!("−{amount}"),
        () => format!("+{amount}"),
    }
}

/// How much more or less one figure is than another: `+20 %`; none where that is not worth a word.
#[must_use]
pub fn change(own: u64, other: u64) -> Option<String> {
    let percents = (i128::from(own) - i128::from(other)) * 100
        / i128::from(Some(other).filter(|other| *other > 0)?);
    match percents {
        0 => None,
        more @ 1.. => Some(format!("+{more} %")),
        less => Some(format!("−{} %", -less)),
    }
}

/// A median or a mean without its fraction, which nobody reads.
#[must_use]
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rounded, and not negative"
)]
pub fn whole(value: f64) -> u64 {
    value.round().max(0.0) as u64
}

/// So many things, in the width in which counts are kept: what is too large for it stays the largest that can be.
#[must_use]
pub fn count(things: usize) -> u32 {
    u32::try_from(things).unwrap_or(u32::MAX)
}

/// A duration in the unit in which it is kept.
#[must_use]
pub fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Money;

    #[test]
    fn an_amount_is_written_alike_everywhere() {
        for (written, expected) in [
            (tokens(7), "7"),
            (tokens(12_345), "12\u{202f}345"),
            (tokens(1_234_567), "1\u{202f}234\u{202f}567"),
            (duration(0), "0 ms"),
            (duration(350), "350 ms"),
            (duration(1_299), "1.2 s"),
            (duration(59_999), "59.9 s"),
            (duration(123_000), "2 min 3 s"),
            (duration(7_500_000), "2 h 5 min"),
            (duration(90_000_000), "1 d 1 h"),
            (size(0), "0 B"),
            (size(1023), "1023 B"),
            (size(2_190), "2.2 KiB"),
            (size(256 << 20), "256 MiB"),
            (size((256 << 20) + 1), "256.1 MiB"),
            (size(u64::MAX), "16777216 TiB"),
            (score(0.755), "0.76"),
            (percent(0.833), "83 %"),
            (percents(0.0, 0.39), "0 % to 39 %"),
            (probability(0.03125), "p = 0.031"),
            (probability(0.000_2), "p < 0.001"),
            (Money(5_950).to_string(), "$0.005950"),
            (Money(0).to_string(), "$0.00"),
            (Money(9_999).to_string(), "$0.009999"),
            (Money(10_000).to_string(), "$0.01"),
            (Money(19_507).to_string(), "$0.0195"),
            (Money(19_999).to_string(), "$0.02"),
            (Money(77_847).to_string(), "$0.0778"),
            (Money(500_000).to_string(), "$0.50"),
            (Money(999_951).to_string(), "$1.00"),
            (Money(1_250_000).to_string(), "$1.25"),
            (Money(1_995_000).to_string(), "$2.00"),
            (Money(u64::MAX).to_string(), "$18446744073709.55"),
        ] {
            assert_eq!(written, expected);
        }
    }

    #[test]
    fn one_is_no_plural() {
        assert_eq!(counted(1, "case"), "1 case");
        assert_eq!(counted(2, "cell"), "2 cells");
    }

    #[test]
    fn a_difference_bears_its_sign() {
        let tokens = |value| tokens(whole(value));
        let duration = |value| duration(whole(value));
        for (written, expected) in [
            (difference(1234.4, tokens), "+1\u{202f}234"),
            (difference(-40.0, tokens), "−40"),
            (difference(0.3, tokens), "±0"),
            (difference(-0.25, score), "−0.25"),
            (difference(0.001, score), "±0.00"),
            (difference(1200.0, duration), "+1.2 s"),
        ] {
            assert_eq!(written, expected);
        }
        assert_eq!(change(120, 100).as_deref(), Some("+20 %"));
        assert_eq!(change(50, 100).as_deref(), Some("−50 %"));
        assert_eq!((change(100, 100), change(5, 0)), (None, None));
    }

    #[test]
    fn a_text_is_cut_at_the_end_of_a_line_where_one_is_near() {
        assert_eq!(beginning("a\nb\n", 4), "a\nb\n");
        assert_eq!(beginning("tea\nmilk\n", 6), "tea\n");
        assert_eq!(beginning("a\nmilk", 5), "a\nmil");
        assert_eq!(beginning("ää", 3), "ä");
    }
}
