//! The values of a TOML file with their places: taken for what they are, and reported where they are something else.

use std::ops::Range;

use stepwell_contract::Name;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::diagnostics::{Problems, Source, Span};
use crate::located::Located;

/// A value of a TOML file with its place.
pub(crate) type TomlValue<'i> = Spanned<DeValue<'i>>;

/// One key of a table with its value.
#[derive(Clone, Copy)]
pub(crate) struct Entry<'a, 'i> {
    pub(crate) key: &'a str,
    pub(crate) key_range: (usize, usize),
    pub(crate) value: &'a TomlValue<'i>,
}

impl Entry<'_, '_> {
    pub(crate) fn place(&self) -> Range<usize> {
        self.key_range.0..self.key_range.1
    }
}

/// The text as a table; syntax errors are reported, and then there is none.
///
/// What a parser makes of a broken text is a guess, and problems found in a guess lead astray.
pub(crate) fn document<'i>(source: &'i Source, problems: &mut Problems) -> Option<DeTable<'i>> {
    let (table, errors) = DeTable::parse_recoverable(&source.text);
    let mut is_too_deep = false;
    for error in &errors {
        // The parser has no other name for it, and says it of each table that lies too deep.
        if error.message().contains("recursion limit") && std::mem::replace(&mut is_too_deep, true)
        {
            continue;
        }
        let message = format!("this is not TOML: {}", error.message());
        match error.span() {
            Some(range) => problems.error("syntax", range, message, None),
            // What has no place is tables within tables, by as many dots.
            None => problems.error("syntax", most_dotted(&source.text), message, None),
        }
    }
    errors.is_empty().then(|| table.into_inner())
}

/// The line with the most dots.
fn most_dotted(text: &str) -> Range<usize> {
    let mut start = 0;
    let lines = text.split_inclusive('\n').map(|line| {
        let range = start..start + line.trim_end().len();
        start += line.len();
        (line.matches('.').count(), range)
    });
    lines
        .max_by_key(|(dots, range)| (*dots, std::cmp::Reverse(range.start)))
        .map_or(0..0, |(_, range)| range)
}

/// The entries in the order of the file.
pub(crate) fn entries<'a, 'i>(table: &'a DeTable<'i>) -> Vec<Entry<'a, 'i>> {
    let mut entries: Vec<_> = table
        .iter()
        .map(|(key, value)| Entry {
            key: key.get_ref().as_ref(),
            key_range: (key.span().start, key.span().end),
            value,
        })
        .collect();
    entries.sort_by_key(|entry| entry.key_range);
    entries
}

pub(crate) fn table<'a, 'i>(
    value: &'a TomlValue<'i>,
    key: &str,
    problems: &mut Problems,
) -> Option<&'a DeTable<'i>> {
    let table = value.get_ref().as_table();
    if table.is_none() {
        wrong_type(value, key, "a table", problems);
    }
    table
}

pub(crate) fn string(
    value: &TomlValue<'_>,
    key: &str,
    problems: &mut Problems,
) -> Option<Located<String>> {
    let Some(text) = value.get_ref().as_str() else {
        wrong_type(value, key, "a text in quotes", problems);
        return None;
    };
    Some(Located {
        value: text.to_owned(),
        span: problems.source.span(value.span()),
    })
}

pub(crate) fn wrong_type(
    value: &TomlValue<'_>,
    key: &str,
    expected: &str,
    problems: &mut Problems,
) {
    let found = match value.get_ref() {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    };
    problems.error(
        "wrong-type",
        value.span(),
        format!("`{key}` must be {expected}, not {found}"),
        None,
    );
}

/// The key of an entry as a name.
pub(crate) fn key_name(entry: &Entry<'_, '_>, problems: &mut Problems) -> Option<Located<Name>> {
    name(entry.key, problems.source.span(entry.place()), problems)
}

/// A text as a name.
pub(crate) fn name(given: &str, span: Span, problems: &mut Problems) -> Option<Located<Name>> {
    match Name::new(given) {
        Ok(value) => Some(Located { value, span }),
        Err(error) => {
            let hint = name_hint(&error.given);
            problems.error("bad-name", span, error.to_string(), hint);
            None
        }
    }
}

/// What the text would be as a name.
fn name_hint(given: &str) -> Option<String> {
    let tidy: String = given
        .trim()
        .to_lowercase()
        .chars()
        .map(|c| {
            if c == '-' || c == ' ' || c == '.' {
                '_'
            } else {
                c
            }
        })
        .collect();
    Name::new(tidy).ok().map(|name| format!("write `{name}`"))
}

/// A TOML value as JSON; reports what JSON can't hold.
pub(crate) fn json(value: &TomlValue<'_>, problems: &mut Problems) -> Option<serde_json::Value> {
    use serde_json::Value;
    let unrepresentable = |problems: &mut Problems| {
        let message = "this number can't be written as JSON";
        problems.error("bad-number", value.span(), message, None);
    };
    match value.get_ref() {
        DeValue::String(text) => Some(Value::String(text.to_string())),
        DeValue::Boolean(boolean) => Some(Value::Bool(*boolean)),
        DeValue::Datetime(datetime) => Some(Value::String(datetime.to_string())),
        DeValue::Integer(integer) => {
            let number = i64::from_str_radix(integer.as_str(), integer.radix()).ok();
            if number.is_none() {
                unrepresentable(problems);
            }
            number.map(Value::from)
        }
        DeValue::Float(float) => {
            let number = float.as_str().parse::<f64>().ok();
            let number = number.and_then(serde_json::Number::from_f64);
            if number.is_none() {
                unrepresentable(problems);
            }
            number.map(Value::Number)
        }
        DeValue::Array(items) => items
            .iter()
            .map(|item| json(item, problems))
            .collect::<Option<Vec<_>>>()
            .map(Value::Array),
        DeValue::Table(table) => entries(table)
            .iter()
            .map(|entry| Some((entry.key.to_owned(), json(entry.value, problems)?)))
            .collect::<Option<serde_json::Map<_, _>>>()
            .map(Value::Object),
    }
}
