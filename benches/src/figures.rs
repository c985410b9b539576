//! How figures are shown: a row of a table for each, medians, times in a unit that fits.

use std::time::Duration;

/// Begins the table.
pub fn table() {
    println!("| what | measured | aim |\n| --- | --- | --- |");
}

/// A row of the table.
pub fn row(what: &str, measured: &str, aim: &str) {
    println!("| {what} | {measured} | {aim} |");
}

/// The median of some times.
#[must_use]
pub fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// A time as a person reads it.
#[must_use]
pub fn shown(time: Duration) -> String {
    let nanos = time.as_nanos() as f64;
    match nanos {
        n if n < 1e3 => format!("{n:.0} ns"),
        n if n < 1e6 => format!("{:.2} µs", n / 1e3),
        n if n < 1e9 => format!("{:.2} ms", n / 1e6),
        n => format!("{:.2} s", n / 1e9),
    }
}
