//! Changes of files that are there: an exact text, and what stands in its place.
//!
//! An answer gives them as search-and-replace blocks or as a unified diff. They are found in the file as it is, or with
//! white space at the ends of lines and the indentation of all of them allowed for, or within lines, and never where two places fit. What
//! they don't touch keeps every byte, and so do lines that stand in both halves.

use std::ops::Range;

mod nearest;
mod place;
mod read;
mod told;
mod unfenced;

pub(super) use read::{
    Patched, begins, begins_diff, diff, ends, foreign, names_files, opens, parts_or_ends,
    search_and_replace,
};
pub(super) use told::{as_json, is_around, tagged};
pub(super) use unfenced::end_of_diff;

use place::{Found, Lack, find};

/// What is changed at one place of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The text that is there: lines, or a part of one or of several.
    pub old: String,
    /// The text that is to stand there instead; may be empty.
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
    // Who was shown the mark with the first line may quote it, and it is there still.
    let halves = [&edit.old, &edit.new].map(|half| half.strip_prefix(mark).unwrap_or(half));
    let [old, new] = halves.map(texts_of);
    if old.iter().all(|line| line.trim().is_empty()) {
        return match body.trim().is_empty() {
            true => Ok(format!("{mark}{}", halves[1])),
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
    let kept = match &found.lack {
        Lack::Indentation(_) => kept(&old, &new),
        // The lines that the text begins and ends in are others than its own.
        Lack::Rest(..) => vec![None; new.len().max(1)],
    };
    let new = found.lack.of_all(&new);
    Ok(format!("{mark}{}", spliced(&lines, range, &new, &kept)))
}

/// A line, and what ends it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    pub(super) text: &'a str,
    end: &'a str,
}

/// The lines of a text, whichever ends they have. An answer's own are made alike before it is read, so what stands there as one line
/// with a carriage return in it would never be found again.
fn lines_of(text: &str) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let length = rest.find(['\r', '\n']).unwrap_or(rest.len());
        let (text, behind) = rest.split_at(length);
        let others = behind.trim_start_matches('\r');
        let returns = &behind[..behind.len() - others.len()];
        if others.starts_with('\n') {
            let (end, others) = behind.split_at(returns.len() + 1);
            lines.push(Line { text, end });
            rest = others;
            continue;
        }
        // Each of them ends a line, of which all but the first are empty.
        let (end, further) = returns.split_at(returns.len().min(1));
        lines.push(Line { text, end });
        let empty = |at: usize| Line {
            text: "",
            end: &further[at..=at],
        };
        lines.extend((0..further.len()).map(empty));
        rest = others;
    }
    lines
}

fn texts_of(half: &str) -> Vec<&str> {
    lines_of(half).into_iter().map(|line| line.text).collect()
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
    let before = range.start.checked_sub(1).map(|index| lines[index]);
    let ends = ends_of(there, before.map(|line| line.end), kept);
    let mut text = String::new();
    let mut put = |line: &str, end: &str| {
        text.push_str(line);
        text.push_str(end);
    };
    for line in &lines[..range.start] {
        put(line.text, line.end);
    }
    for ((line, kept), end) in new.iter().zip(kept).zip(ends) {
        let line = kept.map_or(line.as_str(), |index| there[index].text);
        // The last line of a file may have no end, and no longer be the last.
        put(line, if end.is_empty() { usual } else { end });
    }
    for line in &lines[range.end..] {
        put(line.text, line.end);
    }
    let unended = lines.last().is_some_and(|line| line.end.is_empty());
    if unended && range.end == lines.len() {
        let last = lines_of(&text).last().map_or("", |line| line.end).len();
        text.truncate(text.len() - last);
    }
    text
}

/// The end of each new line: that of the line that it is, or in whose place it stands; of one that is added, that of the line
/// before it. A file of both kinds keeps each where it was.
fn ends_of<'a>(
    there: &[Line<'a>],
    before: Option<&'a str>,
    kept: &[Option<usize>],
) -> Vec<&'a str> {
    // The next line that is kept, from each on.
    let mut following = vec![there.len(); kept.len()];
    let mut known = there.len();
    for (index, place) in kept.iter().enumerate().rev() {
        known = place.unwrap_or(known);
        following[index] = known;
    }
    // The old lines that nothing was put in the place of yet begin here.
    let mut next = 0;
    let mut last = before.or(there.first().map(|line| line.end)).unwrap_or("");
    let mut ends = Vec::with_capacity(kept.len());
    for (index, kept_here) in kept.iter().enumerate() {
        let place = kept_here.or(Some(next).filter(|place| *place < following[index]));
        if let Some(place) = place {
            last = there[place].end;
            next = place + 1;
        }
        ends.push(last);
    }
    ends
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
pub(super) fn cut(line: &str) -> String {
    const MOST: usize = 120;
    match line.char_indices().nth(MOST) {
        None => line.to_owned(),
        Some((end, _)) => format!("{}…", &line[..end]),
    }
}

#[cfg(test)]
mod tests;
