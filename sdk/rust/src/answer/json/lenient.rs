//! One JSON value, read leniently.

use std::collections::BTreeSet;

use jsonc_parser::ast;
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use serde_json::Value;

/// What is wrong with a text as JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// Bytes before it.
    at: usize,
    what: String,
}

impl Fault {
    /// One that ends after so many bytes, with brackets open.
    pub(super) fn broken_off(at: usize) -> Self {
        Self {
            at,
            what: "it breaks off".to_owned(),
        }
    }

    /// The fault in words, by its place in the answer; the text that it is of begins `start` bytes in.
    pub(super) fn said(&self, answer: &str, start: usize) -> String {
        let written = answer.trim_end();
        // What breaks off does so behind its last word.
        let at = start.saturating_add(self.at).min(written.len());
        let at = written.floor_char_boundary(at);
        let begin = written[..at].rfind('\n').map_or(0, |end| end + 1);
        let end = written[at..]
            .find('\n')
            .map_or(written.len(), |end| at + end);
        let line = written[..begin].matches('\n').count() + 1;
        let column = written[begin..at].chars().count() + 1;
        format!(
            "its JSON can't be read at line {line}, column {column} of the answer (`{}`): {}",
            around(&written[begin..end], at - begin),
            self.what
        )
    }
}

/// How many characters of a line a fault shows before it, and from it on. Who writes all of it into one line finds nothing by the line alone.
const SHOWN: usize = 40;

/// A line at a place: all of it, or what stands around that.
fn around(line: &str, at: usize) -> String {
    let (before, behind) = line.split_at(at);
    let from = before.char_indices().rev().nth(SHOWN - 1);
    let to = behind.char_indices().nth(SHOWN);
    let (from, to) = (from.map_or(0, |(from, _)| from), to.map(|(to, _)| at + to));
    let mark = |is_cut: bool| if is_cut { "…" } else { "" };
    let shown = &line[from..to.unwrap_or(line.len())];
    format!("{}{}{}", mark(from > 0), shown.trim(), mark(to.is_some()))
}

/// What has one reading only. Commas that are missing, numbers in other forms and escapes of other languages have more.
const FORGIVEN: ParseOptions = ParseOptions {
    allow_comments: true,
    allow_loose_object_property_names: true,
    allow_trailing_commas: true,
    allow_missing_commas: false,
    allow_single_quoted_strings: true,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// Reads an object or an array.
pub(super) fn read(source: &str) -> Result<Value, Fault> {
    let parsed = parse_to_ast(source, &CollectOptions::default(), &FORGIVEN);
    let parsed = parsed.map_err(|error| Fault {
        at: error.range().start,
        what: lower(&error.kind().to_string()),
    })?;
    match parsed.value {
        Some(value) => value_of(value),
        None => Err(Fault {
            at: 0,
            what: "it is empty".to_owned(),
        }),
    }
}

/// The depth is bounded by the parser, which goes no deeper than 512 levels.
fn value_of(value: ast::Value<'_>) -> Result<Value, Fault> {
    Ok(match value {
        ast::Value::StringLit(text) => Value::String(text.value.into_owned()),
        ast::Value::BooleanLit(flag) => Value::Bool(flag.value),
        ast::Value::NullKeyword(_) => Value::Null,
        ast::Value::NumberLit(number) => {
            let read = serde_json::from_str(number.value);
            Value::Number(read.map_err(|_| Fault {
                at: number.range.start,
                what: format!("`{}` is no number of JSON", number.value),
            })?)
        }
        ast::Value::Array(array) => {
            let elements = array.elements.into_iter().map(value_of);
            Value::Array(elements.collect::<Result<_, _>>()?)
        }
        ast::Value::Object(object) => object_of(object)?,
    })
}

fn object_of(object: ast::Object<'_>) -> Result<Value, Fault> {
    let mut fields = serde_json::Map::new();
    let mut names = BTreeSet::new();
    for property in object.properties {
        let at = property.start();
        let name = match property.name {
            ast::ObjectPropName::String(text) => text.value.into_owned(),
            ast::ObjectPropName::Word(word) => word.value.to_owned(),
        };
        if !names.insert(name.clone()) {
            return Err(Fault {
                at,
                what: format!("the key `{name}` is there twice"),
            });
        }
        fields.insert(name, value_of(property.value)?);
    }
    Ok(Value::Object(fields))
}

/// A sentence's beginning in the middle of another one.
fn lower(said: &str) -> String {
    let mut characters = said.chars();
    let first = characters.next().map(|first| first.to_ascii_lowercase());
    first.into_iter().chain(characters).collect()
}
