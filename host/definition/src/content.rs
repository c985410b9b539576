//! What a field holds, against the JSON Schema that its plugin declares for it.

use serde_json::Value;
use stepwell_contract::{Field, HeldAgainst, Misfits, SchemaError, TextService, TextServiceFailed};

/// The most problems that are told of one text: the first ones explain the others.
const MOST_PROBLEMS: usize = 3;

/// Why texts aren't what their fields declare: for each none where it is, or where the field declares nothing.
///
/// A schema is about the text's content as JSON. A text that isn't JSON is held against it as a plain string, so
/// that `{"type": "string"}` or `{"enum": ["pass", "fail"]}` means what one expects. A field that may be left out may
/// be empty. A schema that is none forbids nothing: a plugin with such a schema isn't loaded.
///
/// # Errors
/// [`TextServiceFailed`] where nothing can be said of the texts.
pub async fn content_problems(
    contents: &[(&Field, &str)],
    texts: &dyn TextService,
) -> Result<Vec<Option<String>>, TextServiceFailed> {
    let contents: Vec<_> = contents.iter().map(Content::of).collect();
    let values: Vec<_> = contents
        .iter()
        .flatten()
        .flat_map(Content::values)
        .collect();
    let mut found = texts
        .check_values(&values, MOST_PROBLEMS)
        .await?
        .into_iter();
    let mut problem_of = |content: Content| {
        let as_json = match &content.json {
            Ok(_) => told(found.next()),
            Err(reason) => Some(format!("it isn't JSON: {reason}")),
        };
        match found.next() {
            // Nothing is known of the text then, whatever it holds.
            bounded @ Some(Err(SchemaError::Bound(_))) => told(bounded),
            as_plain => told(as_plain).and(as_json),
        }
    };
    Ok(contents
        .into_iter()
        .map(|content| content.and_then(&mut problem_of))
        .collect())
}

/// A text whose field declares a schema.
struct Content {
    schema: Value,
    /// What the text holds, or why it isn't JSON.
    json: Result<Value, String>,
    plain: Value,
}

impl Content {
    fn of((field, text): &(&Field, &str)) -> Option<Self> {
        if !field.required && text.is_empty() {
            return None;
        }
        Some(Self {
            schema: schema_of(field)?,
            json: serde_json::from_str(text).map_err(|error| error.to_string()),
            plain: Value::String((*text).to_owned()),
        })
    }

    fn values(&self) -> impl Iterator<Item = HeldAgainst<'_>> {
        let values = self.json.iter().chain([&self.plain]);
        values.map(|value| HeldAgainst {
            schema: &self.schema,
            value,
        })
    }
}

/// Why values break the JSON Schemas that their fields declare, likewise.
pub(crate) async fn value_problems(
    values: &[(&Field, &Value)],
    texts: &dyn TextService,
) -> Result<Vec<Option<String>>, TextServiceFailed> {
    let schemas: Vec<_> = values.iter().map(|(field, _)| schema_of(field)).collect();
    let held: Vec<_> = schemas
        .iter()
        .zip(values)
        .filter_map(|(schema, (_, value))| {
            let schema = schema.as_ref()?;
            Some(HeldAgainst { schema, value })
        })
        .collect();
    let mut found = texts.check_values(&held, MOST_PROBLEMS).await?.into_iter();
    Ok(schemas
        .iter()
        .map(|schema| schema.as_ref().and_then(|_| told(found.next())))
        .collect())
}

fn schema_of(field: &Field) -> Option<Value> {
    serde_json::from_str(field.schema.as_deref()?).ok()
}

/// What was found of a value, in words.
fn told(found: Option<Result<Misfits, SchemaError>>) -> Option<String> {
    let findings = match found? {
        Ok(findings) => findings,
        Err(SchemaError::Invalid { .. }) => return None,
        Err(SchemaError::Bound(bound)) => {
            return Some(format!("it can't be held against its JSON Schema: {bound}"));
        }
    };
    let problems: Vec<String> = findings
        .first
        .into_iter()
        .map(|finding| match finding.path {
            path if path.is_empty() => finding.message,
            path => format!("{} (at `{path}`)", finding.message),
        })
        .collect();
    (!problems.is_empty()).then(|| problems.join("; "))
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use stepwell_texts::InProcess;

    use super::*;

    fn content_problem(field: &Field, text: &str) -> Option<String> {
        let contents = [(field, text)];
        let problem = super::content_problems(&contents, &InProcess);
        problem.now_or_never().unwrap().unwrap().remove(0)
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
