//! Time beside a limit, as a person reads it: `31.2 s`, rounded up, so that what is beyond the limit doesn't read like it.

use std::time::Duration;

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
        assert_eq!(duration(Duration::from_millis(50)), "50 ms");
        assert_eq!(duration(Duration::from_secs(30)), "30 s");
        assert_eq!(duration(Duration::from_millis(31_150)), "31.2 s");
    }
}
