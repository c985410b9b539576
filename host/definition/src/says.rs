//! Keys whose value is a reference itself, and the words that its text may say.
//!
//! Only the shape is read here. What the references mean is for the check.

use std::ops::Range;

use toml::de::DeValue;

use crate::diagnostics::Problems;
use crate::expression::{self, Expression, Subject};
use crate::reader::Table;
use crate::template::{self, RawReference};
use crate::text_places::TextPlaces;
use crate::values;

/// The key whose value is a reference itself.
pub(crate) struct ReferenceKey {
    pub(crate) key: &'static str,
    pub(crate) code: &'static str,
    /// What is to be written there.
    pub(crate) expected: &'static str,
    /// What may follow the reference: `default([])` and nothing else, or nothing at all.
    pub(crate) may_be_defaulted: bool,
}

/// The key `is`, and what it is there for.
pub(crate) struct WordsKey {
    pub(crate) code: &'static str,
    /// What follows from such a word, such as `another round`.
    pub(crate) purpose: &'static str,
    /// One word, and a list of them, as an example.
    pub(crate) examples: [&'static str; 2],
}

impl WordsKey {
    /// A text, or a list of texts.
    pub(crate) fn read(&self, table: &Table<'_, '_>, problems: &mut Problems) -> Vec<String> {
        let Self {
            code,
            purpose,
            examples: [one, several],
        } = *self;
        let Some(entry) = table.entry("is") else {
            return Vec::new();
        };
        let values = match entry.value.get_ref() {
            DeValue::Array(items) => items.iter().collect(),
            _ => vec![entry.value],
        };
        if values.is_empty() {
            problems.error(
                code,
                entry.value.span(),
                "`is` is an empty list",
                format!("name what the document says for {purpose}, such as `is = {several}`"),
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
                    code,
                    value.span(),
                    "`is` has an empty text",
                    format!("name what the document says for {purpose}, such as `is = {one}`"),
                );
            }
            if text.contains(['\n', '\r']) {
                problems.error(
                    code,
                    value.span(),
                    "`is` has a text of several lines",
                    format!(
                        "let a step write a document of its own that says it in a word, such as {}",
                        one.replace('"', "`")
                    ),
                );
            }
            words.push(text.trim().to_owned());
        }
        words
    }
}

impl ReferenceKey {
    /// The reference, where it can be read.
    pub(crate) fn read(
        &self,
        table: &Table<'_, '_>,
        problems: &mut Problems,
    ) -> Option<RawReference> {
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
