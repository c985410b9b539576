//! What a model thinks aloud in its answer, between tags on lines of their own.
//!
//! The host takes out thinking with which an answer begins, as far as it knows its tags. Behind a sentence, or between tags that answers have
//! for other things as well, nobody knows whether what stands inside is a draft. So no file is read there, nor a document that another one
//! follows, and the model is told.

use super::headings::headings;
use super::lines::FenceLine;

const NAMES: [&str; 8] = [
    "think",
    "thinking",
    "thought",
    "thoughts",
    "reasoning",
    "reflection",
    "analysis",
    "scratchpad",
];

/// Those that hold nothing else, so that an open one is thinking without an end.
const THINKING: [&str; 4] = ["think", "thinking", "thought", "thoughts"];

/// Where such tags are closed, by their names.
pub(super) struct Thoughts {
    /// Lines outside of fences, and inside of them.
    closed: Vec<[Vec<usize>; 2]>,
}

/// What stands between two such tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Thought {
    pub(super) name: &'static str,
    /// The line that closes it; the number of lines if none does.
    pub(super) end: usize,
}

impl Thoughts {
    pub(super) fn of(lines: &[&str]) -> Self {
        let mut closed: Vec<[Vec<usize>; 2]> = NAMES.iter().map(|_| Default::default()).collect();
        let mut open: Option<FenceLine<'_>> = None;
        for (at, line) in lines.iter().enumerate() {
            if let Some(fence) = FenceLine::read(line) {
                open = match open {
                    None => Some(fence),
                    Some(opening) if opening.is_closed_by(line) => None,
                    still => still,
                };
            } else if let Some(name) = closes(line) {
                closed[name][usize::from(open.is_some())].push(at);
            }
        }
        Self { closed }
    }

    /// What begins at a line.
    pub(super) fn at(&self, lines: &[&str], at: usize) -> Option<Thought> {
        let (name, is_alone) = opens(lines[at])?;
        let next = |lines: &Vec<usize>| {
            let next = lines.partition_point(|line| *line <= at);
            lines.get(next).copied()
        };
        let [outside, inside] = &self.closed[name];
        let end = next(outside).or_else(|| next(inside));
        let end = end.or_else(|| is_alone.then_some(lines.len()))?;
        let name = NAMES[name];
        Some(Thought { name, end })
    }
}

/// The tag between which and its end a document stands that may be a draft: another one stands behind it, or the thinking never ends.
pub(super) fn draft(text: &str) -> Option<&'static str> {
    let lines: Vec<&str> = text.lines().collect();
    let thoughts = Thoughts::of(&lines);
    let headings = headings(&lines);
    // Lines that a document begins with, or has.
    let mut told: Vec<usize> = (0..lines.len())
        .filter(|at| lines[*at].trim_start().starts_with("<document"))
        .collect();
    let marked = headings.iter().filter(|it| it.certain || it.underlined);
    told.extend(marked.map(|it| it.line));
    told.sort_unstable();
    let holds = |from: usize, to: usize| {
        let next = told.partition_point(|line| *line < from);
        told.get(next).is_some_and(|line| *line < to)
    };
    // What stands in the document itself is part of it.
    let first = headings.iter().find(|it| it.certain);
    let begin = first.map_or(lines.len(), |first| first.line);
    let mut at = 0;
    while at < begin {
        let Some(Thought { name, end }) = thoughts.at(&lines, at) else {
            at += 1;
            continue;
        };
        let is_open = end == lines.len();
        let is_followed = match is_open {
            true => THINKING.contains(&name),
            false => holds(end, lines.len()),
        };
        if is_followed && holds(at + 1, end) {
            return Some(name);
        }
        at = end + 1;
    }
    None
}

/// Which of the tags a line begins with, and whether it is nothing else.
fn opens(line: &str) -> Option<(usize, bool)> {
    let line = line.trim();
    if !line.starts_with(['<', '[']) {
        return None;
    }
    let close = if line.starts_with('<') { '>' } else { ']' };
    let end = line.find(close)?;
    let name = line[1..end].split_whitespace().next()?;
    let place = NAMES.iter().position(|it| name.eq_ignore_ascii_case(it))?;
    Some((place, end + 1 == line.len()))
}

/// Which of the tags a line closes.
fn closes(line: &str) -> Option<usize> {
    let line = line.trim();
    let at = line.find("</").or_else(|| line.find("[/"))?;
    let close = if line[at..].starts_with('<') {
        '>'
    } else {
        ']'
    };
    let end = at + line[at..].find(close)?;
    // Within a sentence it is spoken of.
    if at > 0 && end + 1 < line.len() || line[..at].ends_with('`') {
        return None;
    }
    let name = line[at + 2..end].trim();
    NAMES.iter().position(|it| name.eq_ignore_ascii_case(it))
}
