//! What is measured: a list is read, put in order and written, as steps do with what they are handed.

use std::collections::BTreeMap;

/// The changes of a text, a line each, without what stands twice, in order, with how often each was named.
#[must_use]
pub fn notes(changes: &str) -> String {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    for line in changes.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        if !words.is_empty() {
            *seen.entry(words.join(" ").to_lowercase()).or_default() += 1;
        }
    }
    let lines = seen
        .iter()
        .map(|(line, times)| format!("- {line} ({times})\n"));
    lines.collect()
}
