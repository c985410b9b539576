//! What is wrong with a text: the message, its exact place, and what to do about it.
//!
//! Nothing here decides what is wrong, and nothing prints: [`Diagnostic::render`] gives text without colours.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::{Remedy, TextServiceFailed};

/// The code of what couldn't be told.
const UNCHECKED: &str = "unchecked";

/// How bad it is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Nothing can be run before it is mended.
    Error,
    /// It works, but most likely not as meant.
    Warning,
}

/// A stretch of a text. Lines and columns count from 1, columns in characters.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub struct Span {
    /// The byte at which it starts.
    pub start: usize,
    /// The byte after its last one.
    pub end: usize,
    /// The line of its first character.
    pub start_line: usize,
    /// The column of its first character.
    pub start_column: usize,
    /// The line of the character after its last one.
    pub end_line: usize,
    /// The column of the character after its last one.
    pub end_column: usize,
}

/// One problem of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// Which sort of problem, such as `unknown-key`. Stays the same when the message gets better.
    pub code: Cow<'static, str>,
    /// The file, as the caller named it.
    pub file: String,
    /// Where; none where the text as a whole is meant.
    pub span: Option<Span>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// What to do about it, where that is more than a line of this text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<Remedy>,
    /// Whether the line holds a secret, so that it is not shown.
    pub secret: bool,
}

impl Diagnostic {
    /// A problem of which no more is to be said.
    pub(crate) fn new(
        severity: Severity,
        code: &'static str,
        file: &str,
        span: Option<Span>,
        message: String,
        hint: Option<String>,
    ) -> Self {
        Self {
            severity,
            code: Cow::Borrowed(code),
            file: file.to_owned(),
            span,
            message,
            hint,
            remedy: None,
            secret: false,
        }
    }

    /// Whether it is an error.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// Whether it only says how many more there are.
    #[must_use]
    pub fn is_more(&self) -> bool {
        self.code == MORE_PROBLEMS
    }

    /// The problem as a person reads it, with the line of the source that it stands in; ends with a line end.
    #[must_use]
    pub fn render(&self, source: &str) -> String {
        let word = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let mut text = format!("{word}: {}\n", self.message);
        if let Some(span) = self.span {
            let (line, column) = (span.start_line, span.start_column);
            let gutter = " ".repeat(line.to_string().len());
            text.push_str(&format!("{gutter}--> {}:{line}:{column}\n", self.file));
            if !self.secret {
                text.push_str(&excerpt(source, span));
            }
        } else {
            text.push_str(&format!(" --> {}\n", self.file));
        }
        if let Some(hint) = &self.hint {
            text.push_str(&format!("hint: {hint}\n"));
        }
        text
    }
}

/// The line in which a span starts, with the span underlined.
fn excerpt(source: &str, span: Span) -> String {
    // A line of a generated file may be as long as the file; its surroundings are enough.
    const WIDEST: usize = 120;
    let source = source.strip_prefix('\u{feff}').unwrap_or(source);
    let Some(line) = source.split('\n').nth(span.start_line - 1) else {
        return String::new();
    };
    let characters: Vec<char> = line.strip_suffix('\r').unwrap_or(line).chars().collect();
    let column = (span.start_column - 1).min(characters.len());
    let end = if span.end_line == span.start_line {
        span.end_column - 1
    } else {
        characters.len()
    };
    let first = column.saturating_sub(WIDEST / 2);
    let first = if characters.len() <= WIDEST { 0 } else { first };
    let last = characters.len().min(first + WIDEST);
    let shown: String = characters[first..last].iter().collect();
    // Tabs are kept in the padding, so that the marks stand below what they mark at any width of a tab.
    let padding: String = characters[first..column]
        .iter()
        .map(|c| if *c == '\t' { '\t' } else { ' ' })
        .collect();
    let marks = "^".repeat(end.min(last).saturating_sub(column).max(1));
    let number = span.start_line.to_string();
    let gutter = " ".repeat(number.len());
    format!("{gutter} |\n{number} | {shown}\n{gutter} | {padding}{marks}\n")
}

/// A text under its file's name, which knows where its lines start.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) file: String,
    pub(crate) text: String,
    lines: Vec<usize>,
    /// How many characters begin before each block: a line may be as long as the text, and have thousands of places.
    characters: Vec<usize>,
}

/// Bytes of a block.
const BLOCK: usize = 1 << 12;

/// How many characters begin in these bytes.
fn beginnings(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xc0 != 0x80).count()
}

impl Source {
    pub(crate) fn new(file: &str, text: &str) -> Arc<Self> {
        let lines = std::iter::once(0)
            .chain(text.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        let blocks = text.as_bytes().chunks(BLOCK).scan(0, |before, block| {
            *before += beginnings(block);
            Some(*before)
        });
        let characters = std::iter::once(0).chain(blocks).collect();
        Arc::new(Self {
            file: file.to_owned(),
            text: text.to_owned(),
            lines,
            characters,
        })
    }

    /// The place of these bytes. Offsets that are no border of characters are moved down to one.
    pub(crate) fn span(&self, range: Range<usize>) -> Span {
        let start = self.text.floor_char_boundary(range.start);
        let end = self.text.floor_char_boundary(range.end).max(start);
        let (start_line, start_column) = self.position(start);
        let (end_line, end_column) = self.position(end);
        Span {
            start,
            end,
            start_line,
            start_column,
            end_line,
            end_column,
        }
    }

    fn position(&self, offset: usize) -> (usize, usize) {
        let line = self.lines.partition_point(|start| *start <= offset).max(1) - 1;
        let before = self.characters_before(offset) - self.characters_before(self.lines[line]);
        // A byte order mark has no width for whoever looks at the file.
        let has_mark = line == 0 && offset > 0 && self.text.starts_with('\u{feff}');
        (line + 1, before + 1 - usize::from(has_mark))
    }

    fn characters_before(&self, offset: usize) -> usize {
        let block = offset / BLOCK;
        self.characters[block] + beginnings(&self.text.as_bytes()[block * BLOCK..offset])
    }
}

/// So many errors of one text are told, and so many warnings; of others it is told how many there are.
const MOST_PROBLEMS: usize = 50;

/// The code of what says how many there are.
const MORE_PROBLEMS: &str = "more-problems";

/// So many characters of a message, or of what helps, are told: a name in it may be as long as the text.
const LONGEST_MESSAGE: usize = 1000;

/// Collects the problems of one text.
#[derive(Debug)]
pub(crate) struct Problems {
    pub(crate) source: Arc<Source>,
    /// The problems that are told.
    pub(crate) found: Vec<Diagnostic>,
    more_errors: usize,
    more_warnings: usize,
    /// Whether the last problem is told, so that more is to be said of it.
    told: bool,
}

impl Problems {
    pub(crate) fn new(source: Arc<Source>) -> Self {
        Self {
            source,
            found: Vec::new(),
            more_errors: 0,
            more_warnings: 0,
            told: false,
        }
    }

    pub(crate) fn error(
        &mut self,
        code: &'static str,
        place: impl Whereabouts,
        message: impl Into<String>,
        hint: impl Hint,
    ) {
        self.add(Severity::Error, code, place, message.into(), hint.given());
    }

    pub(crate) fn warning(
        &mut self,
        code: &'static str,
        place: impl Whereabouts,
        message: impl Into<String>,
        hint: impl Hint,
    ) {
        self.add(Severity::Warning, code, place, message.into(), hint.given());
    }

    /// What couldn't be told, and is no mistake of whoever wrote the file.
    pub(crate) fn unchecked(
        &mut self,
        place: impl Whereabouts,
        what: &str,
        failed: &TextServiceFailed,
    ) {
        let message = format!("{what} can't be checked: {failed}");
        self.error(UNCHECKED, place, message, "it may be right: try it again");
    }

    fn add(
        &mut self,
        severity: Severity,
        code: &'static str,
        place: impl Whereabouts,
        message: String,
        hint: Option<String>,
    ) {
        let message = shortened(message);
        let same = self.found.iter().filter(|it| it.severity == severity);
        let (mut count, mut is_said) = (0, false);
        for other in same {
            count += 1;
            is_said |= other.span.is_none() && other.message == message;
        }
        // To find a column a long line is counted from its start: not for thousands of problems that nobody is told.
        let has_room = count < MOST_PROBLEMS;
        let span = (has_room || is_said).then(|| place.place(&self.source));
        // A parser may lose its place, and say the same again and again.
        let is_known = is_said && span == Some(None);
        let span = span.flatten();
        self.told = !is_known && has_room;
        if self.told {
            let hint = hint.map(shortened);
            let problem = Diagnostic::new(severity, code, &self.source.file, span, message, hint);
            self.found.push(problem);
        } else if !is_known {
            match severity {
                Severity::Error => self.more_errors += 1,
                Severity::Warning => self.more_warnings += 1,
            }
        }
    }

    fn last(&mut self) -> Option<&mut Diagnostic> {
        self.found.last_mut().filter(|_| self.told)
    }

    /// The last problem has this hint.
    pub(crate) fn hint(&mut self, hint: impl Into<String>) {
        if let Some(last) = self.last() {
            last.hint = Some(shortened(hint.into()));
        }
    }

    /// The last problem has this remedy.
    pub(crate) fn mended_by(&mut self, remedy: Remedy) {
        if let Some(last) = self.last() {
            last.remedy = Some(remedy);
        }
    }

    pub(crate) fn has_errors(&self) -> bool {
        self.found.iter().any(Diagnostic::is_error)
    }

    /// So many problems there are, told or not.
    pub(crate) fn count(&self) -> usize {
        self.found.len() + self.more_errors + self.more_warnings
    }

    /// The problems in the order of their places, and how many more there are.
    pub(crate) fn into_sorted(mut self) -> Vec<Diagnostic> {
        let place = |problem: &Diagnostic| problem.span.map_or(0, |span| span.start);
        self.found.sort_by_key(place);
        for (severity, more) in [
            (Severity::Error, self.more_errors),
            (Severity::Warning, self.more_warnings),
        ] {
            self.found
                .extend(more_of(severity, more, &self.source.file));
        }
        self.found
    }
}

/// The first problems of a longer list, in which some have been left out already; and how many more there are.
#[must_use]
pub fn most_of(problems: Vec<Diagnostic>, file: &str) -> Vec<Diagnostic> {
    let mut told = Vec::new();
    let mut last = Vec::new();
    for severity in [Severity::Error, Severity::Warning] {
        let (mut count, mut more) = (0, 0);
        for problem in problems.iter().filter(|it| it.severity == severity) {
            count += 1;
            match count <= MOST_PROBLEMS {
                true => told.push(problem.clone()),
                false => more += 1,
            }
        }
        last.extend(more_of(severity, more, file));
    }
    told.sort_by_key(|problem| {
        let place = problem
            .span
            .map(|span| (span.start_line, span.start_column));
        (problem.is_more(), place)
    });
    told.extend(last);
    told
}

fn more_of(severity: Severity, more: usize, file: &str) -> Option<Diagnostic> {
    let what = match severity {
        Severity::Error => "problems",
        Severity::Warning => "warnings",
    };
    let message = format!("there are {more} more {what}, which are not shown");
    let hint = Some("mend these first".to_owned());
    (more > 0).then(|| Diagnostic::new(severity, MORE_PROBLEMS, file, None, message, hint))
}

fn shortened(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(LONGEST_MESSAGE) {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// Anything that says what to do about a problem, or that nothing is said.
pub(crate) trait Hint {
    fn given(self) -> Option<String>;
}

impl Hint for &str {
    fn given(self) -> Option<String> {
        Some(self.to_owned())
    }
}

impl Hint for String {
    fn given(self) -> Option<String> {
        Some(self)
    }
}

impl Hint for Option<String> {
    fn given(self) -> Option<String> {
        self
    }
}

/// Anything that says where a problem is.
pub(crate) trait Whereabouts {
    fn place(self, source: &Source) -> Option<Span>;
}

impl Whereabouts for Range<usize> {
    fn place(self, source: &Source) -> Option<Span> {
        Some(source.span(self))
    }
}

impl Whereabouts for Span {
    fn place(self, _: &Source) -> Option<Span> {
        Some(self)
    }
}

impl Whereabouts for Option<Span> {
    fn place(self, _: &Source) -> Option<Span> {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_skip_a_byte_order_mark() {
        let source = Source::new("f", "\u{feff}é = 1\r\n\tß = 2\r\n");
        let at = source.text.find('1').unwrap();
        let span = source.span(at..at + 1);
        assert_eq!((span.start_line, span.start_column), (1, 5));
        let at = source.text.find('2').unwrap();
        let span = source.span(at..at + 1);
        assert_eq!((span.start_line, span.start_column), (2, 6));
    }

    #[test]
    fn the_marks_stand_below_what_they_mark() {
        let source = Source::new("f.toml", "a = 1\r\n\tbad = 2\r\n");
        let mut problems = Problems::new(source.clone());
        problems.error("x", 8..11, "bad it is", "mend it");
        assert_eq!(
            problems.found[0].render(&source.text),
            "error: bad it is\n --> f.toml:2:2\n  |\n2 | \tbad = 2\n  | \t^^^\nhint: mend it\n"
        );
    }

    #[test]
    fn a_very_long_line_is_cut_around_the_place() {
        let text = format!("{}!{}", "x".repeat(500), "y".repeat(500));
        let source = Source::new("f", &text);
        let mut problems = Problems::new(source);
        problems.error("x", 500..501, "m", None);
        let shown = problems.found[0].render(&text);
        assert!(
            shown.lines().all(|line| line.chars().count() < 140),
            "{shown}"
        );
        assert!(shown.contains('!'));
    }
}
