//! How long to wait before a call is tried again.
//!
//! Which errors are worth another attempt is decided where they are understood, in the wire formats.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

/// The bounds of waiting between attempts. The defaults suit real providers; tests make them short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// The most that is waited before the second attempt; it doubles with each further one.
    pub first: Duration,
    /// The most that is waited before any attempt, unless the provider asks for more.
    pub longest: Duration,
    /// Where a provider asks for a longer wait than this, the call fails instead.
    pub refuse_beyond: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(1),
            longest: Duration::from_secs(60),
            refuse_beyond: Duration::from_secs(600),
        }
    }
}

impl Patience {
    /// The wait after this many failed attempts: full jitter under a ceiling that doubles, and at least what
    /// the provider asked for.
    ///
    /// Without jitter, calls that were refused together would come back together. What is added to the
    /// provider's own figure is spread as well, for the same reason.
    pub(crate) fn wait(
        &self,
        failed: u32,
        asked: Option<Duration>,
        rng: &mut fastrand::Rng,
    ) -> Duration {
        let doubled = 1_u32
            .checked_shl(failed.saturating_sub(1))
            .filter(|factor| *factor != 0)
            .and_then(|factor| self.first.checked_mul(factor))
            .unwrap_or(self.longest);
        let spread = doubled.min(self.longest).mul_f64(rng.f64());
        match asked {
            Some(asked) => asked.saturating_add(spread.min(asked / 10)),
            None => spread,
        }
    }
}

/// The least wait that an answer's headers ask for.
pub(crate) fn asked_wait<'a>(
    header: impl Fn(&str) -> Option<&'a str>,
    now: Timestamp,
) -> Option<Duration> {
    if let Some(milliseconds) = header("retry-after-ms").and_then(|text| text.trim().parse().ok()) {
        return seconds(milliseconds, 1000.0);
    }
    let text = header("retry-after")?.trim();
    if let Ok(number) = text.parse() {
        return seconds(number, 1.0);
    }
    let until = jiff::fmt::rfc2822::DateTimeParser::new()
        .parse_timestamp(text)
        .ok()?;
    Some(Duration::try_from(until.duration_since(now)).unwrap_or_default())
}

/// The least wait that an error's own text asks for, as Google's do: `{"details": [{"retryDelay": "3s"}]}`.
pub(crate) fn wait_in(error: &Value) -> Option<Duration> {
    let details = error.get("details")?.as_array()?;
    let told = |detail: &Value| {
        let text = detail
            .get("retryDelay")?
            .as_str()?
            .trim()
            .strip_suffix('s')?;
        seconds(text.parse().ok()?, 1.0)
    };
    details.iter().filter_map(told).max()
}

fn seconds(number: f64, parts: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(number / parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn asked(name: &str, value: &str) -> Option<Duration> {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        asked_wait(|wanted| (wanted == name).then_some(value), now)
    }

    #[test]
    fn a_wait_is_asked_for_in_seconds_milliseconds_or_as_a_date() {
        assert_eq!(asked("retry-after", "7"), Some(Duration::from_secs(7)));
        assert_eq!(
            asked("retry-after", "0.5"),
            Some(Duration::from_millis(500))
        );
        assert_eq!(
            asked("retry-after-ms", "250"),
            Some(Duration::from_millis(250))
        );
        assert_eq!(
            asked("retry-after", "Thu, 01 Jan 2026 00:01:00 GMT"),
            Some(Duration::from_secs(60))
        );
        assert_eq!(
            asked("retry-after", "Wed, 01 Jan 2025 00:01:00 GMT"),
            Some(Duration::ZERO),
            "a date that has passed"
        );
        for nonsense in ["soon", "-3", "", "NaN", "1e400"] {
            assert_eq!(asked("retry-after", nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn an_errors_own_text_says_when_to_come_again() {
        let of = |delay: Value| {
            let info = "type.googleapis.com/google.rpc.RetryInfo";
            wait_in(&json!({ "details": [{ "a": 1 }, { "@type": info, "retryDelay": delay }] }))
        };
        assert_eq!(of(json!("3s")), Some(Duration::from_secs(3)));
        assert_eq!(of(json!("0.25s")), Some(Duration::from_millis(250)));
        for nonsense in [json!("soon"), json!("-1s"), json!(3), json!("3m")] {
            assert_eq!(of(nonsense), None);
        }
        assert_eq!(wait_in(&json!({ "details": "none" })), None);
    }

    #[test]
    fn waits_stay_under_their_ceiling_and_over_what_was_asked() {
        let patience = Patience::default();
        let mut rng = fastrand::Rng::with_seed(1);
        let mut greatest = Duration::ZERO;
        for failed in 1..200 {
            let wait = patience.wait(failed, None, &mut rng);
            let ceiling = Duration::from_secs(1 << failed.min(7).saturating_sub(1));
            assert!(wait <= ceiling.min(patience.longest), "{failed}: {wait:?}");
            greatest = greatest.max(wait);
        }
        assert!(greatest > Duration::from_secs(30), "the ceiling grows");
        let asked = Duration::from_secs(90);
        let wait = patience.wait(1, Some(asked), &mut rng);
        assert!(wait >= asked && wait < asked * 2, "{wait:?}");
    }
}
