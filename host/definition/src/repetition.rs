//! What makes a step run several times: `for_each`, once for each item, and `repeat`, round after round.
//!
//! Only the shape is read here. What their references mean is for the check.

use std::ops::Range;

use toml::de::DeValue;

use crate::definition::RepeatDefinition;
use crate::diagnostics::Problems;
use crate::expression::{self, Expression, Subject};
use crate::keys::{self, MOST_TIMES, TIMES};
use crate::plan::Otherwise;
use crate::reader::{Refused, Table};
use crate::template::{self, RawReference};
use crate::text_places::TextPlaces;
use crate::values;

/// The key whose value is a reference itself.
struct ReferenceKey {
    key: &'static str,
    code: &'static str,
    /// What is to be written there.
    expected: &'static str,
    /// What may follow the reference: `default([])` and nothing else, or nothing at all.
    may_be_defaulted: bool,
}

const FOR_EACH: ReferenceKey = ReferenceKey {
    key: "for_each",
    code: "bad-for-each",
    expected: "name a document that holds a JSON array, such as `for_each = \"parent.subtasks\"`",
    may_be_defaulted: true,
};

const WHILE: ReferenceKey = ReferenceKey {
    key: "while",
    code: "bad-repeat",
    expected: "name a document of this step or of one below it, such as `while = \"steps.build.testing.verdict\"`",
    may_be_defaulted: false,
};

/// The key `for_each`.
pub(crate) fn for_each(table: &Table<'_, '_>, problems: &mut Problems) -> Option<RawReference> {
    FOR_EACH.read(table, problems)
}

/// The table `repeat`.
pub(crate) fn repeat(
    table: &Table<'_, '_>,
    what: &str,
    problems: &mut Problems,
) -> Option<RepeatDefinition> {
    let entry = table.entry("repeat")?;
    let Some(inner) = entry.value.get_ref().as_table() else {
        values::wrong_type(entry.value, "repeat", "a table", problems);
        problems.hint("write `repeat = { while = \"steps.STEP.DOCUMENT\", is = \"TEXT\" }`");
        return None;
    };
    let what = format!("`repeat` of {what}");
    let table = Table::open(inner, entry.place(), &what, &keys::REPEAT, problems);
    for (key, line) in [
        (
            "while",
            "add `while = \"steps.STEP.DOCUMENT\"`, the document that says whether there is another round",
        ),
        (
            "is",
            "add `is = \"TEXT\"`, what the document says for another round",
        ),
    ] {
        if !table.has_something_like(key) {
            let message = format!("{what} has no `{key}`");
            problems.error("missing-key", entry.place(), message, line);
        }
    }
    let before = problems.found.len();
    let times = table.number("times", problems).unwrap_or(TIMES);
    for problem in &mut problems.found[before..] {
        problem.hint = Some(format!(
            "`times` is how many more rounds there may be after the first, from 1 to {MOST_TIMES}; take `repeat` out where there is one only"
        ));
    }
    Some(RepeatDefinition {
        document: WHILE.read(&table, problems),
        words: words(&table, problems),
        times,
        otherwise: otherwise(&table, problems),
    })
}

/// The key `otherwise`.
fn otherwise(table: &Table<'_, '_>, problems: &mut Problems) -> Option<Otherwise> {
    let word = table.word_or("otherwise", problems, |given| Refused {
        code: "bad-repeat",
        message: format!("`otherwise` can't be `{given}`"),
        kind: "values",
    });
    word.map(|word| word.value)
}

/// The key `is`: a text, or a list of texts.
fn words(table: &Table<'_, '_>, problems: &mut Problems) -> Vec<String> {
    let Some(entry) = table.entry("is") else {
        return Vec::new();
    };
    let values = match entry.value.get_ref() {
        DeValue::Array(items) => items.iter().collect(),
        _ => vec![entry.value],
    };
    if values.is_empty() {
        problems.error(
            "bad-repeat",
            entry.value.span(),
            "`is` is an empty list",
            "name what the document says for another round, such as `is = [\"failed\", \"error\"]`",
        );
    }
    let mut words = Vec::new();
    for value in values {
        let Some(text) = value.get_ref().as_str() else {
            values::wrong_type(value, "is", "a text in quotes, or a list of them", problems);
            continue;
        };
        if text.trim().is_empty() {
            problems.error(
                "bad-repeat",
                value.span(),
                "`is` has an empty text",
                "name what the document says for another round, such as `is = \"failed\"`",
            );
        }
        if text.contains(['\n', '\r']) {
            problems.error(
                "bad-repeat",
                value.span(),
                "`is` has a text of several lines",
                "let a step write a document of its own that says it in a word, such as `failed`",
            );
        }
        words.push(text.trim().to_owned());
    }
    words
}

impl ReferenceKey {
    fn read(&self, table: &Table<'_, '_>, problems: &mut Problems) -> Option<RawReference> {
        let Self {
            key,
            code,
            expected,
            may_be_defaulted,
        } = *self;
        let range = table.entry(key)?.value.span();
        let text = table.string(key, problems)?;
        if text.value.contains("{{") {
            problems.error(
                code,
                text.span,
                format!("`{key}` is a reference itself, not a text with references"),
                "write it without `{{` and `}}`",
            );
            return None;
        }
        if text.value.trim().is_empty() {
            let message = format!("`{key}` is empty");
            problems.error(code, text.span, message, expected);
            return None;
        }
        let places = TextPlaces::new(&problems.source, range.clone(), &text.value);
        let place = |range: &Range<usize>| places.place(range.clone());
        match expression::parse(&text.value) {
            Ok(parsed) => {
                if let Subject::Path(parts) = &parsed.subject
                    && (parsed.filters.is_none()
                        || may_be_defaulted && is_empty_list(&parsed, &text.value))
                {
                    let defaulted = parsed.filters.is_some();
                    return Some(template::raw_reference(parts, defaulted, &place, problems));
                }
                let filters = if may_be_defaulted {
                    "no filter but `default([])`"
                } else {
                    "no filter"
                };
                let message = format!("`{key}` takes a reference, and {filters}");
                problems.error(code, text.span, message, expected);
            }
            Err(error) => {
                let at = if error.place.is_empty() {
                    range
                } else {
                    place(&error.place)
                };
                let message = format!("`{key}` is no reference: {}", error.message);
                problems.error(code, at, message, expected);
            }
        }
        None
    }
}

/// Whether the only filter is `default([])`.
fn is_empty_list(parsed: &Expression, text: &str) -> bool {
    let shape = text
        .split_once('|')
        .map(|(_, rest)| rest.replace(' ', ""))
        .filter(|_| parsed.defaulted);
    shape.is_some_and(|rest| rest == "default([])" || rest == "d([])")
}
