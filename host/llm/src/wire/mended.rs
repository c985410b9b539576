//! JSON that a strict reader refuses, made such that it doesn't.
//!
//! Servers in other languages write what their libraries let them: `NaN` for a probability, half of a character where a token
//! ends in its middle, a tab as it is. None of it is a reason to lose an answer. What isn't JSON at all stays what it is.

use serde_json::Value;

/// What a text holds: JSON values one after the other, and perhaps something else behind them.
#[derive(Debug, PartialEq)]
pub(crate) struct Values {
    pub(crate) values: Vec<Value>,
    /// Whether it ends within another object.
    pub(crate) is_cut: bool,
}

/// Reads the JSON values that a text begins with, also where they have `NaN` or an infinity, which become null, half of a
/// surrogate pair, which becomes the character for what can't be shown, or control characters within a text. What follows them
/// and is none, such as NUL bytes or a page of HTML, is left out.
///
/// # Errors
/// Where it doesn't begin with one.
pub(crate) fn values(text: &str) -> serde_json::Result<Values> {
    // Nearly every text is as it should be, and the error is told of what the server wrote.
    let (values, rest, error) = beginning(text);
    let ends = rest.trim().is_empty();
    let other = (!ends).then(|| mended(text));
    let (values, is_cut) = match other.as_deref().map(beginning) {
        Some((more, rest, _)) if more.len() > values.len() => (more, rest.trim().starts_with('{')),
        _ => (values, rest.trim().starts_with('{')),
    };
    match error {
        Some(error) if values.is_empty() => Err(error),
        _ => Ok(Values { values, is_cut }),
    }
}

/// The values that a text begins with, what is left of it, and why it is no value.
fn beginning(text: &str) -> (Vec<Value>, &str, Option<serde_json::Error>) {
    let mut values = Vec::new();
    let mut read = serde_json::Deserializer::from_str(text).into_iter();
    loop {
        let at = read.byte_offset();
        match read.next() {
            Some(Ok(value)) => values.push(value),
            Some(Err(error)) => return (values, &text[at..], Some(error)),
            None if values.is_empty() => {
                // It tells that nothing is there.
                let error = serde_json::from_str::<Value>(text).err();
                return (values, "", error);
            }
            None => return (values, "", None),
        }
    }
}

fn mended(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut within = false;
    while let Some(first) = rest.chars().next() {
        let (taken, written) = match (within, first) {
            (false, 'N' | 'I' | '-') => number(rest),
            (true, '\\') => escape(rest),
            (true, control @ '\0'..='\x1f') => (1, Some(format!("\\u{:04x}", u32::from(control)))),
            (_, '"') => {
                within = !within;
                (1, None)
            }
            _ => (first.len_utf8(), None),
        };
        let (taken, after) = rest.split_at(taken);
        out.push_str(written.as_deref().unwrap_or(taken));
        rest = after;
    }
    out
}

/// What isn't a number, outside of texts: how long it is, and what stands for it.
fn number(rest: &str) -> (usize, Option<String>) {
    let names = ["NaN", "Infinity", "-Infinity"];
    match names.iter().find(|name| rest.starts_with(**name)) {
        Some(name) => (name.len(), Some("null".to_owned())),
        None => (1, None),
    }
}

/// An escape within a text: how long it is, and what stands for it where it is half a character.
fn escape(rest: &str) -> (usize, Option<String>) {
    let unit = |text: &str| -> Option<u16> {
        let digits = text.strip_prefix("\\u")?.get(..4)?;
        u16::from_str_radix(digits, 16).ok()
    };
    match unit(rest) {
        // A pair is one character.
        Some(0xd800..=0xdbff) => match rest.get(6..).and_then(unit) {
            Some(0xdc00..=0xdfff) => (12, None),
            _ => (6, Some("\\ufffd".to_owned())),
        },
        Some(0xdc00..=0xdfff) => (6, Some("\\ufffd".to_owned())),
        Some(_) => (6, None),
        // The one behind it may be a quotation mark, or the beginning of another escape.
        None => (1 + rest[1..].chars().next().map_or(0, char::len_utf8), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn what_other_languages_write_is_read() {
        for (text, expected) in [
            (
                r#"{"a":NaN,"b":[-Infinity,Infinity]}"#,
                json!({ "a": null, "b": [null, null] }),
            ),
            (
                r#"{"a":"NaN, -Infinity"}"#,
                json!({ "a": "NaN, -Infinity" }),
            ),
            (r#"["\ud83d"]"#, json!(["\u{fffd}"])),
            (
                r#"["\ude00 \ud83d\ude00 \ud83d\n"]"#,
                json!(["\u{fffd} 😀 \u{fffd}\n"]),
            ),
            (r#"["\\ud83d \"\ud83d"]"#, json!(["\\ud83d \"\u{fffd}"])),
            ("[\"a\tb\nc\"]", json!(["a\tb\nc"])),
            ("[-1, NaN]", json!([-1, null])),
        ] {
            assert_eq!(values(text).unwrap().values, [expected], "{text}");
        }
        for text in ["{oops", "[\"\\ud83d", "[\"a\\", "[\"\\u12\"]", "[\"\\ué\"]"] {
            assert!(values(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_follows_a_value_takes_nothing_of_it() {
        for (text, count, is_cut) in [
            ("{} \r\n\0\0", 1, false),
            ("{}<html>{\"a\": 1}</html>", 1, false),
            ("{}{\"a\": 1}\n{\"a\": 2}", 3, false),
            ("{}{\"a\": NaN} bye", 2, false),
            ("{}{\"a\": ", 1, true),
        ] {
            let read = values(text).unwrap();
            assert_eq!((read.values.len(), read.is_cut), (count, is_cut), "{text}");
        }
        for text in ["", " ", "<html>", "\0{}"] {
            assert!(values(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_json_stays_what_it_is(texts: Vec<String>, number: f64) {
            let written = json!({ "texts": texts, "number": number }).to_string();
            prop_assert_eq!(mended(&written), written);
        }

        #[test]
        fn nothing_makes_it_panic(text in r#"(\\|"|u|d8|N|aN|-|\PC|[\x00-\x1f]|[0-9a-f]{4}){0,40}"#) {
            let _ = values(&text);
        }
    }
}
