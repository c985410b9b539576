//! JSON out of prose.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::fences::blocks;
use super::lines::normalize;

/// How many places of a text are tried: a long text full of brackets must not take for ever.
const PLACES: usize = 2_000;

/// The first JSON object or array of an answer that reads as a `T`: the whole answer, a fenced block, or what
/// stands somewhere in the prose. A comma behind a last element is forgiven.
///
/// # Errors
/// Why the best candidate doesn't, or that there is none: a sentence for the model.
pub fn json_of<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let mut problem = None;
    for candidate in candidates(text) {
        match serde_json::from_value(candidate) {
            Ok(value) => return Ok(value),
            Err(error) => {
                problem.get_or_insert_with(|| format!("its JSON isn't as asked for: {error}"));
            }
        }
    }
    Err(problem.unwrap_or_else(|| "it holds no complete JSON".to_owned()))
}

/// The first JSON object or array of an answer.
#[must_use]
pub fn json(text: &str) -> Option<Value> {
    candidates(text).next()
}

fn candidates(text: &str) -> impl Iterator<Item = Value> {
    let text = normalize(text);
    let mut sources = vec![text.clone()];
    sources.extend(blocks(&text).into_iter().map(|block| block.content));
    let whole: Vec<Value> = sources.iter().filter_map(|source| parse(source)).collect();
    whole.into_iter().chain(Scattered {
        text,
        at: 0,
        places: 0,
    })
}

fn parse(source: &str) -> Option<Value> {
    let source = source.trim();
    if !source.starts_with(['{', '[']) {
        return None;
    }
    serde_json::from_str(source)
        .or_else(|_| serde_json::from_str(&without_trailing_commas(source)))
        .ok()
}

/// JSON values somewhere in a text, from left to right.
struct Scattered {
    text: String,
    at: usize,
    places: usize,
}

impl Iterator for Scattered {
    type Item = Value;

    fn next(&mut self) -> Option<Value> {
        while self.places < PLACES {
            let offset = self.text[self.at..].find(['{', '['])?;
            self.places += 1;
            let start = self.at + offset;
            let rest = &self.text[start..];
            let mut stream = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
            if let Some(Ok(value)) = stream.next() {
                self.at = start + stream.byte_offset();
                return Some(value);
            }
            self.at = start + 1;
        }
        None
    }
}

/// The text without commas that stand before a closing bracket, outside strings.
fn without_trailing_commas(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut in_string = false;
    let mut escaped = false;
    for (place, character) in text.char_indices() {
        if in_string {
            in_string = escaped || character != '"';
            escaped = !escaped && character == '\\';
        } else if character == '"' {
            in_string = true;
        } else if character == ',' {
            // Looking ahead stops at the first character that isn't white, so this stays linear enough.
            let next = text[place + 1..].trim_start().chars().next();
            if matches!(next, Some(']' | '}')) {
                continue;
            }
        }
        kept.push(character);
    }
    kept
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json as value;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Plan {
        steps: Vec<String>,
    }

    fn plan(steps: &[&str]) -> Plan {
        Plan {
            steps: steps.iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn the_whole_answer_a_block_or_a_piece_of_prose() {
        let expected = Ok(plan(&["a"]));
        assert_eq!(json_of(r#"{"steps":["a"]}"#), expected);
        assert_eq!(
            json_of("Here:\r\n```json\r\n{\"steps\":[\"a\"]}\r\n```\r\n"),
            expected
        );
        assert_eq!(json_of("```\n{\"steps\":[\"a\"]}\n```"), expected);
        assert_eq!(
            json_of("So [it] is {\"steps\":[\"a\"]}, I think {really}."),
            expected
        );
    }

    #[test]
    fn a_block_of_something_else_is_passed_over() {
        let text = "```json\n{\"other\": 1}\n```\nthen\n```json\n{\"steps\": [\"b\"]}\n```";
        assert_eq!(json_of(text), Ok(plan(&["b"])));
    }

    #[test]
    fn a_trailing_comma_is_forgiven_outside_strings() {
        assert_eq!(json("[1, 2,\n]"), Some(value!([1, 2])));
        assert_eq!(json(r#"{"a": "x,]",}"#), Some(value!({"a": "x,]"})));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let problem = json_of::<Plan>("{\"steps\": 3}").unwrap_err();
        assert!(problem.contains("sequence"), "{problem}");
        let problem = json_of::<Plan>("{\"steps\": [\"a\"").unwrap_err();
        assert!(problem.contains("JSON"), "{problem}");
        assert!(
            json_of::<Plan>("nothing")
                .unwrap_err()
                .contains("no complete JSON")
        );
    }

    #[test]
    fn a_flood_of_brackets_ends() {
        assert_eq!(json(&"[".repeat(200_000)), None);
        assert_eq!(json(&"{\"a\":[".repeat(50_000)), None);
        let _ = json(&"[1,".repeat(100_000));
        let _ = json(&", ".repeat(100_000));
    }
}
