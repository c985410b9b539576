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
/// them; where they are no pairs, a tag on a line of its own is the end, else the first one is.
fn up_to_end<'a>(inside: &'a str, open: &str, close: &str) -> Option<(&'a str, &'a str)> {
    let mut depth = 1_usize;
    let mut first = None;
    let mut alone = None;
    let first_letter = [open.as_bytes()[0]];
    let mark = std::str::from_utf8(&first_letter).unwrap_or("<");
    for (at, _) in inside.match_indices(mark) {
        let rest = &inside[at..];
        if begins(rest, open) {
            depth += 1;
        } else if begins(rest, close) {
            depth -= 1;
            let split = (&inside[..at], &rest[close.len()..]);
            if depth == 0 {
                return Some(split);
            }
            first = first.or(Some(split));
            let line_begins = inside[..at].trim_end_matches([' ', '\t']);
            let is_alone =
                (line_begins.is_empty() || line_begins.ends_with('\n')) && ends_line(split.1);
            alone = alone.or(is_alone.then_some(split));
        }
    }
    alone.or(first)
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
