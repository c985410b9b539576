//! What a model thinks aloud in its answer, between tags on lines of their own.
//!
//! The host takes out thinking with which an answer begins, as far as it knows its tags. Behind a sentence, or between tags that answers have
//! for other things as well, nobody knows whether a file inside is a draft. So none is read there, and the model is told.

use crate::answer::lines::FenceLine;

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
