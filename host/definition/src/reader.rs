//! Reads values out of a TOML table, and reports what has the wrong name or type.
//!
//! It knows nothing of workflows: what a table may hold it is told by a list of keys.

use std::ops::Range;
use std::time::Duration;

use serde::de::value::StrDeserializer;
use serde::de::{DeserializeOwned, value::Error};
use stepwell_contract::{Money, Name, nearest, suggestion};
use toml::de::{DeTable, DeValue};

use crate::diagnostics::{Hint, Problems};
use crate::keys;
use crate::located::Located;
use crate::quantity::{self, Unfit};
use crate::shape::{Keys, Shape};
use crate::values::{self, Entry, TomlValue, entries, string, table, wrong_type};

/// What is said of a word that isn't one of its key.
pub(crate) struct Refused {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    /// What the words are, such as `values`.
    pub(crate) kind: &'static str,
}

/// A table of which certain keys are known.
pub(crate) struct Table<'a, 'i> {
    entries: Vec<Entry<'a, 'i>>,
    /// Where to point when something is missing.
    pub(crate) place: Range<usize>,
    keys: &'static Keys,
}

impl<'a, 'i> Table<'a, 'i> {
    /// Opens a table and reports every key that isn't known. `what` is such as "step `refine`".
    pub(crate) fn open(
        table: &'a DeTable<'i>,
        place: Range<usize>,
        what: &str,
        keys: &'static Keys,
        problems: &mut Problems,
    ) -> Self {
        Self::open_except(table, place, what, keys, &[], problems)
    }

    /// Opens a table in which some unknown keys are left to the caller; they are compared in lower case.
    pub(crate) fn open_except(
        table: &'a DeTable<'i>,
        place: Range<usize>,
        what: &str,
        keys: &'static Keys,
        except: &[&str],
        problems: &mut Problems,
    ) -> Self {
        let opened = Self {
            keys,
            ..Self::open_any(table, place)
        };
        for entry in &opened.entries {
            let is_known = keys.names().any(|name| name == entry.key);
            if !is_known && !except.contains(&entry.key.to_lowercase().as_str()) {
                problems.error(
                    "unknown-key",
                    entry.place(),
                    format!("unknown key `{}` in {what}", entry.key),
                    suggestion(entry.key, keys.names(), "keys"),
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
            keys: &keys::NONE,
        }
    }

    /// Opens the table under a key, where there is one.
    pub(crate) fn below(
        &self,
        key: &str,
        what: &str,
        problems: &mut Problems,
    ) -> Option<Table<'a, 'i>> {
        let (table, place) = self.table(key, problems)?;
        match self.shape(key) {
            Some(Shape::Table(keys) | Shape::TableOr(keys, _)) => {
                Some(Self::open(table, place, what, keys, problems))
            }
            _ => Some(Self::open_any(table, place)),
        }
    }

    /// What the table of keys says of a key.
    fn shape(&self, key: &str) -> Option<Shape> {
        let found = self.keys.all().find(|known| known.name == key);
        found.map(|known| known.shape)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn entry(&self, key: &str) -> Option<Entry<'a, 'i>> {
        self.entries.iter().find(|entry| entry.key == key).copied()
    }

    /// Whether the key is there, or a misspelt one that was most likely meant to be it.
    pub(crate) fn has_something_like(&self, key: &str) -> bool {
        let meant = |given| nearest(given, self.keys.names()) == Some(key);
        self.entries
            .iter()
            .any(|entry| entry.key == key || meant(entry.key))
    }

    pub(crate) fn string(&self, key: &str, problems: &mut Problems) -> Option<Located<String>> {
        string(self.entry(key)?.value, key, problems)
    }

    /// A text of which nothing is said later, so that nobody needs its place.
    pub(crate) fn text(&self, key: &str, problems: &mut Problems) -> Option<String> {
        self.string(key, problems).map(|text| text.value)
    }

    pub(crate) fn name(&self, key: &str, problems: &mut Problems) -> Option<Located<Name>> {
        let text = self.string(key, problems)?;
        values::name(&text.value, text.span, problems)
    }

    /// Whether something is said that isn't the default.
    pub(crate) fn flag(&self, key: &str, problems: &mut Problems) -> bool {
        self.boolean(key, problems).unwrap_or_default()
    }

    pub(crate) fn boolean(&self, key: &str, problems: &mut Problems) -> Option<bool> {
        let entry = self.entry(key)?;
        let value = entry.value.get_ref().as_bool();
        if value.is_none() {
            wrong_type(entry.value, key, "`true` or `false`", problems);
        }
        value
    }

    /// The items of a list; none where the key isn't there.
    pub(crate) fn list(&self, key: &str, problems: &mut Problems) -> Vec<&'a TomlValue<'i>> {
        let Some(entry) = self.entry(key) else {
            return Vec::new();
        };
        if let Some(items) = entry.value.get_ref().as_array() {
            return items.iter().collect();
        }
        wrong_type(entry.value, key, "a list", problems);
        Vec::new()
    }

    /// A whole number within the bounds of its key.
    pub(crate) fn number<T: TryFrom<u64>>(&self, key: &str, problems: &mut Problems) -> Option<T> {
        let (least, most) = match self.shape(key) {
            Some(Shape::Number { least, most, .. }) => (least, most),
            _ => (0, keys::MOST),
        };
        let value = self.entry(key)?.value;
        let Some(integer) = value.get_ref().as_integer() else {
            wrong_type(value, key, "a whole number", problems);
            return None;
        };
        let number = u64::from_str_radix(integer.as_str(), integer.radix()).ok();
        if let Some(number) = number.filter(|number| (least..=most).contains(number)) {
            return T::try_from(number).ok();
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
        let read = quantity::duration(&text.value);
        read.map_err(|unfit| {
            unfit_quantity(key, &text, unfit, ("bad-duration", "duration"), problems)
        })
        .ok()
    }

    /// A size in bytes: a text with a unit, or a number of bytes.
    pub(crate) fn size(&self, key: &str, problems: &mut Problems) -> Option<u64> {
        if self.entry(key)?.value.get_ref().is_integer() {
            return self.number(key, problems);
        }
        let text = self.string(key, problems)?;
        let read = quantity::size(&text.value);
        read.map_err(|unfit| unfit_quantity(key, &text, unfit, ("bad-size", "size"), problems))
            .ok()
    }

    /// One of the words of its key, which are such as `values`.
    pub(crate) fn word<T: DeserializeOwned>(
        &self,
        key: &str,
        problems: &mut Problems,
        kind: &'static str,
    ) -> Option<T> {
        let found = self.word_or(key, problems, |given| Refused {
            code: "unknown-value",
            message: format!("`{key}` can't be `{given}`"),
            kind,
        });
        found.map(|found| found.value)
    }

    /// One of the words of its key; `refused` says what another one is.
    pub(crate) fn word_or<T: DeserializeOwned>(
        &self,
        key: &str,
        problems: &mut Problems,
        refused: impl FnOnce(&str) -> Refused,
    ) -> Option<Located<T>> {
        let text = self.string(key, problems)?;
        let words = match self.shape(key) {
            Some(Shape::Word(words, _)) => words.iter().copied(),
            _ => [].iter().copied(),
        };
        let given = text.value.as_str();
        if words.clone().any(|word| word == given) {
            let word: StrDeserializer<'_, Error> = StrDeserializer::new(given);
            let value = T::deserialize(word).ok()?;
            let span = text.span;
            return Some(Located { value, span });
        }
        let Refused {
            code,
            message,
            kind,
        } = refused(given);
        problems.error(code, text.span, message, suggestion(given, words, kind));
        None
    }

    /// A number from 0 to what its key allows.
    pub(crate) fn real(&self, key: &str, problems: &mut Problems) -> Option<f64> {
        let most = match self.shape(key) {
            Some(Shape::UpTo(most)) => most,
            _ => 1,
        };
        let value = self.entry(key)?.value;
        let number = match value.get_ref() {
            DeValue::Integer(integer) => integer.as_str().parse::<f64>().ok(),
            DeValue::Float(float) => float.as_str().parse::<f64>().ok(),
            _ => None,
        };
        let number = number.filter(|number| (0.0..=f64::from(most)).contains(number));
        if number.is_none() {
            let message = format!("`{key}` must be a number from 0 to {most}");
            problems.error("out-of-range", value.span(), message, None);
        }
        number
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

    /// Reports a key that isn't there. `message` says so.
    pub(crate) fn lacks(
        &self,
        key: &str,
        message: impl Into<String>,
        hint: impl Hint,
        problems: &mut Problems,
    ) {
        if self.entry(key).is_none() {
            problems.error("missing-key", self.place.clone(), message, hint);
        }
    }

    /// The keys of the table under a key.
    pub(crate) fn keys_of(&self, key: &str) -> Vec<&'a str> {
        let table = self
            .entry(key)
            .and_then(|entry| entry.value.get_ref().as_table());
        table.map_or_else(Vec::new, |table| {
            table.keys().map(|key| key.get_ref().as_ref()).collect()
        })
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

/// Reports a text that is no quantity of its kind, or one that can't be taken.
fn unfit_quantity(
    key: &str,
    text: &Located<String>,
    unfit: Unfit,
    (code, kind): (&'static str, &str),
    problems: &mut Problems,
) {
    let given = &text.value;
    match unfit {
        Unfit::Unreadable(expected) => {
            let message = format!("`{key} = \"{given}\"` is not a {kind}");
            problems.error(code, text.span, message, expected);
        }
        Unfit::OutOfRange(range) => {
            let message = format!("`{key}` must be {range}, not `{given}`");
            problems.error("out-of-range", text.span, message, None);
        }
    }
}
