//! The headings of a Markdown text, also those that are only bold or numbered.

use crate::answer::fences::blocks_of;

/// A heading, or a line that may be one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Heading {
    /// Its line.
    pub(crate) line: usize,
    /// The line after it.
    pub(crate) after: usize,
    /// 1 to 6; 7 for a line that only may be one.
    pub(crate) level: usize,
    /// Its text as it was written, without the marks around it.
    pub(crate) text: String,
    /// Such as `1.1`; may be empty.
    pub(crate) number: String,
    /// Its words in lower case, without the number.
    pub(crate) words: String,
    /// Whether it is a heading of Markdown, whatever it says.
    pub(crate) certain: bool,
    /// Whether it is marked by `#`.
    pub(crate) atx: bool,
    /// Whether it is a line of its own, underlined: a heading wherever one is looked for, though not certain where the line is of
    /// hyphens, which may as well be a rule.
    pub(crate) underlined: bool,
    /// Whether it is a line in bold.
    pub(crate) bold: bool,
    /// Whether it begins with a number and bold text: `1.1. **Background**: …`.
    pub(crate) titled: bool,
    /// What stands behind such bold text.
    pub(crate) behind: String,
}

pub(crate) fn headings(lines: &[&str]) -> Vec<Heading> {
    let mut fenced = vec![false; lines.len()];
    for block in blocks_of(lines) {
        fenced[block.lines.0..block.lines.1.min(lines.len())].fill(true);
    }
    (0..lines.len())
        .filter(|number| !fenced[*number])
        .filter_map(|number| {
            let before = number.checked_sub(1).filter(|before| !fenced[*before]);
            let around = Around {
                before: before.map(|before| lines[before]),
                below: lines
                    .get(number + 1)
                    .filter(|_| !fenced[number + 1])
                    .copied(),
                is_second: number == 1,
            };
            heading(lines[number], number, &around)
        })
        .collect()
}

/// What stands beside a line, unless it is code.
struct Around<'a> {
    before: Option<&'a str>,
    below: Option<&'a str>,
    /// Whether it is the second line of all.
    is_second: bool,
}

/// The level that a line below gives the one above it.
fn level_by(underline: &str) -> Option<usize> {
    let rule = underline.trim();
    let is_of = |mark: char| rule.len() >= 3 && rule.chars().all(|c| c == mark);
    match () {
        // Four spaces make it a part of what stands above.
        () if is_code(underline) => None,
        () if is_of('=') => Some(1),
        () if is_of('-') => Some(2),
        () => None,
    }
}

/// Whether a line that is underlined is a title: it stands alone, and is no sentence, point of a list, quotation, row of a table or
/// the front matter of a page.
fn is_title(title: &str, around: &Around<'_>) -> bool {
    let before = around.before.map_or("", str::trim);
    let marks = before.len() - before.trim_start_matches('#').len();
    let is_rule = before.len() >= 3 && before.chars().all(|c| matches!(c, '-' | '=' | '*' | '_'));
    let is_apart = before.is_empty() || marks > 0 || (is_rule && !around.is_second);
    let is_sentence = title.ends_with(['.', ',', ';']);
    let is_other = title.starts_with(['|', '>']) || title.contains(" | ");
    let is_point = title.starts_with("* ") || title.starts_with("+ ") || title.starts_with("- ");
    is_apart && !is_sentence && !is_other && !is_point
}

fn is_code(line: &str) -> bool {
    line.starts_with("    ") || line.starts_with('\t')
}

fn heading(line: &str, number: usize, around: &Around<'_>) -> Option<Heading> {
    // Four spaces make it code.
    if is_code(line) {
        return None;
    }
    let trimmed = line.trim();
    let marks = trimmed.len() - trimmed.trim_start_matches('#').len();
    if marks > 0 {
        let text = &trimmed[marks..];
        let spaced = text.is_empty() || text.starts_with([' ', '\t', '*']);
        let numbered = text.starts_with(|c: char| c.is_ascii_digit());
        if marks > 6 || !(spaced || numbered) {
            return None;
        }
        return Some(Heading {
            atx: true,
            ..Heading::new(text, number, marks)
        });
    }
    if let Some(level) = around.below.and_then(level_by)
        && !trimmed.is_empty()
        && !trimmed.starts_with(['|', '-', '='])
    {
        // A rule of hyphens below a paragraph is mostly meant as a rule: only a title makes it a heading.
        return Some(Heading {
            after: number + 2,
            certain: level == 1,
            underlined: is_title(trimmed, around),
            ..Heading::new(trimmed, number, level)
        });
    }
    let bold = (trimmed.starts_with("**") || trimmed.starts_with("__")) && trimmed.len() > 4 && {
        let inside = trimmed.trim_end_matches(':');
        inside.ends_with("**") || inside.ends_with("__")
    };
    if let Some(heading) = titled(trimmed, number) {
        return Some(heading);
    }
    let numbered = trimmed.starts_with(|c: char| c.is_ascii_digit());
    if (bold || numbered) && trimmed.len() < 120 {
        let heading = Heading::new(trimmed, number, 7);
        return Some(Heading {
            certain: false,
            bold,
            ..heading
        });
    }
    None
}

/// From `1.1. **Background**: …`: a number and its title, with the section's text behind it or below.
fn titled(line: &str, number: usize) -> Option<Heading> {
    let bold =
        line.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | ')' | ' '));
    let (title, behind) = bold.strip_prefix("**")?.split_once("**")?;
    if bold.len() == line.len() || !line.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let before = &line[..line.len() - bold.len()];
    let heading = Heading::new(
        &format!("{before}{}", title.trim_end_matches(':')),
        number,
        7,
    );
    Some(Heading {
        certain: false,
        titled: true,
        behind: behind.trim_start_matches([':', ' ']).trim().to_owned(),
        ..heading
    })
}

/// What a heading says, without the marks around it: emphasis, and those that close it. What it gives can be written as a
/// heading and says the same again.
pub(crate) fn plain(mut text: &str) -> &str {
    loop {
        let less = without_emphasis(without_closing_marks(text.trim()));
        if less.len() == text.len() {
            return text;
        }
        text = less;
    }
}

/// Without marks as in `## Title ##`. They stand apart: those of `C#` belong to the word.
fn without_closing_marks(text: &str) -> &str {
    let open = text.trim_end_matches('#');
    match open.is_empty() || open.ends_with([' ', '\t']) {
        true => open,
        false => text,
    }
}

/// Without marks as in `**Title:**`; those inside of a text that doesn't begin with one are its own.
fn without_emphasis(text: &str) -> &str {
    match text.starts_with(['*', '_']) {
        true => without_marks_around(text),
        false => text,
    }
}

fn without_marks_around(text: &str) -> &str {
    let marks = ['*', '_', ' ', '\t'];
    let text = text.trim_matches(marks);
    text.strip_suffix(':').unwrap_or(text).trim_matches(marks)
}

impl Heading {
    fn new(text: &str, line: usize, level: usize) -> Self {
        let text = plain(text);
        let (number, rest) = split_number(without_marks_around(text));
        Self {
            line,
            after: line + 1,
            level,
            text: text.to_owned(),
            number: number.to_owned(),
            words: normal(rest),
            certain: true,
            atx: false,
            underlined: false,
            bold: false,
            titled: false,
            behind: String::new(),
        }
    }
}

/// `1.1. Background` as `1.1` and `Background`; a word `Section` before it is passed over.
fn split_number(text: &str) -> (&str, &str) {
    let text = text
        .get(..8)
        .filter(|start| start.eq_ignore_ascii_case("section "))
        .map_or(text, |start| &text[start.len()..]);
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    let number = number.trim_end_matches('.');
    let behind = rest.trim_start_matches([')', ':', '-', '–', '—', ' ', '\t']);
    if number.is_empty() || (behind.len() == rest.len() && !rest.is_empty() && end == number.len())
    {
        return ("", text);
    }
    (number, behind)
}

/// The words of a title: lower case, one space between them, nothing else.
pub(crate) fn normal(title: &str) -> String {
    let spaced: String = title
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .collect();
    spaced
        .to_lowercase()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}
