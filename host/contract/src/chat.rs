//! Calls to a large language model: interface `chat` of the contract.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Text;

/// Who says a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Instructions that stand above the conversation.
    System,
    /// The person, or the step that speaks for one.
    User,
    /// The model.
    Assistant,
    /// What a tool gave back.
    Tool,
}

/// A call of a tool that the model asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ToolCall {
    /// Names the call, for its result.
    pub id: String,
    /// The tool.
    pub name: String,
    /// Its arguments, as a JSON object.
    pub arguments_json: String,
}

/// Bytes that go with a message, such as a picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Attachment {
    /// Such as `image/png`.
    pub media_type: String,
    /// The bytes.
    pub content: Vec<u8>,
}

/// What a tool gave back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ToolResult {
    /// The id of the call.
    pub id: String,
    /// The result as text.
    pub content: String,
    /// Bytes that go with it.
    pub attachments: Vec<Attachment>,
    /// Whether the tool failed.
    pub is_error: bool,
}

/// Something only its provider understands, such as a signature of its reasoning. It is sent back as it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Opaque {
    /// The provider that made it.
    pub provider: String,
    /// Its content, as JSON.
    pub content: String,
}

/// One part of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// Plain text.
    Text(String),
    /// A call of a tool.
    ToolCall(ToolCall),
    /// A tool's result.
    ToolResult(ToolResult),
    /// Bytes with a media type.
    Attachment(Attachment),
    /// Something only its provider understands.
    Opaque(Opaque),
}

/// One message of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Message {
    /// Who says it.
    pub role: Role,
    /// What is said.
    pub parts: Vec<Part>,
    /// Anything else a provider takes with a message, as name and JSON value.
    pub options: Vec<Text>,
}

impl Message {
    /// A message of one text.
    pub fn text(role: Role, text: impl Into<String>) -> Self {
        Self {
            role,
            parts: vec![Part::Text(text.into())],
            options: Vec::new(),
        }
    }

    /// All text parts, joined.
    #[must_use]
    pub fn joined_text(&self) -> String {
        self.parts
            .iter()
            .filter_map(|part| {
                if let Part::Text(text) = part {
                    Some(text.as_str())
                } else {
                    None
                }
            })
            .collect()
    }
}

/// A tool that the model may call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// What it does, for the model.
    pub description: String,
    /// A JSON Schema of its arguments.
    pub parameters_schema: String,
    /// Anything else a provider takes with a tool, as name and JSON value.
    pub options: Vec<Text>,
}

/// Which tool the model is to call.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ToolChoice {
    /// As it sees fit.
    #[default]
    Auto,
    /// None.
    None,
    /// At least one.
    Required,
    /// This one.
    Named(String),
}

/// One call to a model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChatRequest {
    /// The conversation so far.
    pub messages: Vec<Message>,
    /// A short name of the host's registry; none is the step's configured model.
    pub model: Option<String>,
    /// The most tokens that the answer may have.
    pub max_output_tokens: Option<u32>,
    /// The sampling temperature.
    pub temperature: Option<f64>,
    /// Texts that end the answer.
    pub stop: Vec<String>,
    /// A JSON Schema that the answer must satisfy. The host checks it.
    pub answer_schema: Option<String>,
    /// The tools that the model may call.
    pub tools: Vec<Tool>,
    /// Which of them it is to call.
    pub tool_choice: ToolChoice,
    /// Anything else a provider takes, as name and JSON value.
    pub options: Vec<Text>,
}

crate::refusals::closed! {
    /// Why the model stopped.
    pub enum FinishReason {
        /// It was done, or met a stop text.
        Stop = "stop",
        /// It ran into the limit of output tokens.
        Length = "length",
        /// It wants tools to be called.
        ToolCalls = "tool-calls",
        /// The provider's filter cut it off.
        ContentFilter = "content-filter",
    }
    other: " Anything else, in the provider's word. The answer may not be whole."
}

/// Tokens of a call. None is not known, never zero.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Usage {
    /// Tokens of the request, those read from a cache included.
    pub input_tokens: Option<u32>,
    /// Tokens of the answer, those of its reasoning included.
    pub output_tokens: Option<u32>,
    /// Of the input: read from the provider's cache.
    pub cache_read_tokens: Option<u32>,
    /// Of the input: written to the provider's cache.
    pub cache_write_tokens: Option<u32>,
    /// Of the output: reasoning.
    pub reasoning_tokens: Option<u32>,
}

/// A model's whole answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChatResponse {
    /// All text parts of the message, joined.
    pub text: String,
    /// The whole answer, to append to `messages`.
    pub message: Message,
    /// Why it stopped.
    pub finish_reason: FinishReason,
    /// Tokens.
    pub usage: Usage,
    /// The model that answered, as the provider names it.
    pub model: String,
    /// Anything else the provider said, as name and JSON value.
    pub details: Vec<Text>,
}

impl FinishReason {
    /// The word of [`FinishReason::Other`] for an answer that ended since it and the request together are all that the model reads:
    /// no limit of the answer was met, and none helps.
    pub const TOO_LONG: &'static str = "model_context_window_exceeded";
}

impl ChatResponse {
    /// The name of the detail that holds what a model thought before it answered, as a JSON string. It is what the first
    /// provider that told it apart called it.
    pub const REASONING: &str = "reasoning_content";

    /// What the model thought before it answered; none where nothing is known of it.
    #[must_use]
    pub fn reasoning(&self) -> Option<String> {
        let mut details = self.details.iter();
        let detail = details.find(|detail| detail.name == Self::REASONING)?;
        serde_json::from_str(&detail.value).ok()
    }
}

crate::refusals::closed! {
    /// Why a call failed. The set is closed by the contract: what is new goes under `Other`.
    pub enum ChatErrorKind {
        /// The provider, or the host, can't take the request as it is.
        InvalidRequest = "invalid-request",
        /// No such name in the registry, or no such model at the provider.
        UnknownModel = "unknown-model",
        /// No key, or one that the provider refuses.
        Authentication = "authentication",
        /// The account has no money left.
        OutOfCredit = "out-of-credit",
        /// Too many requests or tokens in a time.
        RateLimited = "rate-limited",
        /// The provider is overloaded or has an internal error.
        Overloaded = "overloaded",
        /// No answer, or no further token, in time.
        Timeout = "timeout",
        /// The provider can't be reached, or the connection broke.
        Network = "network",
        /// The conversation is longer than the model can read.
        ContextLength = "context-length",
        /// The provider's filter refused.
        ContentFiltered = "content-filtered",
        /// The answer breaks `answer_schema`.
        SchemaMismatch = "schema-mismatch",
        /// A budget has no room for the call.
        OverBudget = "over-budget",
        /// The operator doesn't allow it.
        Denied = "denied",
        /// The cassette holds no answer to this request.
        ReplayMiss = "replay-miss",
    }
    other: " Anything else, with a code of its own."
    told: " What the step is told of a call that failed. The host has retried what is worth retrying." ChatError
}

impl ChatError {
    /// The code with which tools are refused for a model that has none, as the operator says. Steps ask again in plain text.
    pub const NO_TOOLS: &str = "no-tools";
}
