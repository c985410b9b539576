//! How figures are shown: the machine, a row of a table for each, medians, times in a unit that fits. Beside those of an earlier run on the
//! same machine where one is named: `-- --against FILE`, which holds what that run printed.

use std::sync::OnceLock;
use std::time::Duration;

use crate::against::Earlier;
use crate::machine;

/// The option that names an earlier run.
const AGAINST: &str = "--against";

/// What a benchmark is asked for: its arguments, without those that all have and the one that `cargo bench` hands on.
#[must_use]
pub fn asked() -> Vec<String> {
    let mut words = std::env::args().skip(1);
    let mut asked = Vec::new();
    while let Some(word) = words.next() {
        match word.as_str() {
            AGAINST => drop(words.next()),
            _ if word.starts_with("--") => {}
            _ => asked.push(word),
        }
    }
    asked
}

fn earlier() -> Option<&'static Earlier> {
    static EARLIER: OnceLock<Option<Earlier>> = OnceLock::new();
    let read = || {
        let file = std::env::args().skip_while(|word| word != AGAINST).nth(1)?;
        let printed = std::fs::read_to_string(&file);
        Some(Earlier::of(
            &printed.unwrap_or_else(|error| panic!("{AGAINST} {file}: {error}")),
        ))
    };
    EARLIER.get_or_init(read).as_ref()
}

/// Says which machine it is, and begins the table.
pub fn table() {
    println!("On {}.\n", machine::described());
    match earlier() {
        None => println!("| what | measured | aim |\n| --- | --- | --- |"),
        Some(_) => println!(
            "| what | measured | aim | before | against before |\n| --- | --- | --- | --- | --- |"
        ),
    }
}

/// A row of the table.
pub fn row(what: &str, measured: &str, aim: &str) {
    match earlier() {
        None => println!("| {what} | {measured} | {aim} |"),
        Some(earlier) => {
            let (before, ratio) = earlier.beside(what, measured);
            println!("| {what} | {measured} | {aim} | {before} | {ratio} |");
        }
    }
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
