//! The lines of a file that are most like those that were looked for.

use std::collections::{BTreeMap, BTreeSet};

use super::{Line, cut};
use crate::answer::lines::words;

/// How many lines are shown.
const SHOWN: usize = 12;
/// How many lines of a file are looked at around those that are the same.
const WORK: usize = 5_000_000;

/// Those lines, as the end of a sentence.
pub(super) fn told(lines: &[Line<'_>], old: &[&str]) -> String {
    let Some(start) = nearest(lines, old) else {
        return "; none of them is in the file".into();
    };
    let end = (start + old.len().min(SHOWN)).min(lines.len());
    let shown: Vec<String> = lines[start..end]
        .iter()
        .map(|line| cut(line.text))
        .collect();
    format!(
        "; the nearest are lines {} to {end}:\n{}\n",
        start + 1,
        shown.join("\n")
    )
}

/// Where the most lines stand that are looked for, whatever their white space.
fn nearest(lines: &[Line<'_>], old: &[&str]) -> Option<usize> {
    let mut places: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, line) in lines.iter().enumerate() {
        places.entry(line.text.trim()).or_default().push(index);
    }
    // Where the edit would begin for this line of it to stand where the file has it.
    let mut votes: BTreeMap<usize, usize> = BTreeMap::new();
    let mut work = 0;
    for (offset, line) in old.iter().enumerate().filter(|(_, line)| has_words(line)) {
        for place in places.get(line.trim()).into_iter().flatten() {
            work += 1;
            if work > WORK {
                break;
            }
            *votes.entry(place.saturating_sub(offset)).or_default() += 1;
        }
    }
    let best = votes
        .iter()
        .max_by_key(|(start, count)| (**count, std::cmp::Reverse(**start)));
    best.map(|(start, _)| *start)
        .or_else(|| most_alike(lines, old))
}

/// The line that shares the most words with the first one that was looked for.
fn most_alike(lines: &[Line<'_>], old: &[&str]) -> Option<usize> {
    let first = old.iter().find(|line| has_words(line))?;
    let sought: BTreeSet<&str> = words(first).take(64).collect();
    let shared = |line: &Line<'_>| {
        let found: BTreeSet<&str> = words(line.text).take(64).collect();
        found.intersection(&sought).count()
    };
    let counted = lines.iter().map(shared).enumerate();
    let best = counted.max_by_key(|(index, count)| (*count, std::cmp::Reverse(*index)));
    // Half of a line says that it is meant.
    best.filter(|(_, count)| count * 2 >= sought.len())
        .map(|(index, _)| index)
}

fn has_words(line: &str) -> bool {
    line.contains(|c: char| c.is_alphanumeric())
}
