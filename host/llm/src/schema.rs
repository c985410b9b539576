//! The check of an answer against the schema that its request gave.
//!
//! It reads the text as it is: taking an answer out of prose or a code fence is the step's business.

use jsonschema::Validator;
use serde_json::Value;
use stepwell_contract::{ChatError, ChatErrorKind};

/// An `answer_schema`, ready to check answers.
pub(crate) struct AnswerSchema(Validator);

/// So many violations are told at most: they go into the next prompt.
const SHOWN: usize = 5;

impl AnswerSchema {
    /// Reads a schema. A bad one is an error before anything is sent.
    pub(crate) fn parse(text: &str) -> Result<Self, ChatError> {
        let invalid = |reason: String| {
            ChatError::new(
                ChatErrorKind::InvalidRequest,
                format!(
                    "`answer-schema` is not a JSON Schema: {reason}; the step's author has to mend it"
                ),
            )
        };
        let value: Value =
            serde_json::from_str(text).map_err(|error| invalid(error.to_string()))?;
        jsonschema::validator_for(&value)
            .map(Self)
            .map_err(|error| invalid(format!("{error} at `{}`", error.instance_path())))
    }

    /// Whether a text satisfies it.
    pub(crate) fn check(&self, text: &str) -> Result<(), ChatError> {
        let mismatch = |reason: String| ChatError::new(ChatErrorKind::SchemaMismatch, reason);
        let value: Value = serde_json::from_str(text).map_err(|error| {
            mismatch(format!(
                "the answer is not JSON, as `answer-schema` wants: {error}"
            ))
        })?;
        let problems: Vec<String> = self
            .0
            .iter_errors(&value)
            .map(|error| match error.instance_path().to_string() {
                path if path.is_empty() => format!("{error} (at the top)"),
                path => format!("{error} (at `{path}`)"),
            })
            .collect();
        if problems.is_empty() {
            return Ok(());
        }
        let mut message = format!(
            "the answer breaks `answer-schema`: {}",
            problems[..problems.len().min(SHOWN)].join("; ")
        );
        if problems.len() > SHOWN {
            message.push_str(&format!("; and {} more", problems.len() - SHOWN));
        }
        Err(mismatch(message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mismatch_names_the_path() {
        let schema = AnswerSchema::parse(
            r#"{"type":"object","properties":{"tasks":{"type":"array","items":{"type":"string"}}},"required":["tasks"]}"#,
        )
        .unwrap();
        assert_eq!(schema.check(r#"{"tasks": ["a"]}"#), Ok(()));
        let error = schema.check(r#"{"tasks": ["a", 2]}"#).unwrap_err();
        assert_eq!(error.kind, ChatErrorKind::SchemaMismatch);
        assert!(error.message.contains("`/tasks/1`"), "{error}");
        assert!(
            schema
                .check("{}")
                .unwrap_err()
                .message
                .contains("at the top")
        );
        let prose = schema.check("Sure! {}").unwrap_err();
        assert!(prose.message.contains("not JSON"), "{prose}");
    }

    #[test]
    fn a_bad_schema_is_a_bad_request() {
        for bad in ["{", r#"{"type": 3}"#, r#"{"$ref":"https://example.org/x"}"#] {
            let error = AnswerSchema::parse(bad).err().unwrap();
            assert_eq!(error.kind, ChatErrorKind::InvalidRequest, "{error}");
        }
    }
}
