//! Values that nothing is decided by, read from whatever a server writes for them.
//!
//! None of these fails: an answer that was paid for isn't lost because a number has a point in it.

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

fn read<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    reading: impl Fn(Value) -> Option<T>,
) -> Result<Option<T>, D::Error> {
    Value::deserialize(deserializer).map(reading)
}

/// A text; none where there is another value.
pub(crate) fn text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    read(from, |value| match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

/// A word; none where it is empty, or where there is nothing. Another value stands as its JSON.
pub(crate) fn word<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    read(from, |value| match value {
        Value::Null | Value::Bool(false) => None,
        Value::String(word) => Some(word.trim().to_owned()).filter(|word| !word.is_empty()),
        other => Some(other.to_string()),
    })
}

/// What a model said beside its answer: a text, or a text in a list or an object; else its JSON.
pub(crate) fn said<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    read(from, |value| match value {
        Value::Null | Value::Bool(_) => None,
        Value::String(text) => Some(text),
        value => Some(content(&value).unwrap_or_else(|| value.to_string())),
    })
}

/// A place in a list; none where it isn't told.
pub(crate) fn index<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u32>, D::Error> {
    read(from, |value| count(&value))
}

/// A list; a value alone is a list of one.
pub(crate) fn list<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<Value>>, D::Error> {
    read(from, |value| match value {
        Value::Null => None,
        Value::Array(values) => Some(values),
        value => Some(vec![value]),
    })
}

/// Any value; none where it says nothing.
pub(crate) fn anything<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Value>, D::Error> {
    read(from, meaningful)
}

/// A value; none where it says nothing.
pub(crate) fn meaningful(value: Value) -> Option<Value> {
    match &value {
        Value::Null | Value::Bool(false) => None,
        Value::Number(number) if number.as_f64() == Some(0.0) => None,
        Value::String(text) if text.is_empty() => None,
        Value::Array(values) if values.is_empty() => None,
        Value::Object(fields) if fields.is_empty() => None,
        _ => Some(value),
    }
}

/// What is acted on, of which a word, a number or a truth value can hold nothing: such a one is none.
pub(crate) fn unless_plain<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    from: D,
) -> Result<Option<T>, D::Error> {
    match Value::deserialize(from)? {
        value @ (Value::Array(_) | Value::Object(_)) => serde_json::from_value(value)
            .map(Some)
            .map_err(D::Error::custom),
        _ => Ok(None),
    }
}

/// What is acted on, where there is any: an empty value of another kind is none, as some servers write it.
pub(crate) fn some<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    from: D,
) -> Result<Option<T>, D::Error> {
    match anything(from)? {
        None => Ok(None),
        Some(value) => serde_json::from_value(value)
            .map(Some)
            .map_err(D::Error::custom),
    }
}

/// A count, also as `11.0` or `"11"`; none where it is no count, such as `-1`.
pub(crate) fn count(value: &Value) -> Option<u32> {
    let number = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    let is_count = number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is a whole number in the range"
    )]
    is_count.then_some(number as u32)
}

/// The text of a content: itself, or those of its parts. None where it holds no text.
pub(crate) fn content(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(parts) => {
            let texts: Vec<String> = parts.iter().filter_map(content).collect();
            (!texts.is_empty()).then(|| texts.concat())
        }
        Value::Object(fields) => fields.get("text")?.as_str().map(str::to_owned),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn counts_are_read_in_whatever_form_and_never_guessed() {
        for value in [json!(11), json!(11.0), json!("11"), json!(" 11 ")] {
            assert_eq!(count(&value), Some(11), "{value}");
        }
        for value in [
            json!(-1),
            json!(1.5),
            json!(1e30),
            json!("many"),
            json!(null),
            json!([11]),
        ] {
            assert_eq!(count(&value), None, "{value}");
        }
    }

    proptest! {
        #[test]
        fn every_count_is_itself(number: u32) {
            prop_assert_eq!(count(&json!(number)), Some(number));
            prop_assert_eq!(count(&json!(f64::from(number))), Some(number));
        }
    }
}
