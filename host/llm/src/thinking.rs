//! Thinking that a model writes into the text of its answer, set apart.
//!
//! Most providers give what a model thinks in a field of its own. Where a server doesn't, the text begins with it:
//! `<think>…</think>`. It is no part of the answer, so no step gets to see it as one. What came is kept as it came; the
//! thinking stands in the answer's details, where providers that know better put it.

use serde_json::Value;
use stepwell_contract::{ChatResponse, Part, Text};

/// How models mark it.
const TAGS: [(&str, &str); 4] = [
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("[think]", "[/think]"),
];

/// A text, parted.
struct Parted<'a> {
    /// Pieces that say something; may be none.
    thinking: Vec<&'a str>,
    answer: &'a str,
    /// Whether the text said where the thinking begins.
    opened: bool,
}

/// Takes the thinking out of an answer's text. `unopened` is that the model is known to begin with it, so that its end may
/// stand alone. Says whether the text began with a tag.
pub(crate) fn set_apart(response: &mut ChatResponse, unopened: bool) -> bool {
    let Some(parted) = part(&response.text, unopened) else {
        return false;
    };
    let mut thinking: Vec<String> = response.reasoning().into_iter().collect();
    thinking.extend(parted.thinking.iter().map(ToString::to_string));
    let (answer, opened) = (parted.answer.to_owned(), parted.opened);
    if !thinking.is_empty() {
        let details = &mut response.details;
        details.retain(|detail| detail.name != ChatResponse::REASONING);
        let value = Value::String(thinking.join("\n\n")).to_string();
        details.push(Text::new(ChatResponse::REASONING, value));
    }
    let parts = &mut response.message.parts;
    // What else the answer keeps stays where it stood.
    let is_text = |part: &Part| matches!(part, Part::Text(_));
    let at = parts.iter().position(is_text).unwrap_or_default();
    parts.retain(|part| !is_text(part));
    if !answer.is_empty() {
        parts.insert(at, Part::Text(answer.clone()));
    }
    response.text = answer;
    opened
}

/// None where there is no thinking in it.
fn part(text: &str, unopened: bool) -> Option<Parted<'_>> {
    let mut parted: Option<Parted<'_>> = None;
    loop {
        let known = unopened || parted.is_some();
        let rest = parted
            .as_ref()
            .map_or(text, |parted| parted.answer)
            .trim_start();
        let opening = TAGS.iter().find(|(open, _)| begins(rest, open));
        let split = match opening {
            Some((open, close)) => {
                let inside = &rest[open.len()..];
                Some(up_to_end(inside, open, close).unwrap_or((inside, "")))
            }
            None => known.then(|| up_to_lone_end(rest)).flatten(),
        };
        let Some((thought, after)) = split else {
            return parted;
        };
        let parted = parted.get_or_insert(Parted {
            thinking: Vec::new(),
            answer: "",
            opened: false,
        });
        parted.opened |= opening.is_some();
        parted.answer = after.trim_start();
        if !thought.trim().is_empty() {
            parted.thinking.push(thought.trim());
        }
    }
}

/// What stands before the tag that ends the thinking, and behind it. Thinking that speaks of the tags in pairs goes on behind
/// them; where they are no pairs, a tag on a line of its own is the end, else the first one is. An end that is quoted, in the middle of a
/// line or in a fence, is none where one without a pair stands on a line of its own later: what is drafted between them is thinking.
fn up_to_end<'a>(inside: &'a str, open: &str, close: &str) -> Option<(&'a str, &'a str)> {
    let mut depth = 1_usize;
    let (mut first, mut alone, mut quoted) = (None, None, None);
    let mut fences = Fences::default();
    let first_letter = [open.as_bytes()[0]];
    let mark = std::str::from_utf8(&first_letter).unwrap_or("<");
    for (at, _) in inside.match_indices(mark) {
        let rest = &inside[at..];
        if begins(rest, open) {
            depth += 1;
        } else if begins(rest, close) {
            let split = (&inside[..at], &rest[close.len()..]);
            let is_fenced = fences.holds(inside, at);
            let is_alone = !is_fenced && begins_line(split.0) && ends_line(split.1);
            if quoted.is_some() {
                // Behind an end that may be quoted, one without a pair is the end itself.
                match depth {
                    0 if is_alone => return Some(split),
                    _ => depth = depth.saturating_sub(1),
                }
                continue;
            }
            depth -= 1;
            let is_plain =
                is_alone || (!is_fenced && ends_line(split.1) && !split.0.ends_with('`'));
            match depth {
                0 if is_plain => return Some(split),
                0 => quoted = Some(split),
                _ => {}
            }
            first = first.or(Some(split));
            alone = alone.or(is_alone.then_some(split));
        }
    }
    quoted.or(alone).or(first)
}

/// Whether a place of a text is in a fence, asked from its beginning to its end.
#[derive(Default)]
struct Fences {
    looked: usize,
    open: Option<&'static str>,
}

impl Fences {
    fn holds(&mut self, text: &str, at: usize) -> bool {
        // The line of the place itself can't be known to be whole, and is no fence.
        let end = text[..at].rfind('\n').map_or(0, |end| end + 1);
        for line in text[self.looked.min(end)..end].lines() {
            let said = line.trim();
            let mark = ["```", "~~~"]
                .into_iter()
                .find(|mark| said.starts_with(mark));
            match (self.open, mark) {
                (None, Some(mark)) => self.open = Some(mark),
                (Some(open), Some(mark)) if open == mark => self.open = None,
                _ => {}
            }
        }
        self.looked = self.looked.max(end);
        self.open.is_some()
    }
}

/// The same for an end whose beginning the server's template wrote: the tag alone on a line, before any block.
fn up_to_lone_end(text: &str) -> Option<(&str, &str)> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let said = line.trim();
        if said.starts_with("```") || said.starts_with("~~~") {
            return None;
        }
        if TAGS
            .iter()
            .any(|(_, close)| said.eq_ignore_ascii_case(close))
        {
            return Some((&text[..at], &text[at + line.len()..]));
        }
        at += line.len();
    }
    None
}

fn begins_line(before: &str) -> bool {
    let before = before.trim_end_matches([' ', '\t']);
    before.is_empty() || before.ends_with('\n')
}

fn ends_line(text: &str) -> bool {
    let rest = text.trim_start_matches([' ', '\t', '\r']);
    rest.is_empty() || rest.starts_with('\n')
}

fn begins(text: &str, tag: &str) -> bool {
    text.get(..tag.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(tag))
}

#[cfg(test)]
mod tests;
