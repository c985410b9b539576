//! Which headings of a prompt are those of a document, where nothing sets a template apart.
//!
//! A prompt has headings of its own, too, which address the model: `# Style`, `# What to mind`. A document that lacks them is in order, and
//! one that is refused for it costs a call each time. So a heading counts only where the prompt shows that it is the document's: by the
//! sentence right above it, a title to be filled in, the heading that it stands below, or a number. In doubt none does.

use std::ops::Range;

use super::announced::{Announced, announced, is_led_to, is_of_document};
use super::{Heading, below_title, headings, is_heading, is_placeholder};

/// What prompts call the parts of themselves that are no part of a document.
const OF_PROMPT: &[&str] = &[
    "guidelines",
    "input",
    "inputs",
    "instructions",
    "output format",
    "role",
    "rules",
    "style",
    "task",
    "template",
    "tone",
    "your task",
];

/// What a document calls a part of itself as well.
const MAY_BE_SECTION: &[&str] = &[
    "approach",
    "constraints",
    "context",
    "criteria",
    "example",
    "examples",
    "goal",
    "objective",
    "output",
    "steps",
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

/// Whether what stands between tags of this name addresses the model. An example has the form of a document.
pub(super) fn is_tag_of_prompt(words: &str) -> bool {
    is_of_prompt(words) && !is_of_document(words) && !matches!(words, "example" | "examples")
}

/// Whether a prompt calls a part of itself so that addresses the model, also one with a number.
fn is_mostly_of_prompt(words: &str) -> bool {
    OF_PROMPT.contains(&words) || MAY_BE_SECTION.contains(&words)
}

/// The same, where nothing else says that it is a section.
fn is_of_prompt(words: &str) -> bool {
    is_mostly_of_prompt(words) || OF_PROMPT_ALONE.contains(&words)
}

fn addresses_the_model(heading: &Heading) -> bool {
    match heading.number.is_empty() {
        true => is_of_prompt(&heading.words),
        false => is_mostly_of_prompt(&heading.words),
    }
}

/// The headings of the document that a prompt says to write.
pub(super) fn in_prompt(lines: &[&str]) -> Vec<Heading> {
    let mut all = headings(lines);
    all.retain(is_heading);
    let has_number = |found: &[Heading]| found.iter().any(|heading| !heading.number.is_empty());
    let has_numbers = has_number(&own(lines, &all, 0..all.len(), None));
    let shown = (0..all.len()).filter_map(|at| Some((at, shows(lines, &all, at)?)));
    for (first, shown) in shown {
        let found = own(lines, &all, span(&all, first), Some(shown));
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

/// By what a prompt shows that a document's headings begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    /// It says so right above.
    Announced,
    /// It is a title to be filled in.
    Titled,
    /// It seems to say so, or the heading above is one of those in which they may stand.
    Perhaps,
}

/// Whether a document's headings begin at this one: the prompt says so, or it is a title to be filled in.
fn shows(lines: &[&str], all: &[Heading], at: usize) -> Option<Shown> {
    let heading = &all[at];
    let before = at.checked_sub(1).map(|before| &all[before]);
    let from = before.map_or(0, |before| before.after);
    let said = &lines[from.min(heading.line)..heading.line];
    let announced = announced(said);
    let is_led_to = || is_led_to(said) && outline_end(lines, all, at) > at;
    if announced == Some(Announced::Plainly) || is_led_to() {
        return Some(Shown::Announced);
    }
    if is_placeholder(heading) && (heading.atx || heading.underlined) {
        return Some(Shown::Titled);
    }
    let is_below =
        before.is_some_and(|before| is_of_document(&before.words) && heading.level > before.level);
    (is_below || announced.is_some()).then_some(Shown::Perhaps)
}

/// Whether nothing stands below a heading. A prompt has something to say below its own.
fn is_bare(lines: &[&str], all: &[Heading], at: usize) -> bool {
    let begin = all[at].after;
    let end = all.get(at + 1).map_or(lines.len(), |next| next.line);
    lines[begin.min(end)..end]
        .iter()
        .all(|line| line.trim().is_empty())
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

/// Those of some headings that name a section of a document: they hold no input, and aren't called as a part of a prompt, unless it shows
/// that they are sections whatever they are called.
fn own(lines: &[&str], all: &[Heading], range: Range<usize>, shown: Option<Shown>) -> Vec<Heading> {
    let may_count = |at: usize| !is_placeholder(&all[at]) && !holds_input(lines, all, at);
    let plain = |at: &usize| may_count(*at) && !addresses_the_model(&all[*at]);
    let shown = shown.map(|shown| Region {
        shown,
        first: range.start,
        outline_end: outline_end(lines, all, range.start),
        last_plain: range.clone().rev().find(plain),
    });
    let is_shown = |at: usize| shown.as_ref().is_some_and(|it| it.shows(lines, all, at));
    let mut found = Vec::new();
    for at in range.clone() {
        if plain(&at) || (may_count(at) && is_shown(at)) {
            found.push(all[at].clone());
        }
    }
    // Where sections have numbers, headings before the first of them are those of the prompt, or the document's title.
    let first = found.iter().position(|heading| !heading.number.is_empty());
    match first {
        Some(first) => found.split_off(first),
        None => found,
    }
}

/// Where a prompt shows a document's headings.
struct Region {
    shown: Shown,
    first: usize,
    /// The heading that no longer belongs to an outline in which nothing stands below its headings.
    outline_end: usize,
    /// The last one that can't be anything but a section.
    last_plain: Option<usize>,
}

impl Region {
    /// Whether a heading is a section though a prompt may call a part of itself so.
    fn shows(&self, lines: &[&str], all: &[Heading], at: usize) -> bool {
        if at < self.outline_end {
            return true;
        }
        if self.shown == Shown::Perhaps {
            return false;
        }
        // What the prompt itself says behind the outline begins in doubt right there.
        let is_between = at > self.first && self.last_plain.is_some_and(|last| at < last);
        let may_be_section = MAY_BE_SECTION.contains(&all[at].words.as_str());
        let has_title =
            (all.get(self.first + 1)).is_some_and(|it| it.level > all[self.first].level);
        let begins = at == self.first || (has_title && at == self.first + 1);
        (begins && self.shown == Shown::Announced)
            || (is_between && (may_be_section || is_bare(lines, all, at)))
    }
}

/// Where headings end of which none has anything below it; where they begin if they are no outline.
fn outline_end(lines: &[&str], all: &[Heading], first: usize) -> usize {
    let bare = (first..all.len()).take_while(|at| is_bare(lines, all, *at));
    // A heading above others has nothing below it in any case.
    let is_last = |at: &usize| {
        all.get(at + 1)
            .is_none_or(|next| next.level <= all[*at].level)
    };
    match bare.clone().filter(is_last).count() > 1 {
        true => first + bare.count(),
        false => first,
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
    let mut found = own(lines, all, range.clone(), None);
    let level = all[first].level;
    found.retain(|heading| !heading.number.is_empty() || heading.level > level);
    found
}
