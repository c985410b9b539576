//! What a field holds, against the JSON Schema that its plugin declares for it.

use serde_json::Value;
use stepwell_contract::Field;

/// The most problems that are told of one text: the first ones explain the others.
const MOST_PROBLEMS: usize = 3;

/// Why a text isn't what its field declares; none where it is, or where the field declares nothing.
///
/// A schema is about the text's content as JSON. A text that isn't JSON is held against it as a plain string, so
/// that `{"type": "string"}` or `{"enum": ["pass", "fail"]}` means what one expects. A field that may be left out may
/// be empty.
#[must_use]
pub fn content_problem(field: &Field, text: &str) -> Option<String> {
    if field.schema.is_none() || (!field.required && text.is_empty()) {
        return None;
    }
    let plain = Value::String(text.to_owned());
    match serde_json::from_str(text) {
        Ok(content) => {
            let problem = value_problem(field, &content)?;
            value_problem(field, &plain).map(|_| problem)
        }
        Err(error) => value_problem(field, &plain).map(|_| format!("it isn't JSON: {error}")),
    }
}

/// Why a value breaks the JSON Schema that its field declares; a schema that is none forbids nothing.
pub(crate) fn value_problem(field: &Field, value: &Value) -> Option<String> {
    let schema = serde_json::from_str(field.schema.as_deref()?).ok()?;
    let validator = jsonschema::validator_for(&schema).ok()?;
    let problems: Vec<String> = validator
        .iter_errors(value)
        .take(MOST_PROBLEMS)
        .map(|error| match error.instance_path().to_string() {
            path if path.is_empty() => error.to_string(),
            path => format!("{error} (at `{path}`)"),
        })
        .collect();
    (!problems.is_empty()).then(|| problems.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(schema: &str, required: bool) -> Field {
        Field {
            name: "subtasks".into(),
            description: String::new(),
            required,
            schema: Some(schema.into()),
        }
    }

    #[test]
    fn a_text_is_held_against_its_schema_as_json() {
        let list = field(r#"{"type": "array", "items": {"type": "string"}}"#, true);
        assert_eq!(content_problem(&list, r#"["a"]"#), None);
        let wrong = content_problem(&list, r#"["a", 2]"#).unwrap();
        assert_eq!(wrong, "2 is not of type \"string\" (at `/1`)");
        let no_json = content_problem(&list, "- a").unwrap();
        assert!(no_json.starts_with("it isn't JSON: "), "{no_json}");
        assert!(content_problem(&list, "").is_some());
    }

    #[test]
    fn a_plain_word_is_a_string() {
        let verdict = field(r#"{"enum": ["pass", "fail"]}"#, true);
        assert_eq!(content_problem(&verdict, "pass"), None);
        assert_eq!(content_problem(&verdict, "\"pass\""), None);
        assert!(content_problem(&verdict, "perhaps").is_some());
        // Digits are a number, and yet a text too.
        assert_eq!(
            content_problem(&field(r#"{"type": "string"}"#, true), "5"),
            None
        );
    }

    #[test]
    fn what_may_be_left_out_may_be_empty_and_no_schema_forbids_nothing() {
        assert_eq!(
            content_problem(&field(r#"{"type": "array"}"#, false), ""),
            None
        );
        let plain = Field {
            schema: None,
            ..field("", true)
        };
        assert_eq!(content_problem(&plain, "anything"), None);
        assert_eq!(content_problem(&field("no schema", true), "anything"), None);
    }
}
