//! What is wrong with a text: the message, its exact place, and what to do about it.
//!
//! Nothing here decides what is wrong, and nothing prints: [`Diagnostic::render`] gives text without colours.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::Remedy;
pub use stepwell_contract::Severity;

mod problems;
mod source;

pub use problems::most_of;
pub(crate) use problems::{Hint, Problems};
pub(crate) use source::Source;

/// The code of what says that a model that is named isn't set up.
pub(crate) const UNKNOWN_MODEL: &str = "unknown-model";
/// The code of what says how many more there are.
const MORE_PROBLEMS: &str = "more-problems";

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

    /// Whether it says that a model that is named isn't set up.
    #[must_use]
    pub fn is_of_unknown_model(&self) -> bool {
        self.code == UNKNOWN_MODEL
    }

    /// The problem as a person reads it, with the line of the source that it stands in; ends with a line end.
    #[must_use]
    pub fn render(&self, source: &str) -> String {
        let word = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        // A key may hold line breaks: what stands behind one begins no line of ours.
        let message = self.message.replace('\n', "\n  ");
        let mut text = format!("{word}: {message}\n");
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

#[cfg(test)]
mod tests {
    use super::*;

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
