//! What a field holds, against the JSON Schema that its plugin declares for it.

use serde_json::Value;
use stepwell_contract::{Field, SchemaError, TextService, TextServiceFailed};

/// The most problems that are told of one text: the first ones explain the others.
const MOST_PROBLEMS: usize = 3;

/// Why a text isn't what its field declares; none where it is, or where the field declares nothing.
///
/// A schema is about the text's content as JSON. A text that isn't JSON is held against it as a plain string, so
/// that `{"type": "string"}` or `{"enum": ["pass", "fail"]}` means what one expects. A field that may be left out may
/// be empty.
///
/// # Errors
/// [`TextServiceFailed`] where nothing can be said of the text.
pub async fn content_problem(
    field: &Field,
    text: &str,
    texts: &dyn TextService,
) -> Result<Option<String>, TextServiceFailed> {
    if field.schema.is_none() || (!field.required && text.is_empty()) {
        return Ok(None);
    }
    let problem = match serde_json::from_str(text) {
        Ok(content) => value_problem(field, &content, texts).await?,
        Err(error) => Some(format!("it isn't JSON: {error}")),
    };
    if problem.is_none() {
        return Ok(None);
    }
    let plain = Value::String(text.to_owned());
    let as_plain = value_problem(field, &plain, texts).await?;
    Ok(as_plain.and(problem))
}

/// Why a value breaks the JSON Schema that its field declares; a schema that is none forbids nothing.
pub(crate) async fn value_problem(
    field: &Field,
    value: &Value,
    texts: &dyn TextService,
) -> Result<Option<String>, TextServiceFailed> {
    let schema = field.schema.as_deref().map(serde_json::from_str);
    let Some(Ok(schema)) = schema else {
        return Ok(None);
    };
    let findings = match texts.check_value(&schema, value, MOST_PROBLEMS).await {
        Ok(findings) => findings,
        Err(SchemaError::Invalid { .. }) => return Ok(None),
        Err(SchemaError::Bound(bound)) => {
            return Ok(Some(format!("it can't be held against its JSON Schema: {bound}")));
        }
        Err(SchemaError::Failed(failed)) => return Err(failed),
    };
    let problems: Vec<String> = findings
        .first
        .into_iter()
        .map(|finding| match finding.path {
            path if path.is_empty() => finding.message,
            path => format!("{} (at `{path}`)", finding.message),
        })
        .collect();
    Ok((!problems.is_empty()).then(|| problems.join("; ")))
}

/// Why a JSON Schema is none.
pub(crate) async fn schema_problem(
    schema: &Value,
    texts: &dyn TextService,
) -> Result<Option<String>, TextServiceFailed> {
    match texts.check_schema(schema).await {
        Ok(()) => Ok(None),
        Err(SchemaError::Invalid { message, .. }) => {
            Ok(Some(format!("this is not a JSON Schema: {message}")))
        }
        Err(SchemaError::Bound(bound)) => {
            Ok(Some(format!("this JSON Schema can't be used: {bound}")))
        }
        Err(SchemaError::Failed(failed)) => Err(failed),
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use stepwell_texts::InProcess;

    use super::*;

    fn content_problem(field: &Field, text: &str) -> Option<String> {
        let problem = super::content_problem(field, text, &InProcess);
        problem.now_or_never().unwrap().unwrap()
    }

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
