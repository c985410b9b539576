//! Attributes: the names of OpenTelemetry's conventions for generative AI, and ours below `stepwell.`.
//!
//! What is told is what a run is made of, and what it took; no text of a prompt, an answer, a document or an error.

use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, any_value::Value};

pub(crate) const ERROR_TYPE: &str = "error.type";
pub(crate) const OPERATION: &str = "gen_ai.operation.name";
pub(crate) const PROVIDER: &str = "gen_ai.provider.name";
pub(crate) const REQUEST_MODEL: &str = "gen_ai.request.model";
pub(crate) const RESPONSE_MODEL: &str = "gen_ai.response.model";
pub(crate) const FINISH_REASONS: &str = "gen_ai.response.finish_reasons";
pub(crate) const FIRST_CHUNK: &str = "gen_ai.response.time_to_first_chunk";
pub(crate) const INPUT_TOKENS: &str = "gen_ai.usage.input_tokens";
pub(crate) const OUTPUT_TOKENS: &str = "gen_ai.usage.output_tokens";
pub(crate) const CACHE_READ_TOKENS: &str = "gen_ai.usage.cache_read.input_tokens";
pub(crate) const CACHE_WRITE_TOKENS: &str = "gen_ai.usage.cache_creation.input_tokens";
pub(crate) const REASONING_TOKENS: &str = "gen_ai.usage.reasoning.output_tokens";
pub(crate) const PROMPT_NAME: &str = "gen_ai.prompt.name";
pub(crate) const PROMPT_VERSION: &str = "gen_ai.prompt.version";
pub(crate) const TOKEN_TYPE: &str = "gen_ai.token.type";
pub(crate) const WORKFLOW: &str = "gen_ai.workflow.name";
pub(crate) const HTTP_STATUS: &str = "http.response.status_code";

/// The word of the conventions for a request in a conversation, which all of ours are.
pub(crate) const CHAT: &str = "chat";
/// The word of the conventions for a workflow that is carried out.
pub(crate) const INVOKE_WORKFLOW: &str = "invoke_workflow";
/// The word of the conventions for an error without a class of its own.
const OTHER: &str = "_OTHER";

/// A name that somebody gave is told up to this length in characters.
const LONGEST: usize = 256;

/// Attributes, in the order in which they are told.
#[derive(Debug, Default)]
pub(crate) struct Attributes(pub(crate) Vec<KeyValue>);

impl Attributes {
    pub(crate) fn text(self, name: &str, text: &str) -> Self {
        self.with(name, string(text))
    }

    pub(crate) fn texts<'t>(self, name: &str, texts: impl Iterator<Item = &'t str>) -> Self {
        let values: Vec<_> = texts
            .map(|text| AnyValue {
                value: Some(string(text)),
            })
            .collect();
        match values.is_empty() {
            true => self,
            false => self.with(name, Value::ArrayValue(ArrayValue { values })),
        }
    }

    pub(crate) fn number(self, name: &str, number: impl Into<u64>) -> Self {
        let number = i64::try_from(number.into()).unwrap_or(i64::MAX);
        self.with(name, Value::IntValue(number))
    }

    pub(crate) fn decimal(self, name: &str, number: f64) -> Self {
        self.with(name, Value::DoubleValue(number))
    }

    pub(crate) fn flag(self, name: &str, flag: bool) -> Self {
        self.with(name, Value::BoolValue(flag))
    }

    /// The same with what is there.
    pub(crate) fn maybe<T>(self, value: Option<T>, with: impl FnOnce(Self, T) -> Self) -> Self {
        match value {
            Some(value) => with(self, value),
            None => self,
        }
    }

    fn with(mut self, name: &str, value: Value) -> Self {
        self.0.push(KeyValue {
            key: name.to_owned(),
            value: Some(AnyValue { value: Some(value) }),
            ..KeyValue::default()
        });
        self
    }
}

fn string(text: &str) -> Value {
    Value::StringValue(text.chars().take(LONGEST).collect())
}

/// A code as it may be told. A step or a provider may call its errors what it likes: what doesn't look like a code could be
/// a text, and isn't told.
pub(crate) fn code(code: &str) -> &str {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    match !code.is_empty() && code.len() <= 64 && code.bytes().all(fits) {
        true => code,
        false => OTHER,
    }
}

/// What the conventions call a provider, by the name that the operator gave it; one that they don't know is called that.
pub(crate) fn provider(name: &str) -> &str {
    match name {
        "azure" => "azure.ai.openai",
        "bedrock" => "aws.bedrock",
        "gemini" | "google" => "gcp.gemini",
        "mistral" => "mistral_ai",
        "moonshot" => "moonshot_ai",
        "vertex" => "gcp.vertex_ai",
        "watsonx" => "ibm.watsonx.ai",
        "xai" => "x_ai",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_look_like_a_code_is_not_told() {
        for told in ["rate-limited", "http.500", "invalid_json"] {
            assert_eq!(code(told), told);
        }
        for text in ["", "the answer was: yes", "Grüße", &"a".repeat(65)] {
            assert_eq!(code(text), "_OTHER");
        }
    }

    #[test]
    fn a_name_is_told_up_to_a_length() {
        let attributes = Attributes::default().text("name", &"ä".repeat(300));
        let Some(Value::StringValue(told)) = attributes.0[0].value.clone().unwrap().value else {
            panic!("{attributes:?}");
        };
        assert_eq!(told.chars().count(), 256);
    }
}
