//! Reads values out of a TOML table, and reports what has the wrong name or type.
//!
//! It knows nothing of workflows: what a table may hold it is told by a list of keys.

use std::ops::Range;
use std::time::Duration;

use stepwell_contract::{Money, Name};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::definition::Located;
use crate::diagnostics::{Problems, Source};
use crate::keys::Key;
use crate::nearest::{nearest, suggestion};
use crate::quantity;

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
    for error in &errors {
        let message = format!("this is not TOML: {}", error.message());
        match error.span() {
            Some(range) => problems.error("syntax", range, message, None),
            None => problems.error("syntax", None, message, None),
        }
    }
    errors.is_empty().then(|| table.into_inner())
}

/// A table of which certain keys are known.
pub(crate) struct Table<'a, 'i> {
    entries: Vec<Entry<'a, 'i>>,
    /// Where to point when something is missing.
    pub(crate) place: Range<usize>,
}

impl<'a, 'i> Table<'a, 'i> {
    /// Opens a table and reports every key that isn't known. `what` is such as "step `refine`".
    pub(crate) fn open(
        table: &'a DeTable<'i>,
        place: Range<usize>,
        what: &str,
        keys: &'static [Key],
        problems: &mut Problems,
    ) -> Self {
        Self::open_except(table, place, what, keys, &[], problems)
    }

    /// Opens a table in which some unknown keys are left to the caller; they are compared in lower case.
    pub(crate) fn open_except(
        table: &'a DeTable<'i>,
        place: Range<usize>,
        what: &str,
        keys: &'static [Key],
        except: &[&str],
        problems: &mut Problems,
    ) -> Self {
        let opened = Self::open_any(table, place);
        for entry in &opened.entries {
            let known = keys.iter().any(|(name, _)| *name == entry.key);
            if !known && !except.contains(&entry.key.to_lowercase().as_str()) {
                problems.error(
                    "unknown-key",
                    entry.place(),
                    format!("unknown key `{}` in {what}", entry.key),
                    suggestion(entry.key, keys.iter().map(|(name, _)| *name), "keys"),
                );
            }
        }
        opened
    }

    /// Opens a table that may have any key.
    pub(crate) fn open_any(table: &'a DeTable<'i>, place: Range<usize>) -> Self {
        Self {
            entries: entries(table),
            place,
        }
    }

    pub(crate) fn entry(&self, key: &str) -> Option<Entry<'a, 'i>> {
        self.entries.iter().find(|entry| entry.key == key).copied()
    }

    /// Whether the key is there, or a misspelt one that was most likely meant to be it.
    pub(crate) fn has_something_like(&self, key: &str, keys: &[Key]) -> bool {
        let meant = |given| nearest(given, keys.iter().map(|(name, _)| *name)) == Some(key);
        self.entries
            .iter()
            .any(|entry| entry.key == key || meant(entry.key))
    }

    pub(crate) fn string(&self, key: &str, problems: &mut Problems) -> Option<Located<String>> {
        string(self.entry(key)?.value, key, problems)
    }

    pub(crate) fn name(&self, key: &str, problems: &mut Problems) -> Option<Located<Name>> {
        let text = self.string(key, problems)?;
        match Name::new(text.value) {
            Ok(value) => Some(Located {
                value,
                span: text.span,
            }),
            Err(error) => {
                problems.error(
                    "bad-name",
                    text.span,
                    error.to_string(),
                    name_hint(&error.given),
                );
                None
            }
        }
    }

    pub(crate) fn boolean(&self, key: &str, problems: &mut Problems) -> Option<bool> {
        let entry = self.entry(key)?;
        let value = entry.value.get_ref().as_bool();
        if value.is_none() {
            wrong_type(entry.value, key, "`true` or `false`", problems);
        }
        value
    }

    /// A whole number between these two.
    pub(crate) fn number(
        &self,
        key: &str,
        least: u32,
        problems: &mut Problems,
    ) -> Option<Located<u32>> {
        let most = u64::from(u32::MAX);
        let number = self.large_number(key, u64::from(least), most, problems)?;
        u32::try_from(number.value).ok().map(|value| Located {
            value,
            span: number.span,
        })
    }

    pub(crate) fn large_number(
        &self,
        key: &str,
        least: u64,
        most: u64,
        problems: &mut Problems,
    ) -> Option<Located<u64>> {
        let value = self.entry(key)?.value;
        let Some(integer) = value.get_ref().as_integer() else {
            wrong_type(value, key, "a whole number", problems);
            return None;
        };
        let number = u64::from_str_radix(integer.as_str(), integer.radix()).ok();
        if let Some(number) = number.filter(|number| (least..=most).contains(number)) {
            return Some(Located {
                value: number,
                span: problems.source.span(value.span()),
            });
        }
        let range =
            if number.is_none_or(|number| number > most) && !integer.as_str().starts_with('-') {
                format!("at most {most}")
            } else {
                format!("at least {least}")
            };
        problems.error(
            "out-of-range",
            value.span(),
            format!("`{key}` must be {range}, not {integer}"),
            None,
        );
        None
    }

    pub(crate) fn duration(&self, key: &str, problems: &mut Problems) -> Option<Duration> {
        let text = self.string(key, problems)?;
        quantity::duration(&text.value)
            .map_err(|reason| {
                let message = format!("`{key} = \"{}\"` is not a duration", text.value);
                problems.error("bad-duration", text.span, message, reason);
            })
            .ok()
    }

    /// A size in bytes: a text with a unit, or a number of bytes.
    pub(crate) fn size(&self, key: &str, problems: &mut Problems) -> Option<u64> {
        if self.entry(key)?.value.get_ref().is_integer() {
            let most = i64::MAX as u64;
            return Some(self.large_number(key, 0, most, problems)?.value);
        }
        let text = self.string(key, problems)?;
        quantity::size(&text.value)
            .map_err(|reason| {
                let message = format!("`{key} = \"{}\"` is not a size", text.value);
                problems.error("bad-size", text.span, message, reason);
            })
            .ok()
    }

    /// Money: a number as it is written, since a floating-point number would not be exact.
    pub(crate) fn money(&self, key: &str, problems: &mut Problems) -> Option<Money> {
        let value = self.entry(key)?.value;
        let written = match value.get_ref() {
            DeValue::Integer(integer) if integer.radix() == 10 => integer.as_str(),
            DeValue::Float(float) => float.as_str(),
            _ => {
                wrong_type(value, key, "a number of dollars", problems);
                return None;
            }
        };
        quantity::money(written)
            .map_err(|reason| {
                let message = format!("`{key}` is not an amount of money");
                problems.error("bad-money", value.span(), message, reason);
            })
            .ok()
    }

    /// The table under a key, with the place of the key.
    pub(crate) fn table(
        &self,
        key: &str,
        problems: &mut Problems,
    ) -> Option<(&'a DeTable<'i>, Range<usize>)> {
        let entry = self.entry(key)?;
        Some((table(entry.value, key, problems)?, entry.place()))
    }

    /// The entries of the table under a key, in the order of the file; none where there is none.
    pub(crate) fn entries_of(&self, key: &str, problems: &mut Problems) -> Vec<Entry<'a, 'i>> {
        self.table(key, problems)
            .map(|(table, _)| entries(table))
            .unwrap_or_default()
    }
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
    match Name::new(entry.key) {
        Ok(value) => Some(Located {
            value,
            span: problems.source.span(entry.place()),
        }),
        Err(error) => {
            let hint = name_hint(&error.given);
            problems.error("bad-name", entry.place(), error.to_string(), hint);
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
