//! An earlier run of the same benchmark on the same machine, to hold a new one against.

use std::collections::BTreeMap;

/// What an earlier run measured, by what was measured.
pub(crate) struct Earlier(BTreeMap<String, String>);

impl Earlier {
    /// Reads what a benchmark printed.
    pub(crate) fn of(printed: &str) -> Self {
        let rows = printed.lines().filter_map(|line| {
            let mut cells = line.strip_prefix("| ")?.split(" | ");
            Some((cells.next()?.to_owned(), cells.next()?.to_owned()))
        });
        Self(rows.collect())
    }

    /// What was measured then, and how much of that it is now.
    pub(crate) fn beside(&self, what: &str, measured: &str) -> (String, String) {
        let Some(before) = self.0.get(what) else {
            return ("–".to_owned(), "–".to_owned());
        };
        let ratio = match (amount(measured), amount(before)) {
            (Some((now, unit)), Some((then, same))) if unit == same && then > 0.0 => {
                format!("{:.2} ×", now / then)
            }
            _ => "–".to_owned(),
        };
        (before.clone(), ratio)
    }
}

#[derive(Debug, PartialEq)]
enum Unit {
    Nanoseconds,
    Bytes,
    Other(String),
}

/// The first amount of a cell, in a unit that doesn't depend on how large it is.
fn amount(cell: &str) -> Option<(f64, Unit)> {
    let cell = cell.trim_matches('*').trim();
    let end = cell.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',');
    let (number, rest) = cell.split_at(end.unwrap_or(cell.len()));
    let number: f64 = number.trim_end_matches(',').replace(',', "").parse().ok()?;
    let unit = rest
        .trim_start()
        .split([',', ' '])
        .next()
        .unwrap_or_default();
    let (factor, unit) = match unit {
        "ns" => (1.0, Unit::Nanoseconds),
        "µs" => (1e3, Unit::Nanoseconds),
        "ms" => (1e6, Unit::Nanoseconds),
        "s" => (1e9, Unit::Nanoseconds),
        "B" => (1.0, Unit::Bytes),
        "kB" => (1e3, Unit::Bytes),
        "MB" => (1e6, Unit::Bytes),
        "KiB" => (1024.0, Unit::Bytes),
        "MiB" => (1024.0 * 1024.0, Unit::Bytes),
        other => (1.0, Unit::Other(other.to_owned())),
    };
    Some((number * factor, unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_held_against_the_same_one_of_an_earlier_run() {
        let printed = "On 2 cores.\n\n| what | measured | aim |\n| --- | --- | --- |\n| a run | 1.50 ms | 2 ms |\n\
                       | a rate | 41,400/s | – |\n| memory | 12.5 MiB, twice | – |\n| a word | none | – |\n";
        let earlier = Earlier::of(printed);
        let ratio = |what, measured| earlier.beside(what, measured).1;
        assert_eq!(ratio("a run", "750 µs"), "0.50 ×");
        assert_eq!(ratio("a rate", "82,800/s"), "2.00 ×");
        assert_eq!(ratio("memory", "25 MiB"), "2.00 ×");
        assert_eq!(ratio("a run", "3/s"), "–");
        assert_eq!(ratio("a word", "none"), "–");
        assert_eq!(ratio("another", "1 ms"), "–");
        assert_eq!(earlier.beside("a run", "1 s").0, "1.50 ms");
    }
}
