//! The lines that begin entries and the values in them, in both directions.
//!
//! What an entry means is the business of `parse` and `write`.

use std::fmt;

use serde::de::value::{self, StrDeserializer};
use serde::de::{DeserializeOwned, IntoDeserializer as _};
use stepwell_contract::{FinishReason, Usage};

use super::CallPlace;

/// What begins a line that begins an entry.
pub(super) const MARK: &str = "=== ";

/// The line that ends a file.
pub(crate) const END: &str = "=== end\n";

/// A line of a text as it stands in the file.
pub(super) fn escaped(line: &str) -> String {
    if line.trim_start_matches('\\').starts_with(MARK) {
        format!("\\{line}")
    } else {
        line.to_owned()
    }
}

/// A line of the file as it stands in its text.
pub(super) fn unescaped(line: &str) -> &str {
    match line.strip_prefix('\\') {
        Some(rest) if rest.trim_start_matches('\\').starts_with(MARK) => rest,
        _ => line,
    }
}

/// A value that fits one line: as it is where that reads back, else as a JSON string.
pub(super) fn value(text: &str) -> String {
    let is_plain = !text.is_empty()
        && text.trim() == text
        && !text.starts_with('"')
        && !text.chars().any(char::is_control);
    if is_plain {
        text.to_owned()
    } else {
        quoted(text)
    }
}

/// A word: a value without spaces.
pub(super) fn word(text: &str) -> String {
    if text.contains(char::is_whitespace) {
        quoted(text)
    } else {
        value(text)
    }
}

fn quoted(text: &str) -> String {
    // JSON lets the separators of Unicode stand as they are; they would not end a line here either.
    serde_json::Value::from(text).to_string()
}

/// The text of a value or word.
pub(super) fn read_value(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.starts_with('"') {
        serde_json::from_str(text).map_err(|error| error.to_string())
    } else {
        Ok(text.to_owned())
    }
}

/// Shows a place as in a cassette: `implementation/code [2] ~1,3 #1`.
impl fmt::Display for CallPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.step)?;
        if !self.items.is_empty() {
            write!(f, " [{}]", numbers(&self.items))?;
        }
        if !self.rounds.is_empty() {
            write!(f, " ~{}", numbers(&self.rounds))?;
        }
        write!(f, " #{}", u64::from(self.sequence) + 1)
    }
}

fn numbers(numbers: &[u32]) -> String {
    let texts: Vec<String> = numbers.iter().map(u32::to_string).collect();
    texts.join(",")
}

/// Reads a place; the number is none where it is left out.
pub(super) fn read_place(text: &str) -> Result<(CallPlace, Option<u32>), String> {
    let mut words = text.split_whitespace();
    let step = words.next().ok_or("it names no step")?;
    let mut place = CallPlace {
        step: step.parse().map_err(|error| format!("{error}"))?,
        items: Vec::new(),
        rounds: Vec::new(),
        sequence: 0,
    };
    let mut sequence = None;
    for word in words {
        let list = |text: &str| -> Result<Vec<u32>, String> {
            text.split(',')
                .map(|number| {
                    number
                        .parse()
                        .map_err(|_| format!("`{word}` holds no list of numbers such as `0,2`"))
                })
                .collect()
        };
        if let Some(items) = word
            .strip_prefix('[')
            .and_then(|word| word.strip_suffix(']'))
        {
            place.items = list(items)?;
        } else if let Some(rounds) = word.strip_prefix('~') {
            place.rounds = list(rounds)?;
            if place.rounds.iter().all(|round| *round == 1) {
                place.rounds.clear();
            }
        } else if let Some(number) = word.strip_prefix('#') {
            let number: u64 = number
                .parse()
                .map_err(|_| format!("`{word}` is no number"))?;
            let counted = number
                .checked_sub(1)
                .and_then(|number| u32::try_from(number).ok())
                .ok_or_else(|| format!("`{word}`: calls are counted from 1"))?;
            sequence = Some(counted);
        } else {
            return Err(format!(
                "`{word}` is none of `[ITEMS]`, `~ROUNDS` and `#NUMBER`"
            ));
        }
    }
    place.sequence = sequence.unwrap_or(0);
    Ok((place, sequence))
}

/// The word for a finish reason.
pub(super) fn finish(reason: &FinishReason) -> String {
    match reason {
        FinishReason::Other(word) => value(word),
        known => known.code().to_owned(),
    }
}

/// The variant that has this name in records; none where it is another word.
pub(super) fn variant<T: DeserializeOwned>(word: &str) -> Option<T> {
    let word: StrDeserializer<'_, value::Error> = word.into_deserializer();
    T::deserialize(word).ok()
}

/// The counts of tokens, by the names that they have in a cassette.
fn counts(usage: &mut Usage) -> [(&'static str, &mut Option<u32>); 5] {
    [
        ("input", &mut usage.input_tokens),
        ("output", &mut usage.output_tokens),
        ("cache-read", &mut usage.cache_read_tokens),
        ("cache-write", &mut usage.cache_write_tokens),
        ("reasoning", &mut usage.reasoning_tokens),
    ]
}

/// Such as `input 12, output 30`; none where nothing is known.
pub(super) fn usage(mut usage: Usage) -> Option<String> {
    let known: Vec<String> = counts(&mut usage)
        .into_iter()
        .filter_map(|(name, tokens)| Some(format!("{name} {}", (*tokens)?)))
        .collect();
    (!known.is_empty()).then(|| known.join(", "))
}

/// Reads what `usage` writes.
pub(super) fn read_usage(text: &str) -> Option<Usage> {
    let mut usage = Usage::default();
    for part in text.split(',') {
        let (name, tokens) = part.trim().split_once(' ')?;
        let mut counts = counts(&mut usage).into_iter();
        let (_, count) = counts.find(|(known, _)| *known == name)?;
        *count = Some(tokens.trim().parse().ok()?);
    }
    Some(usage)
}
