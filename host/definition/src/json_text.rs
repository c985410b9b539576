//! Reads JSON into the tables that TOML is read into, with the place of each value.
//!
//! So a file that may be either is read by one reader. What JSON has and TOML lacks, `null`, is reported.

use std::borrow::Cow;
use std::ops::Range;

use jsonc_parser::ast::{Object, Value};
use jsonc_parser::common::Ranged;
use jsonc_parser::errors::ParseErrorKind;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use crate::diagnostics::{Problems, Source};
use crate::values::TomlValue;

const BYTE_ORDER_MARK: char = '\u{feff}';

/// JSON by its standard, without what editors add to it.
const STRICT: ParseOptions = ParseOptions {
    allow_comments: false,
    allow_loose_object_property_names: false,
    allow_trailing_commas: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// Whether a text is meant as JSON: by the name of its file, or since no TOML begins with a brace.
pub(crate) fn is_json(source: &Source) -> bool {
    let text = source.text.trim_start_matches(BYTE_ORDER_MARK);
    source.file.to_lowercase().ends_with(".json") || text.trim_start().starts_with('{')
}

/// The text as a table; syntax errors are reported, and then there is none.
pub(crate) fn document<'i>(source: &'i Source, problems: &mut Problems) -> Option<DeTable<'i>> {
    let text = source.text.trim_start_matches(BYTE_ORDER_MARK);
    let mut reading = Reading {
        offset: source.text.len() - text.len(),
        problems,
    };
    let parsed = parse_to_ast(text, &CollectOptions::default(), &STRICT);
    let value = match parsed {
        Ok(parsed) => parsed.value,
        Err(error) => {
            let place = reading.place(error.range());
            reading.syntax(place, meant_by(error.kind()));
            return None;
        }
    };
    let Some(Value::Object(object)) = value else {
        let place = value.map_or(0..0, |value| reading.place(value.range()));
        reading.syntax(place, "the file must be an object".into());
        return None;
    };
    reading.table(object)
}

fn meant_by(kind: &ParseErrorKind) -> String {
    match kind {
        ParseErrorKind::CommentsNotAllowed => "it has no comments".into(),
        other => other.to_string(),
    }
}

struct Reading<'p> {
    /// Where the parsed text begins in the file.
    offset: usize,
    problems: &'p mut Problems,
}

impl Reading<'_> {
    fn place(&self, range: jsonc_parser::common::Range) -> Range<usize> {
        range.start + self.offset..range.end + self.offset
    }

    fn syntax(&mut self, place: Range<usize>, reason: String) {
        let message = format!("this is not JSON: {reason}");
        self.problems.error("syntax", place, message, None);
    }

    fn table<'i>(&mut self, object: Object<'i>) -> Option<DeTable<'i>> {
        let mut table = DeTable::new();
        let mut whole = true;
        for property in object.properties {
            let place = self.place(property.name.range());
            let name = property.name.into_string();
            if table.contains_key(name.as_str()) {
                self.syntax(place, format!("the key `{name}` is there twice"));
                whole = false;
                continue;
            }
            let Some(value) = self.value(property.value) else {
                whole = false;
                continue;
            };
            table.insert(Spanned::new(place, Cow::Owned(name)), value);
        }
        whole.then_some(table)
    }

    fn value<'i>(&mut self, value: Value<'i>) -> Option<TomlValue<'i>> {
        let place = self.place(value.range());
        let value = match value {
            Value::StringLit(text) => DeValue::String(text.value),
            Value::BooleanLit(boolean) => DeValue::Boolean(boolean.value),
            Value::NumberLit(number) => match DeValue::parse(number.value) {
                Ok(parsed) => parsed.into_inner(),
                Err(_) => {
                    self.syntax(place, format!("`{}` is no number", number.value));
                    return None;
                }
            },
            Value::NullKeyword(_) => {
                let hint = "leave the key out; in a JSON Schema, `{ \"type\": \"null\" }` means it";
                let message = "`null` is no value here";
                self.problems.error("null", place, message, hint);
                return None;
            }
            Value::Array(array) => {
                // Each is looked at, so that all problems are found at once.
                let count = array.elements.len();
                let values: Vec<_> = array
                    .elements
                    .into_iter()
                    .filter_map(|element| self.value(element))
                    .collect();
                if values.len() < count {
                    return None;
                }
                DeValue::Array(DeArray::from_iter(values))
            }
            Value::Object(object) => DeValue::Table(self.table(object)?),
        };
        Some(Spanned::new(place, value))
    }
}
