//! Amounts as a person reads them: `256 MiB`, `31.2 s`.

use std::time::Duration;

/// Bytes in the largest binary unit that leaves at least 1, with one decimal where it isn't whole.
pub(crate) fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let power = (bytes.ilog2() / 10).min(4);
    let unit = 1_u64 << (10 * power);
    let name = UNITS[power as usize - 1];
    // Rounded up: an amount beyond a limit must not read like the limit.
    let tenths = (u128::from(bytes) * 10).div_ceil(u128::from(unit));
    if tenths.is_multiple_of(10) {
        format!("{} {name}", tenths / 10)
    } else {
        format!("{}.{} {name}", tenths / 10, tenths % 10)
    }
}

/// A duration in seconds, or in milliseconds below one.
pub(crate) fn duration(duration: Duration) -> String {
    let milliseconds = duration.as_millis();
    if milliseconds < 1000 {
        return format!("{milliseconds} ms");
    }
    let tenths = duration.as_nanos().div_ceil(100_000_000);
    if tenths.is_multiple_of(10) {
        format!("{} s", tenths / 10)
    } else {
        format!("{}.{} s", tenths / 10, tenths % 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_carry_their_unit() {
        assert_eq!(bytes(0), "0 B");
        assert_eq!(bytes(1023), "1023 B");
        assert_eq!(bytes(256 << 20), "256 MiB");
        assert_eq!(bytes((256 << 20) + 1), "256.1 MiB");
        assert_eq!(bytes(u64::MAX), "16777216 TiB");
        assert_eq!(duration(Duration::from_millis(50)), "50 ms");
        assert_eq!(duration(Duration::from_secs(30)), "30 s");
        assert_eq!(duration(Duration::from_millis(31_150)), "31.2 s");
    }
}
