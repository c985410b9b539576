//! Which lines of files a model was shown.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// What was shown of each file.
#[derive(Debug, Default)]
pub(super) struct Seen(BTreeMap<String, Lines>);

#[derive(Debug)]
enum Lines {
    Whole,
    /// Of so many, these; sorted, and apart from each other.
    Some(usize, Vec<RangeInclusive<usize>>),
}

impl Seen {
    /// All of a file was shown.
    pub(super) fn whole(&mut self, path: &str) {
        self.0.insert(path.to_owned(), Lines::Whole);
    }

    /// These lines of a file that has so many were shown.
    pub(super) fn lines(&mut self, path: &str, lines: RangeInclusive<usize>, of: usize) {
        let known = self.0.remove(path);
        let mut ranges = match known {
            Some(Lines::Whole) => return self.whole(path),
            // Of another length it is another file.
            Some(Lines::Some(length, ranges)) if length == of => ranges,
            _ => Vec::new(),
        };
        ranges.push(lines);
        ranges.sort_by_key(|range| *range.start());
        let mut joined: Vec<RangeInclusive<usize>> = Vec::new();
        for range in ranges {
            match joined.last_mut() {
                Some(last) if *range.start() <= last.end().saturating_add(1) => {
                    *last = *last.start()..=*last.end().max(range.end());
                }
                _ => joined.push(range),
            }
        }
        let covered = joined
            .first()
            .is_some_and(|first| *first.start() <= 1 && *first.end() >= of);
        let lines = match covered {
            true => Lines::Whole,
            false => Lines::Some(of, joined),
        };
        self.0.insert(path.to_owned(), lines);
    }

    pub(super) fn has_whole(&self, path: &str) -> bool {
        matches!(self.0.get(path), Some(Lines::Whole))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_seen_when_every_line_of_it_was() {
        let mut seen = Seen::default();
        seen.lines("a", 1..=10, 30);
        seen.lines("a", 21..=30, 30);
        assert!(!seen.has_whole("a"));
        seen.lines("a", 8..=20, 30);
        assert!(seen.has_whole("a"));
        seen.lines("a", 1..=2, 40);
        assert!(seen.has_whole("a"), "what was seen stays seen");
        seen.lines("b", 1..=10, 20);
        seen.lines("b", 11..=21, 21);
        assert!(!seen.has_whole("b"), "it has become another file meanwhile");
    }
}
