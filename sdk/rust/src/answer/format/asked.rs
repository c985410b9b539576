//! The headings of a document that a prompt's template asks for.

use std::fmt;

use crate::answer::fences::blocks_of;
use crate::answer::headings::{Heading, headings, normal};

mod announced;
mod said;

/// A heading that a document must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    /// Such as `1.1`; may be empty.
    pub(super) number: String,
    /// Its words in lower case.
    pub(super) words: String,
    level: usize,
    text: String,
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.text)
    }
}

impl Asked {
    fn of(heading: &Heading) -> Self {
        Self {
            number: heading.number.clone(),
            words: heading.words.clone(),
            level: heading.level,
            text: heading
                .text
                .trim_end_matches([':', '*', ' '])
                .replace("**", ""),
        }
    }

    /// Whether a heading of a document is this one. A number says so whatever it calls itself; the words may go on.
    pub(super) fn is(&self, heading: &Heading) -> bool {
        let titled = heading.certain || heading.underlined || heading.bold || heading.titled;
        // A point of a list has a number, too.
        let tells = heading.certain
            || heading.underlined
            || (heading.titled && heading.number.contains('.'));
        let same_number = !self.number.is_empty() && self.number == heading.number;
        let rest = heading.words.strip_prefix(self.words.as_str());
        let same_words = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
        (same_number && tells) || (same_words && (titled || same_number))
    }

    /// Whether the other one is a part of this one.
    pub(super) fn is_above(&self, other: &Self) -> bool {
        match (self.number.as_str(), other.number.as_str()) {
            ("", _) | (_, "") => self.level < other.level,
            (own, other) => other
                .strip_prefix(own)
                .is_some_and(|rest| rest.starts_with('.')),
        }
    }
}

/// The headings that a document must have, in their order, each once.
pub(super) fn asked(template: &str) -> Vec<Asked> {
    let lines: Vec<&str> = template.lines().collect();
    let mut found: Vec<Asked> = Vec::new();
    for heading in in_region(&lines) {
        let asked = Asked::of(&heading);
        if !found
            .iter()
            .any(|known| (&known.number, &known.words) == (&asked.number, &asked.words))
        {
            found.push(asked);
        }
    }
    found
}

/// The headings of the part that is the document's template, else of what the prompt says to be one.
fn in_region(lines: &[&str]) -> Vec<Heading> {
    for region in regions(lines) {
        let inside = real(&lines[region.0..region.1]);
        if inside.len() > 1 {
            return below_title(inside);
        }
    }
    said::in_prompt(lines)
}

/// Headings that name what they are of: no placeholder, no variable, no point of a list.
fn real(lines: &[&str]) -> Vec<Heading> {
    let mut found = headings(lines);
    found.retain(is_real);
    found
}

fn is_real(heading: &Heading) -> bool {
    is_heading(heading) && !is_placeholder(heading)
}

/// Whether it is one where nothing is looked for, and not what a program fills.
fn is_heading(heading: &Heading) -> bool {
    let said = &heading.text;
    let is_section = heading.behind.is_empty() || heading.number.contains('.');
    let is_marked = heading.certain || heading.underlined || (heading.titled && is_section);
    is_marked && !said.contains("{{") && !said.contains("{%") && !heading.words.is_empty()
}

/// Whether a heading only says what is to stand there, as `<Title>` does.
fn is_placeholder(heading: &Heading) -> bool {
    let said = heading.text.trim();
    let placeholder = [('<', '>'), ('(', ')'), ('[', ']'), ('{', '}')];
    placeholder.iter().any(|(open, close)| {
        said.starts_with(*open) && said.trim_end_matches(':').ends_with(*close)
    })
}

/// Without the first one, where it alone stands above all others: every document has a title of its own.
fn below_title(mut headings: Vec<Heading>) -> Vec<Heading> {
    if let [first, rest @ ..] = headings.as_slice()
        && !rest.is_empty()
        && first.number.is_empty()
        && rest.iter().all(|other| other.level > first.level)
    {
        headings.remove(0);
    }
    headings
}

/// Parts that a prompt sets apart, by their first line and the line behind their last. What it calls its own isn't among them.
fn regions(lines: &[&str]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let opening = line.trim();
        let closing = match opening
            .strip_prefix('<')
            .and_then(|rest| rest.strip_suffix('>'))
        {
            Some(name)
                if !name.is_empty()
                    && !said::is_tag_of_prompt(&normal(name))
                    && name
                        .chars()
                        .all(|c| c.is_alphanumeric() || "_-".contains(c)) =>
            {
                format!("</{name}>")
            }
            _ if opening == "$start$" => "$end$".to_owned(),
            _ => continue,
        };
        let end = lines[at + 1..]
            .iter()
            .take(REACH)
            .position(|line| line.trim() == closing);
        if let Some(length) = end {
            found.push((at + 1, at + 1 + length));
        }
    }
    found.extend(
        blocks_of(lines)
            .iter()
            .map(|block| (block.lines.0 + 1, block.lines.1 - usize::from(block.closed))),
    );
    found.sort_unstable();
    found.retain(|(start, end)| !lines[*start..*end].iter().any(|line| line.contains("{{")));
    found
}

/// How many lines such a part has at most: a prompt full of tags must not take for ever.
const REACH: usize = 2_000;
