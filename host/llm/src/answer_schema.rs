//! The check of an answer against the schema that its request gave.
//!
//! It reads the text as it is: taking an answer out of prose or a code fence is the step's business.

use serde_json::Value;
use stepwell_contract::{ChatError, ChatErrorKind, SchemaError, TextService, TextServiceFailed};

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
        match checked.map_err(|failed| unchecked(&failed))? {
            Ok(()) => Ok(Self { schema, texts }),
            Err(SchemaError::Invalid { message, path }) => {
                Err(invalid(format!("{message} at `{path}`")))
            }
            Err(SchemaError::Bound(bound)) => Err(invalid(bound.to_string())),
        }
    }

    /// Whether a text satisfies it.
    pub(crate) async fn check(&self, text: &str) -> Result<(), ChatError> {
        let mismatch = |reason: String| ChatError::new(ChatErrorKind::SchemaMismatch, reason);
        let value: Value = serde_json::from_str(text).map_err(|error| {
            mismatch(format!(
                "the answer is not JSON, as `answer-schema` wants: {error}"
            ))
        })?;
        let checked = self.texts.check_value(&self.schema, &value, SHOWN).await;
        let found = match checked.map_err(|failed| unchecked(&failed))? {
            Ok(found) => found,
            Err(SchemaError::Invalid { message, .. }) => return Err(mismatch(message)),
            Err(SchemaError::Bound(bound)) => return Err(mismatch(bound.to_string())),
        };
        if found.first.is_empty() {
            return Ok(());
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
        Err(mismatch(message))
    }
}

/// Neither the schema nor the answer is wrong, as far as anybody knows.
fn unchecked(failed: &TextServiceFailed) -> ChatError {
    ChatError::new(
        ChatErrorKind::Other("unchecked".into()),
        format!("`answer-schema` can't be checked: {failed}"),
    )
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
        assert_eq!(schema.check(r#"{"tasks": ["a"]}"#).await, Ok(()));
        let error = schema.check(r#"{"tasks": ["a", 2]}"#).await.unwrap_err();
        assert_eq!(error.kind, ChatErrorKind::SchemaMismatch);
        assert!(error.message.contains("`/tasks/1`"), "{error}");
        assert!(
            schema
                .check("{}")
                .await
                .unwrap_err()
                .message
                .contains("at the top")
        );
        let prose = schema.check("Sure! {}").await.unwrap_err();
        assert!(prose.message.contains("not JSON"), "{prose}");
    }

    #[tokio::test]
    async fn a_bad_schema_is_a_bad_request() {
        for bad in ["{", r#"{"type": 3}"#, r#"{"$ref":"https://example.org/x"}"#] {
            let error = AnswerSchema::parse(bad, &InProcess).await.err().unwrap();
            assert_eq!(error.kind, ChatErrorKind::InvalidRequest, "{error}");
        }
    }
}
