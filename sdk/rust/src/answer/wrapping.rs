//! What a model puts around a document: tags, or a fence, the whole of it or one half.

use crate::Failure;

use super::fences::blocks_of;
use super::headings::{Heading, headings};
use super::lines::FenceLine;
use super::thoughts::draft;

const NAME: &str = "document";
const OPENS: &str = "<document>";
const CLOSES: &str = "</document>";

/// The tags that models put around what they were asked for, beside `document`. What stands before a document's title is no part of it
/// in any case; so is the other half, wherever it has no opening one within the document.
const WRAPPERS: [&str; 20] = [
    NAME,
    "answer",
    "architecture",
    "artifact",
    "content",
    "design",
    "doc",
    "draft",
    "final",
    "final_answer",
    "markdown",
    "md",
    "output",
    "report",
    "requirement",
    "requirements",
    "response",
    "result",
    "template",
    "text",
];

/// How often what is around a document is taken off: a text that is full of it must not take for ever.
const WRAPPED: usize = 32;

/// What stands between `<document>` and `</document>`; to the end if the answer breaks off; all of it without such tags. What is left
/// of other wrappers at its ends isn't part of it.
///
/// # Errors
/// There are several documents, one behind the other, or in thinking that is written aloud: which of them is meant, nobody knows.
pub(crate) fn between_tags(text: &str) -> Result<&str, Failure> {
    if let Some(name) = draft(text) {
        return Err(Failure::invalid_response(format!(
            "a document stands behind `<{name}>`, where it may be a draft as well as meant: send the document once, as it should be, and what you think without its headings, or not at all"
        )));
    }
    let lower = text.to_ascii_lowercase();
    let Some(start) = begin(text, &lower) else {
        return Ok(before_lone_end(behind_lone_begin(text)));
    };
    let ends = lower[start..].rmatch_indices(CLOSES);
    let end = ends
        .map(|(end, _)| start + end)
        .find(|end| !lower[..*end].ends_with('`'))
        .unwrap_or(text.len());
    match holds_another(&lower[start..end]) {
        true => Err(Failure::invalid_response(
            "it holds several documents, each between `<document>` and `</document>`: send one, and only as it should be",
        )),
        false => Ok(before_lone_end(&text[start..end])),
    }
}

/// Where a document begins, behind its tag. A document that has begun already may speak of the tag, within a line or in a fence.
fn begin(text: &str, lower: &str) -> Option<usize> {
    let mut ground: Option<Ground<'_>> = None;
    lower.match_indices("<document").find_map(|(at, _)| {
        let behind = opens(&lower[at..], NAME)?;
        if lower[..at].ends_with('`') {
            return None;
        }
        let ground = ground.get_or_insert_with(|| Ground::of(text));
        let number = ground
            .starts
            .partition_point(|start| *start <= at)
            .saturating_sub(1);
        let before = &lower[ground.starts[number]..at];
        let is_apart = before.trim().is_empty() && !ground.is_fenced(number);
        let has_begun = ground.first_heading().is_some_and(|first| first < number);
        (is_apart || !has_begun).then_some(at + behind)
    })
}

/// How long the tag is that a text begins with, if it opens what has that name: `<answer>`, `<artifact title="…">`.
fn opens(lower: &str, name: &str) -> Option<usize> {
    let rest = lower.strip_prefix('<')?.strip_prefix(name)?;
    let end = rest.find(['>', '<', '\n'])?;
    let is_tag = rest[end..].starts_with('>') && !rest[..end].ends_with('/');
    (is_tag && (end == 0 || rest.starts_with(' '))).then_some(lower.len() - rest.len() + end + 1)
}

/// Whether a text is the tag that ends what has that name.
fn closes(text: &str, name: &str) -> bool {
    let inside = text.strip_prefix("</").and_then(|it| it.strip_suffix('>'));
    inside.is_some_and(|inside| inside.trim_end().eq_ignore_ascii_case(name))
}

/// The text behind tags that it begins with, whether they are closed or not.
fn behind_lone_begin(text: &str) -> &str {
    let mut rest = text;
    for _ in 0..WRAPPED {
        let begun = rest.trim_start();
        let head = begun[..begun.floor_char_boundary(200)].to_ascii_lowercase();
        let mut lengths = WRAPPERS.iter().filter_map(|name| opens(&head, name));
        let Some(length) = lengths.next() else { break };
        rest = &begun[length..];
    }
    rest
}

/// The text up to what closes nothing that was opened in it: a tag, or a fence.
///
/// It stands at the end, or before a last remark: never before a heading, where it would take a part of the document with it.
pub(crate) fn before_lone_end(text: &str) -> &str {
    let mut text = text;
    for _ in 0..WRAPPED {
        let ground = Ground::of(text);
        let Some(end) = ground.lone_tag().or_else(|| ground.lone_fence()) else {
            break;
        };
        text = &text[..end];
    }
    text
}

/// A text by its lines, with what stands in fences and which lines are headings.
struct Ground<'a> {
    text: &'a str,
    /// Without what ends them.
    lines: Vec<&'a str>,
    /// Where each begins.
    starts: Vec<usize>,
    /// The fenced blocks, by line.
    fenced: Vec<(usize, usize)>,
    /// The line of a bare fence that nothing closes and that holds nothing.
    opens_last: Option<usize>,
    headings: Vec<Heading>,
}

impl<'a> Ground<'a> {
    fn of(text: &'a str) -> Self {
        let mut starts = Vec::new();
        let mut lines = Vec::new();
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            starts.push(at);
            lines.push(line.trim_end());
            at += line.len();
        }
        let blocks = blocks_of(&lines);
        let is_wrapper = |line: &&str| {
            line.is_empty() || WRAPPERS.iter().any(|it| closes(line.trim_start(), it))
        };
        let opens_last = blocks.last().filter(|block| {
            let mut inside = lines[block.lines.0 + 1..].iter();
            !block.closed && block.info.is_empty() && inside.all(is_wrapper)
        });
        let opens_last = opens_last.map(|block| block.lines.0);
        Self {
            text,
            fenced: blocks.into_iter().map(|block| block.lines).collect(),
            opens_last,
            headings: headings(&lines),
            lines,
            starts,
        }
    }

    fn is_fenced(&self, line: usize) -> bool {
        let next = self.fenced.partition_point(|(_, end)| *end <= line);
        (self.fenced.get(next)).is_some_and(|(start, _)| *start <= line)
    }

    /// The line of the first heading that is one of Markdown.
    fn first_heading(&self) -> Option<usize> {
        let first = self.headings.iter().find(|heading| heading.certain);
        first.map(|heading| heading.line)
    }

    /// Where a fence stands that closes nothing.
    fn lone_fence(&self) -> Option<usize> {
        let last = self.opens_last?;
        let is_behind = self.first_heading().is_some_and(|first| first < last);
        is_behind.then(|| self.starts[last])
    }

    /// Where the first tag stands that closes nothing of the document, with no heading behind it.
    fn lone_tag(&self) -> Option<usize> {
        let titled = |it: &&Heading| it.certain || it.bold || it.underlined || it.titled;
        let mut titles = self.headings.iter().filter(titled).map(|it| it.line);
        let first = titles.next().unwrap_or(0);
        let last = titles.next_back().unwrap_or(first);
        let mut open = [0_usize; WRAPPERS.len()];
        for (number, line) in self.lines.iter().enumerate().skip(first) {
            let said = line.trim_start();
            if !said.starts_with('<') || self.is_fenced(number) {
                continue;
            }
            let lower = said.to_ascii_lowercase();
            for (name, open) in WRAPPERS.iter().zip(&mut open) {
                if closes(said, name) {
                    match open.checked_sub(1) {
                        Some(less) => *open = less,
                        None if number >= last => return Some(self.starts[number]),
                        None => {}
                    }
                } else if opens(&lower, name).is_some() && !lower.contains(&format!("</{name}>")) {
                    *open += 1;
                }
            }
        }
        self.lone_tag_within(&open)
    }

    /// Where such a tag stands behind the last words.
    fn lone_tag_within(&self, open: &[usize]) -> Option<usize> {
        let text = self.text.trim_end();
        let at = text.rfind("</")?;
        let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
        let before = text[line..at].to_ascii_lowercase();
        let number = self.lines.iter().rposition(|line| !line.is_empty())?;
        let named = |name: &str| closes(&text[at..], name) && !before.contains(&format!("<{name}"));
        let is_lone = WRAPPERS
            .iter()
            .zip(open)
            .any(|(name, open)| *open == 0 && named(name));
        (is_lone && !before.trim().is_empty() && !before.ends_with('`') && !self.is_fenced(number))
            .then_some(at)
    }
}

/// Whether a document ends in a text, and another one begins behind that. What merely speaks of the tags, in a fence or between
/// backticks, is no end.
fn holds_another(lower: &str) -> bool {
    let lines: Vec<&str> = lower.lines().collect();
    let blocks = blocks_of(&lines);
    let mut ended = false;
    for (number, line) in lines.iter().enumerate() {
        let is_quoted = blocks
            .iter()
            .any(|block| (block.lines.0..block.lines.1).contains(&number));
        if is_quoted {
            continue;
        }
        let mut rest = *line;
        while let Some(at) = rest.find('<') {
            let spoken_of = rest[..at].ends_with('`');
            rest = &rest[at..];
            if rest.starts_with(CLOSES) && !spoken_of {
                ended = true;
            } else if rest.starts_with(OPENS) && !spoken_of && ended {
                return true;
            }
            rest = &rest[1..];
        }
    }
    false
}

/// What a fence around the whole may hold, the likelier first: up to its own end, and, since bare fences inside a
/// fence of the same length end it too early, up to the last bare fence.
pub(crate) fn in_fence(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let Some(block) = blocks_of(&lines).into_iter().next() else {
        return Vec::new();
    };
    let Some(opening) = FenceLine::read(lines[block.lines.0]) else {
        return Vec::new();
    };
    let may_wrap = matches!(
        block.info.to_ascii_lowercase().as_str(),
        "" | "markdown" | "md" | "text" | "txt" | "plaintext"
    );
    let heading_before = headings(&lines[..block.lines.0])
        .iter()
        .any(|heading| heading.certain);
    if !may_wrap || heading_before {
        return Vec::new();
    }
    let inside = |end: usize| lines[block.lines.0 + 1..end].join("\n");
    let rest = block.lines.1..lines.len();
    let own = inside(block.lines.1 - usize::from(block.closed));
    // Where all others are pairs, the one around them is never closed.
    let others = lines[block.lines.0 + 1..]
        .iter()
        .filter_map(|line| FenceLine::read(line));
    let others = others.filter(|fence| fence.matches(&opening)).count();
    if others > 0 && others % 2 == 0 {
        return vec![inside(lines.len()), own];
    }
    let mut bare = rest.clone().rev();
    let Some(last_bare) = bare.find(|number| opening.is_closed_by(lines[*number])) else {
        return vec![own];
    };
    // Headings behind its end belong to the document. They are looked for without regard to fences, which can't be
    // trusted here: the one that closed too early makes an opening one of the last.
    if lines[rest].iter().any(|line| line.starts_with('#')) {
        vec![inside(last_bare), own]
    } else {
        vec![own, inside(last_bare)]
    }
}

#[cfg(test)]
mod tests;
