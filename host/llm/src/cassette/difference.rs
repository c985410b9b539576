//! What differs between two canonical requests, for a person.
//!
//! JSON puts a whole prompt on one line; here each line of a text is a line of its own.

use std::collections::BTreeMap;

use serde_json::Value;
use similar::TextDiff;

/// So many lines of a difference are shown, each so long: it is part of an error message.
const MOST_LINES: usize = 24;
const MOST_CHARACTERS: usize = 160;

/// A request with one line for each line of its texts.
pub(super) fn lines(request: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    add(request, String::new(), &mut lines);
    lines
}

fn add(value: &Value, path: String, lines: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                add(value, format!("{path}/{name}"), lines);
            }
        }
        Value::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                add(value, format!("{path}/{index}"), lines);
            }
        }
        Value::String(text) if text.contains('\n') => {
            lines.push(format!("{path}:"));
            lines.extend(text.split('\n').map(|line| format!("  {line}")));
        }
        Value::String(text) => lines.push(format!("{path}: {text}")),
        other => lines.push(format!("{path}: {other}")),
    }
}

/// How many lines two texts share, of all that they have: from 0 to 1.
///
/// Cheap, whatever the texts: it is asked for every entry of a cassette.
pub(super) fn likeness(one: &[String], other: &[String]) -> f64 {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for line in one {
        *counts.entry(line).or_default() += 1;
    }
    let shared = other
        .iter()
        .filter(|line| match counts.get_mut(line.as_str()) {
            Some(count) if *count > 0 => {
                *count -= 1;
                true
            }
            _ => false,
        })
        .count();
    let all = (one.len() + other.len()).max(1);
    #[allow(
        clippy::cast_precision_loss,
        reason = "no request has so many lines that a float couldn't count them"
    )]
    let likeness = 2.0 * shared as f64 / all as f64;
    likeness
}

/// The lines that differ, `-` for the recorded ones and `+` for the new ones.
pub(super) fn show(recorded: &[String], new: &[String]) -> String {
    let (old, new) = (recorded.join("\n"), new.join("\n"));
    let diff = TextDiff::from_lines(old.as_str(), new.as_str());
    let unified = diff
        .unified_diff()
        .context_radius(1)
        .missing_newline_hint(false)
        .to_string();
    let all: Vec<&str> = unified.lines().collect();
    let mut shown: Vec<String> = all
        .iter()
        .take(MOST_LINES)
        .map(|line| match line.char_indices().nth(MOST_CHARACTERS) {
            Some((end, _)) => format!("{}…", &line[..end]),
            None => (*line).to_owned(),
        })
        .collect();
    if all.len() > MOST_LINES {
        shown.push(format!("… and {} lines more", all.len() - MOST_LINES));
    }
    shown.join("\n")
}
