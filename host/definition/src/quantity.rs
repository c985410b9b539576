//! Durations, sizes and money as people write them: `10m`, `256MiB`, `1.25`.
//!
//! All of it is exact: no value passes through a floating-point number.

use std::time::Duration;

use stepwell_contract::Money;

/// Why a text can't be taken, with what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// It is none of its kind.
    Unreadable(String),
    /// It is one, and too small or too large; says what it must be.
    OutOfRange(&'static str),
}

impl From<&str> for Unfit {
    fn from(expected: &str) -> Self {
        Self::Unreadable(expected.to_owned())
    }
}

fn unreadable<T>(why: String) -> Result<T, Unfit> {
    Err(Unfit::Unreadable(why))
}

/// A duration such as `500ms`, `30s`, `10m`, `2h` or `1h30m`.
pub(crate) fn duration(text: &str) -> Result<Duration, Unfit> {
    const EXPECTED: &str = "write a number and a unit, such as `500ms`, `30s`, `10m` or `1h30m`";
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(EXPECTED.into());
    }
    const LONGEST: Unfit = Unfit::OutOfRange("at most `366d`");
    let mut milliseconds: u64 = 0;
    while !rest.is_empty() {
        let (digits, unit, after) = digits_and_unit(rest).ok_or(EXPECTED)?;
        let factor: u64 = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" | "min" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            "" => return unreadable(format!("a unit is missing: {EXPECTED}")),
            _ => return unreadable(format!("`{unit}` is no unit of time: {EXPECTED}")),
        };
        // So many digits that they are no number of this width are one all the same, and too large.
        let number: Option<u64> = digits.parse().ok();
        milliseconds = number
            .and_then(|number| number.checked_mul(factor)?.checked_add(milliseconds))
            // A year is as good as no limit, and far from where timers overflow.
            .filter(|sum| *sum <= 366 * 86_400_000)
            .ok_or(LONGEST)?;
        rest = after.trim_start();
    }
    if milliseconds == 0 {
        return Err(Unfit::OutOfRange("more than nothing"));
    }
    Ok(Duration::from_millis(milliseconds))
}

/// A size such as `256MiB`, `64KB` or `1GiB`, in bytes.
pub(crate) fn size(text: &str) -> Result<u64, Unfit> {
    const EXPECTED: &str = "write a whole number and a unit (B, KiB, MiB, GiB, kB, MB or GB), such as `64KiB`, `1500MB` or `1GiB`";
    let (digits, unit, after) = digits_and_unit(text.trim()).ok_or(EXPECTED)?;
    let factor: u64 = match unit {
        "B" | "" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "kB" | "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        _ => return unreadable(format!("`{unit}` is no unit of size: {EXPECTED}")),
    };
    if !after.is_empty() {
        return Err(EXPECTED.into());
    }
    let number: Option<u64> = digits.parse().ok();
    number
        .and_then(|number| number.checked_mul(factor))
        .filter(|bytes| *bytes <= i64::MAX as u64)
        .ok_or(Unfit::OutOfRange("less than `8589934592GiB`"))
}

/// Reads a size such as `512MiB` or `10GB`, in bytes.
///
/// # Errors
/// Why it is no size, for a person.
pub fn bytes(text: &str) -> Result<u64, String> {
    size(text).map_err(|unfit| match unfit {
        Unfit::Unreadable(why) => why,
        Unfit::OutOfRange(range) => format!("it must be {range}"),
    })
}

fn digits_and_unit(text: &str) -> Option<(&str, &str, &str)> {
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, rest) = text.split_at_checked(digits).filter(|_| digits > 0)?;
    let rest = rest.trim_start();
    let letters = rest
        .find(|c: char| !c.is_alphabetic())
        .unwrap_or(rest.len());
    Some((number, &rest[..letters], &rest[letters..]))
}

/// Reads dollars such as `5`, `1.25` or `0.000001`, exactly.
///
/// # Errors
/// Why it is no amount of money, for a person.
pub fn money(text: &str) -> Result<Money, String> {
    const EXPECTED: &str = "write dollars as a plain number, such as `5.00` or `0.125`";
    if text.starts_with('-') {
        return Err("it can't be less than nothing".into());
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return Err(EXPECTED.into());
    }
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > 6 {
        return Err(
            "it has more than six decimal places, and a millionth of a dollar is the smallest unit"
                .into(),
        );
    }
    Money::from_dollars(text)
        .filter(|money| money.0 <= i64::MAX as u64)
        .ok_or_else(|| "it is too much".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, milliseconds) in [
            ("500ms", 500),
            ("30s", 30_000),
            ("10m", 600_000),
            ("1h30m", 5_400_000),
            ("1h 30m", 5_400_000),
            ("1d", 86_400_000),
        ] {
            assert_eq!(
                duration(text),
                Ok(Duration::from_millis(milliseconds)),
                "{text}"
            );
        }
        for bad in [
            "",
            "10",
            "m",
            "10x",
            "-1s",
            "0s",
            "1.5s",
            "99999999999999d",
            "é",
        ] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn sizes() {
        for (text, bytes) in [
            ("256MiB", 256 << 20),
            ("64 KB", 64_000),
            ("12", 12),
            ("1GiB", 1 << 30),
        ] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for bad in ["", "MiB", "1XiB", "1MiB2", "-1", "99999999999GiB"] {
            assert!(size(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn money_is_exact() {
        for (text, micro) in [
            ("5", 5_000_000),
            ("5.00", 5_000_000),
            ("1.25", 1_250_000),
            ("0.000001", 1),
            ("0.1250000", 125_000),
        ] {
            assert_eq!(money(text), Ok(Money(micro)), "{text}");
        }
        for bad in [
            "",
            ".5",
            "1e3",
            "-1",
            "0.0000001",
            "inf",
            "nan",
            "99999999999999999",
        ] {
            assert!(money(bad).is_err(), "{bad}");
        }
    }
}
