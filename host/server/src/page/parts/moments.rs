//! Moments as a person reads them. A script gives them the reader's own time zone; without it they are in UTC.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use stepwell_contract::Age;
use stepwell_rendering::milliseconds;

/// When a page is made: what it says of ages is read at once.
#[allow(
    clippy::disallowed_methods,
    reason = "a reader's own time, which nothing is written down with"
)]
fn now() -> Timestamp {
    Timestamp::now()
}

/// How long ago something was.
pub(crate) fn age(at: Timestamp) -> Markup {
    let words = match Age::of(at, now(), &TimeZone::UTC) {
        Age::Now => "just now".to_owned(),
        Age::Minutes(minutes) => counted(minutes, "minute"),
        Age::Hours(hours) => counted(hours, "hour"),
        Age::Yesterday => "yesterday".to_owned(),
        Age::Days(days) => counted(i64::from(days), "day"),
        Age::On(day) => day.strftime("%-d %b %Y").to_string(),
    };
    html! { time datetime=(at) title=(written(at)) data-moment="title" { (words) } }
}

/// How long something took, or takes until now.
pub(crate) fn duration(from: Timestamp, to: Option<Timestamp>) -> String {
    let took = to.unwrap_or_else(now).duration_since(from);
    milliseconds(Some(u64::try_from(took.as_millis()).unwrap_or(0)))
}

/// The day and the minute.
pub(crate) fn moment(at: Timestamp) -> Markup {
    html! { time datetime=(at) data-moment="text" { (written(at)) } }
}

/// The time of the day, to the second.
pub(crate) fn clock(at: Timestamp) -> Markup {
    let time = at.strftime("%H:%M:%S").to_string();
    html! { time datetime=(at) title=(written(at)) data-moment="clock" { (time) } }
}

fn written(at: Timestamp) -> String {
    at.strftime("%-d %b %Y, %H:%M UTC").to_string()
}

fn counted(number: i64, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural} ago")
}
