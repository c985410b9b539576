//! Times and sums as people say them.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use stepwell_contract::{Age, amounts};
use stepwell_engine::Spent;

/// The machine's clock, and the one place that asks it: what the engine writes down has its time from here, too.
#[allow(
    clippy::disallowed_methods,
    reason = "the command hands it down to everybody else"
)]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

/// How long it took from one time to another.
pub(crate) fn between(from: Timestamp, to: Timestamp) -> String {
    let milliseconds = to.duration_since(from).as_millis();
    amounts::duration(u64::try_from(milliseconds).unwrap_or(0))
}

/// Such as `just now`, `5 min ago`, `yesterday`, `2026-01-31`.
pub(crate) fn ago(then: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    match Age::of(then, now, zone) {
        Age::Now => "just now".into(),
        Age::Minutes(minutes) => format!("{minutes} min ago"),
        Age::Hours(hours) => format!("{hours} h ago"),
        Age::Yesterday => "yesterday".into(),
        Age::Days(days) => format!("{days} days ago"),
        Age::On(day) => day.to_string(),
    }
}

/// The time of day, such as `12:03:04`.
pub(crate) fn clock(time: Timestamp, zone: &TimeZone) -> String {
    time.to_zoned(zone.clone()).strftime("%H:%M:%S").to_string()
}

/// What was spent on models. What isn't known is said to be unknown, never 0.
pub(crate) fn spent(spent: &Spent) -> String {
    let Spent {
        calls,
        attempts,
        input_tokens,
        output_tokens,
        money,
        unknown_tokens,
        unknown_money,
    } = *spent;
    if calls == 0 {
        return "no calls to models".into();
    }
    let mut text = format!("{calls} {}", plural(calls, "call"));
    if attempts > calls {
        text += &format!(" ({attempts} attempts)");
    }
    let at_least = |unknown: u64| if unknown == 0 { "" } else { "at least " };
    text += &match (input_tokens, output_tokens) {
        (None, None) => ", tokens unknown".into(),
        (input, output) => {
            let side = |tokens: Option<u64>| tokens.map_or("unknown".to_owned(), amounts::tokens);
            let bound = at_least(unknown_tokens);
            format!(", {bound}{} tokens in, {} out", side(input), side(output))
        }
    };
    text += &match money {
        None => ", cost unknown".into(),
        Some(money) => format!(", {}{money}", at_least(unknown_money)),
    };
    text
}

fn plural(number: u64, word: &str) -> String {
    if number == 1 {
        word.to_owned()
    } else {
        format!("{word}s")
    }
}

#[cfg(test)]
mod tests {
    use stepwell_contract::Money;

    use super::*;

    #[test]
    fn times_are_said_as_people_do() {
        let now: Timestamp = "2026-03-10T12:00:00Z".parse().unwrap();
        let shown = |then: &str| ago(then.parse().unwrap(), now, &TimeZone::UTC);
        assert_eq!(shown("2026-03-10T11:59:30Z"), "just now");
        assert_eq!(
            shown("2026-03-10T12:00:30Z"),
            "just now",
            "a clock that was set back is no reason to be odd"
        );
        assert_eq!(shown("2026-03-10T09:00:00Z"), "3 h ago");
        assert_eq!(shown("2026-03-09T11:00:00Z"), "yesterday");
        assert_eq!(shown("2026-03-06T11:00:00Z"), "4 days ago");
        assert_eq!(shown("2026-01-31T11:00:00Z"), "2026-01-31");
    }

    #[test]
    fn what_is_unknown_is_never_zero() {
        assert_eq!(spent(&Spent::default()), "no calls to models");
        let known = Spent {
            calls: 1,
            attempts: 1,
            input_tokens: Some(10),
            output_tokens: Some(5),
            money: Some(Money(20_000)),
            ..Spent::default()
        };
        assert_eq!(spent(&known), "1 call, 10 tokens in, 5 out, $0.02");
        let unknown = Spent {
            unknown_money: 1,
            money: None,
            unknown_tokens: 1,
            input_tokens: None,
            output_tokens: None,
            ..known
        };
        assert_eq!(spent(&unknown), "1 call, tokens unknown, cost unknown");
        let partly = Spent {
            calls: 2,
            attempts: 3,
            unknown_money: 1,
            unknown_tokens: 1,
            ..known
        };
        assert_eq!(
            spent(&partly),
            "2 calls (3 attempts), at least 10 tokens in, 5 out, at least $0.02"
        );
    }
}
