//! Gathers the problems of one text: so many are told, and of the others how many there are.

use std::ops::Range;
use std::sync::Arc;

use stepwell_contract::{Remedy, TextServiceFailed};

use super::{Diagnostic, MORE_PROBLEMS, Severity, Source, Span};

/// So many errors of one text are told, and so many warnings; of others it is told how many there are.
const MOST_PROBLEMS: usize = 50;

/// The code of what couldn't be told.
const UNCHECKED: &str = "unchecked";

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
