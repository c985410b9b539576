//! The check of an answer against the schema that its request gave.
//!
//! It reads the text as it is: taking an answer out of prose or a code fence is the step's business.

use serde_json::Value;
use stepwell_contract::{
    ChatError, ChatErrorKind, ChatResponse, SchemaError, TextService, TextServiceFailed,
};

/// An `answer_schema`, ready to check answers.
pub(crate) struct AnswerSchema<'a> {
    schema: Value,
    texts: &'a dyn TextService,
}

/// So many violations are told at most: they go into the next prompt.
const SHOWN: usize = 5;

impl<'a> AnswerSchema<'a> {
    /// Reads a schema. A bad one is an error before anything is sent.
    pub(crate) async fn parse(text: &str, texts: &'a dyn TextService) -> Result<Self, ChatError> {
        let unchecked = |failed: TextServiceFailed| {
            let message = format!("`answer-schema` can't be checked: {failed}");
            ChatError::new(ChatErrorKind::Other("unchecked".into()), message)
        };
        let invalid = |reason: String| {
            ChatError::new(
                ChatErrorKind::InvalidRequest,
                format!(
                    "`answer-schema` is not a JSON Schema: {reason}; the step's author has to mend it"
                ),
            )
        };
        let schema: Value =
            serde_json::from_str(text).map_err(|error| invalid(error.to_string()))?;
        let checked = texts.check_schema(&schema).await;
        match checked.map_err(unchecked)? {
            Ok(()) => Ok(Self { schema, texts }),
            Err(SchemaError::Invalid { message, path }) => {
                Err(invalid(format!("{message} at `{path}`")))
            }
            Err(SchemaError::Bound(bound)) => Err(invalid(bound.to_string())),
        }
    }

    /// How a text breaks it, if it does.
    async fn check(&self, text: &str) -> Result<Option<ChatError>, String> {
        let breaks =
            |reason: String| Ok(Some(ChatError::new(ChatErrorKind::SchemaMismatch, reason)));
        let value: Value = match serde_json::from_str(text) {
            Ok(value) => value,
            Err(error) => {
                return breaks(format!(
                    "the answer is not JSON, as `answer-schema` wants: {error}"
                ));
            }
        };
        let checked = self.texts.check_value(&self.schema, &value, SHOWN).await;
        let found = match checked.map_err(|failed| failed.to_string())? {
            Ok(found) => found,
            Err(SchemaError::Invalid { message, .. }) => return breaks(message),
            Err(SchemaError::Bound(bound)) => return Err(bound.to_string()),
        };
        if found.first.is_empty() {
            return Ok(None);
        }
        let problems: Vec<String> = found
            .first
            .into_iter()
            .map(|finding| match finding.path {
                path if path.is_empty() => format!("{} (at the top)", finding.message),
                path => format!("{} (at `{path}`)", finding.message),
            })
            .collect();
        let mut message = format!("the answer breaks `answer-schema`: {}", problems.join("; "));
        if found.more > 0 {
            message.push_str(&format!("; and {} more", found.more));
        }
        breaks(message)
    }
}

/// How an answer breaks the schema that its request gave, if it gave one and the answer does. A model that asks for tools
/// has not answered yet.
///
/// # Errors
/// Nobody knows, since a bound or a failure came in between: the answer may be right.
pub(crate) async fn mismatch(
    response: &ChatResponse,
    schema: Option<&AnswerSchema<'_>>,
) -> Result<Option<ChatError>, String> {
    let asks = response.text.is_empty() && !response.message.parts.is_empty();
    match schema.filter(|_| !asks) {
        Some(schema) => schema.check(&response.text).await,
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use stepwell_texts::InProcess;

    use super::*;

    #[tokio::test]
    async fn a_mismatch_names_the_path() {
        let schema = AnswerSchema::parse(
            r#"{"type":"object","properties":{"tasks":{"type":"array","items":{"type":"string"}}},"required":["tasks"]}"#,
            &InProcess,
        )
        .await
        .unwrap();
        assert_eq!(schema.check(r#"{"tasks": ["a"]}"#).await, Ok(None));
        for (answer, says) in [
            (r#"{"tasks": ["a", 2]}"#, "`/tasks/1`"),
            ("{}", "at the top"),
            ("Sure! {}", "not JSON"),
        ] {
            let error = schema.check(answer).await.unwrap().unwrap();
            assert_eq!(error.kind, ChatErrorKind::SchemaMismatch);
            assert!(error.message.contains(says), "{error}");
        }
    }

    #[tokio::test]
    async fn a_bad_schema_is_a_bad_request() {
        for bad in ["{", r#"{"type": 3}"#, r#"{"$ref":"https://example.org/x"}"#] {
            let error = AnswerSchema::parse(bad, &InProcess).await.err().unwrap();
            assert_eq!(error.kind, ChatErrorKind::InvalidRequest, "{error}");
        }
    }
}
