//! Which headings of a prompt are those of a document, where nothing sets a template apart.
//!
//! A prompt has headings of its own, too, which address the model: `# Style`, `# What to mind`. A document that lacks them is in order, and
//! one that is refused for it costs a call each time. So a heading counts only where the prompt shows that it is the document's: by the
//! sentence right above it, a title to be filled in, the heading that it stands below, or a number. In doubt none does.

use std::ops::Range;

use super::{Heading, below_title, headings, is_heading, is_placeholder, normal};

/// What prompts call the parts of themselves that are no part of a document.
const OF_PROMPT: &[&str] = &[
    "approach",
    "constraints",
    "context",
    "criteria",
    "example",
    "examples",
    "goal",
    "guidelines",
    "input",
    "inputs",
    "instructions",
    "objective",
    "output",
    "output format",
    "role",
    "rules",
    "steps",
    "style",
    "task",
    "template",
    "tone",
    "your task",
];

/// What they call more of them, where nothing else says that it is a section: with a number it may be one.
const OF_PROMPT_ALONE: &[&str] = &[
    "audience",
    "conventions",
    "dos and don ts",
    "formatting",
    "formatting rules",
    "guidance",
    "hints",
    "how to work",
    "how to write",
    "important",
    "instruction",
    "language",
    "length",
    "policies",
    "policy",
    "style guide",
    "system",
    "tone and style",
    "tone of voice",
    "voice",
    "what to avoid",
    "writing style",
    "your role",
];

/// What they call the parts in which a document's headings may stand, one level below or deeper.
const OF_DOCUMENT: &[&str] = &[
    "answer",
    "answer format",
    "deliverable",
    "document",
    "document format",
    "document structure",
    "document template",
    "format",
    "format of the document",
    "headings",
    "outline",
    "output",
    "output format",
    "output structure",
    "output template",
    "required sections",
    "response format",
    "sections",
    "structure",
    "structure of the document",
    "template",
    "the document",
    "the template",
    "what to write",
];

/// Whether what stands between tags of this name addresses the model. An example has the form of a document.
pub(super) fn is_tag_of_prompt(words: &str) -> bool {
    is_of_prompt(words) && !is_of_document(words) && !matches!(words, "example" | "examples")
}

/// Whether a prompt calls a part of itself so that addresses the model.
fn is_of_prompt(words: &str) -> bool {
    OF_PROMPT.contains(&words) || OF_PROMPT_ALONE.contains(&words)
}

fn addresses_the_model(heading: &Heading) -> bool {
    match heading.number.is_empty() {
        true => is_of_prompt(&heading.words),
        false => OF_PROMPT.contains(&heading.words.as_str()),
    }
}

fn is_of_document(words: &str) -> bool {
    OF_DOCUMENT.contains(&words)
}

/// The headings of the document that a prompt says to write.
pub(super) fn in_prompt(lines: &[&str]) -> Vec<Heading> {
    let mut all = headings(lines);
    all.retain(is_heading);
    let has_number = |found: &[Heading]| found.iter().any(|heading| !heading.number.is_empty());
    let has_numbers = has_number(&own(lines, &all, 0..all.len()));
    let shown = (0..all.len()).filter(|at| shows(lines, &all, *at));
    for first in shown {
        let found = own(lines, &all, span(&all, first));
        match found.as_slice() {
            // A document's title is its own.
            [] => {}
            [only] if only.level == 1 && only.number.is_empty() => {}
            // Where some have numbers, those are the document's.
            found if has_numbers && !has_number(found) => {}
            _ => return below_title(found),
        }
    }
    numbered(lines, &all)
}

/// Whether a document's headings begin at this one: the prompt says so, or it is a title to be filled in.
fn shows(lines: &[&str], all: &[Heading], at: usize) -> bool {
    let heading = &all[at];
    let before = at.checked_sub(1).map(|before| &all[before]);
    let is_title = is_placeholder(heading) && (heading.atx || heading.underlined);
    let is_below =
        before.is_some_and(|before| is_of_document(&before.words) && heading.level > before.level);
    let from = before.map_or(0, |before| before.after);
    is_title || is_below || is_announced(&lines[from.min(heading.line)..heading.line])
}

/// Whether the last thing that is said in these lines announces headings.
fn is_announced(lines: &[&str]) -> bool {
    /// What can only be followed by them.
    const HEADINGS: [&str; 8] = [
        "heading", "headings", "section", "sections", "chapters", "template", "outline", "skeleton",
    ];
    /// What may be, where a colon says that something follows.
    const FORMS: [&str; 8] = [
        "document",
        "structure",
        "structured",
        "format",
        "form",
        "layout",
        "report",
        "parts",
    ];
    const POINTS: [&str; 7] = [
        "these",
        "following",
        "follows",
        "below",
        "exactly",
        "this",
        "follow",
    ];
    let Some(end) = lines.iter().rposition(|line| !line.trim().is_empty()) else {
        return false;
    };
    let begin = lines[..end].iter().rposition(|line| line.trim().is_empty());
    let said = lines[begin.map_or(0, |blank| blank + 1)..=end].join(" ");
    // Of the paragraph its last sentence counts.
    let said = said.trim();
    // `[Template]`, as a label.
    if said.starts_with('[') && is_of_document(&normal(said)) {
        return true;
    }
    let body = said.trim_end_matches([':', '.', '*', '!']);
    let start = body.rfind(['.', '!', '?']).map_or(0, |at| at + 1);
    let lower = body[start..].to_lowercase();
    let has = |known: &[&str]| {
        let mut words = crate::answer::words(&lower);
        words.any(|word| known.contains(&word))
    };
    let goes_on = said.trim_end_matches('*').ends_with(':');
    match goes_on {
        true => has(&HEADINGS) || has(&FORMS),
        false => has(&HEADINGS) && has(&POINTS),
    }
}

/// How far the document's headings go that begin at one: to the next that stands above them.
fn span(all: &[Heading], first: usize) -> Range<usize> {
    let begun = &all[first];
    let is_title = is_placeholder(begun);
    let level = match all.get(first + 1) {
        // A document has one title.
        Some(next) if is_title => next.level.min(begun.level + 1),
        _ => begun.level,
    };
    let ends = |heading: &Heading| heading.number.is_empty() && heading.level < level;
    let behind = &all[first + 1..];
    let length = behind.iter().position(ends).unwrap_or(behind.len());
    first..first + 1 + length
}

/// Those of some headings that name a section of a document: they hold no input, and aren't called as a part of a prompt.
fn own(lines: &[&str], all: &[Heading], range: Range<usize>) -> Vec<Heading> {
    let mut found = Vec::new();
    for at in range {
        let heading = &all[at];
        if !is_placeholder(heading) && !addresses_the_model(heading) && !holds_input(lines, all, at)
        {
            found.push(heading.clone());
        }
    }
    // Where sections have numbers, headings before the first of them are those of the prompt, or the document's title.
    let first = found.iter().position(|heading| !heading.number.is_empty());
    match first {
        Some(first) => found.split_off(first),
        None => found,
    }
}

fn holds_input(lines: &[&str], all: &[Heading], at: usize) -> bool {
    let begin = all[at].after;
    let end = all.get(at + 1).map_or(lines.len(), |next| next.line);
    let mut below = lines[begin.min(end)..end].iter();
    below.any(|line| line.contains("{{"))
}

/// Headings with numbers, and what stands below them. Where none is a part of another, and one is called as a part of a prompt, the
/// numbers are the prompt's.
fn numbered(lines: &[&str], all: &[Heading]) -> Vec<Heading> {
    let Some(first) = all.iter().position(|heading| !heading.number.is_empty()) else {
        return Vec::new();
    };
    let range = span(all, first);
    let numbered = || all[range.clone()].iter().filter(|it| !it.number.is_empty());
    let is_flat = numbered().all(|heading| !heading.number.contains('.'));
    if is_flat && numbered().any(|heading| is_of_prompt(&heading.words)) {
        return Vec::new();
    }
    let mut found = own(lines, all, range.clone());
    let level = all[first].level;
    found.retain(|heading| !heading.number.is_empty() || heading.level > level);
    found
}
