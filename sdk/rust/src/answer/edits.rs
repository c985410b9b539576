//! Changes of files that are there: an exact text, and what stands in its place.
//!
//! An answer gives them as search-and-replace blocks or as a unified diff. They are found in the file as it is, or with
//! white space at the ends of lines and the indentation of all of them allowed for, and never where two places fit. What
//! they don't touch keeps every byte, and so do lines that stand in both halves.

use std::ops::Range;

mod nearest;
mod place;
mod read;

pub(super) use read::{Patched, diff, search_and_replace};

use place::{Found, find};

/// What is changed at one place of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The lines that are there.
    pub old: String,
    /// The lines that are to stand there instead; may be empty.
    pub new: String,
}

/// Changes a text, one edit after the other.
///
/// # Errors
/// A sentence for the model: an edit that fits nowhere, with the lines that are nearest to it, or in several places.
pub fn apply(there: &str, edits: &[Edit]) -> Result<String, String> {
    let mut text = there.to_owned();
    for (index, edit) in edits.iter().enumerate() {
        text = changed(&text, edit).map_err(|problem| {
            let which = match edits.len() {
                1 => "the edit".to_owned(),
                several => format!("edit {} of {several}", index + 1),
            };
            format!("{which} {problem}")
        })?;
    }
    Ok(text)
}

/// The text with one edit made.
fn changed(there: &str, edit: &Edit) -> Result<String, String> {
    let (mark, body) = match there.strip_prefix('\u{feff}') {
        Some(body) => ("\u{feff}", body),
        None => ("", there),
    };
    let lines = lines_of(body);
    let [old, new] = [&edit.old, &edit.new].map(|half| half.lines().collect::<Vec<&str>>());
    if old.iter().all(|line| line.trim().is_empty()) {
        return match body.trim().is_empty() {
            true => Ok(format!("{mark}{}", edit.new)),
            false => Err("names no lines that are there: begin with those that stand before or behind the new ones".into()),
        };
    }
    let found = match find(&lines, &old) {
        Found::Once(place) => place,
        Found::Nowhere => {
            let first = old
                .iter()
                .find(|line| !line.trim().is_empty())
                .unwrap_or(&"");
            return Err(format!(
                "looks for lines that aren't there, from `{}` on{}",
                cut(first.trim()),
                nearest::told(&lines, &old)
            ));
        }
        Found::Often(places) => {
            let places: Vec<String> = places.iter().map(|line| (line + 1).to_string()).collect();
            return Err(format!(
                "fits in several places, from line {} on: give more of the lines around it",
                places.join(" and from line ")
            ));
        }
        Found::TooMuch => return Err("looks for more lines than can be looked for".into()),
    };
    let range = found.start..found.start + old.len();
    let kept = kept(&old, &new);
    let new = found.indentation.of_all(&new);
    Ok(format!("{mark}{}", spliced(&lines, range, &new, &kept)))
}

/// A line, and what ends it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    pub(super) text: &'a str,
    end: &'a str,
}

fn lines_of(text: &str) -> Vec<Line<'_>> {
    let line = |whole: &str| match whole.strip_suffix('\n') {
        Some(text) => text.strip_suffix('\r').unwrap_or(text).len(),
        None => whole.len(),
    };
    text.split_inclusive('\n')
        .map(|whole| {
            let (text, end) = whole.split_at(line(whole));
            Line { text, end }
        })
        .collect()
}

/// The file with new lines in the place of old ones; those that are kept stay as the file has them.
fn spliced(
    lines: &[Line<'_>],
    range: Range<usize>,
    new: &[String],
    kept: &[Option<usize>],
) -> String {
    let there = &lines[range.clone()];
    let usual = usual_end(there)
        .or_else(|| usual_end(lines))
        .unwrap_or("\n");
    let mut text = String::new();
    let mut put = |line: &str, end: &str| {
        text.push_str(line);
        text.push_str(end);
    };
    for line in &lines[..range.start] {
        put(line.text, line.end);
    }
    for (line, kept) in new.iter().zip(kept.iter().copied()) {
        match kept {
            // The last line of a file may have no end, and no longer be the last.
            Some(index) if there[index].end.is_empty() => put(there[index].text, usual),
            Some(index) => put(there[index].text, there[index].end),
            None => put(line, usual),
        }
    }
    for line in &lines[range.end..] {
        put(line.text, line.end);
    }
    let unended = lines.last().is_some_and(|line| line.end.is_empty());
    if unended && range.end == lines.len() {
        let ended = text.strip_suffix(usual).or_else(|| text.strip_suffix('\n'));
        let length = ended.map_or(text.len(), str::len);
        text.truncate(length);
    }
    text
}

/// Which line of the old half each line of the new one is, if any.
fn kept(old: &[&str], new: &[&str]) -> Vec<Option<usize>> {
    let mut kept = vec![None; new.len()];
    let before = (old.iter().zip(new))
        .take_while(|(one, other)| one == other)
        .count();
    let behind = (old[before..].iter().rev().zip(new[before..].iter().rev()))
        .take_while(|(one, other)| one == other)
        .count();
    let (old_end, new_end) = (old.len() - behind, new.len() - behind);
    for (index, line) in kept.iter_mut().enumerate().take(before) {
        *line = Some(index);
    }
    for (index, line) in kept[new_end..].iter_mut().enumerate() {
        *line = Some(old_end + index);
    }
    let mut next = before;
    for index in before..new_end {
        let rest = &old[next..old_end];
        if let Some(further) = rest.iter().position(|line| *line == new[index]) {
            kept[index] = Some(next + further);
            next += further + 1;
        }
    }
    kept
}

/// The end that most of these lines have.
fn usual_end<'a>(lines: &[Line<'a>]) -> Option<&'a str> {
    let of_windows = lines.iter().filter(|line| line.end == "\r\n").count();
    let of_unix = lines.iter().filter(|line| line.end == "\n").count();
    match (of_windows, of_unix) {
        (0, 0) => None,
        (windows, unix) if windows > unix => Some("\r\n"),
        _ => Some("\n"),
    }
}

/// The beginning of a line, for a sentence.
fn cut(line: &str) -> String {
    const MOST: usize = 120;
    match line.char_indices().nth(MOST) {
        None => line.to_owned(),
        Some((end, _)) => format!("{}…", &line[..end]),
    }
}

#[cfg(test)]
mod tests;
