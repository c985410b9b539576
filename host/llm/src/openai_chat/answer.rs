//! An answer of `chat/completions`, streamed or whole.
//!
//! Some servers answer a request for a stream with one JSON object, so the first byte decides, not the
//! header. Both forms fill the same [`Collected`].

use serde::Deserialize;
use serde_json::{Map, Value};
use stepwell_contract::{
    ChatErrorKind, ChatResponse, FinishReason, Message, Opaque, Part, Role, Text, ToolCall, Usage,
};

use super::error::inside_answer;
use crate::sse::Events;
use crate::wire::{AnswerReader, Problem, excerpt};

/// One piece of a stream, or a whole answer.
#[derive(Deserialize)]
struct Chunk {
    model: Option<String>,
    choices: Option<Vec<Choice>>,
    usage: Option<WireUsage>,
    error: Option<Value>,
    #[serde(flatten)]
    more: Map<String, Value>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    index: u32,
    /// In a stream.
    delta: Option<Delta>,
    /// In a whole answer.
    message: Option<Delta>,
    finish_reason: Option<String>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Delta {
    /// A text, or a list of parts, or null.
    content: Option<Value>,
    tool_calls: Option<Vec<CallDelta>>,
    refusal: Option<String>,
    reasoning_content: Option<String>,
    /// Other servers' word for the same; some send both.
    reasoning: Option<String>,
    /// What the provider wants back with the next request.
    reasoning_details: Option<Vec<Value>>,
}

#[derive(Deserialize)]
struct CallDelta {
    index: Option<usize>,
    id: Option<String>,
    function: Option<FunctionDelta>,
}

#[derive(Deserialize)]
struct FunctionDelta {
    name: Option<String>,
    /// A piece of JSON text; from some servers the JSON itself.
    arguments: Option<Value>,
}

#[derive(Deserialize)]
struct WireUsage {
    prompt_tokens: Option<u32>,
    completion_tokens: Option<u32>,
    prompt_tokens_details: Option<InputDetails>,
    completion_tokens_details: Option<OutputDetails>,
    /// Another server's word for cached tokens.
    prompt_cache_hit_tokens: Option<u32>,
}

#[derive(Deserialize)]
struct InputDetails {
    cached_tokens: Option<u32>,
    cache_write_tokens: Option<u32>,
}

#[derive(Deserialize)]
struct OutputDetails {
    reasoning_tokens: Option<u32>,
}

/// Fields that say nothing about the answer.
const NO_DETAILS: [&str; 4] = ["created", "object", "obfuscation", "id"];

/// The answer so far.
#[derive(Default)]
struct Collected {
    text: String,
    calls: Vec<ToolCall>,
    reasoning: String,
    reasoning_details: Vec<Value>,
    refusal: String,
    finish: Option<String>,
    model: String,
    usage: Usage,
    details: Map<String, Value>,
    has_choice: bool,
    bytes: usize,
}

/// Reads one answer.
pub(super) struct Reader {
    provider: String,
    mode: Mode,
    answer: Collected,
    is_done: bool,
}

enum Mode {
    /// Nothing but space came yet.
    Unknown,
    Stream {
        events: Events,
        /// The first bytes, to show if no event is among them.
        beginning: Vec<u8>,
        has_events: bool,
    },
    Whole(Vec<u8>),
}

impl Reader {
    pub(super) fn new(provider: &str) -> Self {
        Self {
            provider: provider.to_owned(),
            mode: Mode::Unknown,
            answer: Collected::default(),
            is_done: false,
        }
    }

    fn event(&mut self, data: &str, text: &mut dyn FnMut(&str)) -> Result<(), Problem> {
        let data = data.trim();
        if data.is_empty() || self.is_done {
            return Ok(());
        }
        if data == "[DONE]" {
            self.is_done = true;
            return Ok(());
        }
        let chunk: Chunk = serde_json::from_str(data).map_err(|error| {
            Problem::passing(
                ChatErrorKind::Network,
                format!(
                    "the stream holds what is no chat completion ({error}): {}",
                    excerpt(data)
                ),
            )
        })?;
        self.answer.add(chunk, text)
    }
}

impl AnswerReader for Reader {
    fn take(&mut self, bytes: &[u8], text: &mut dyn FnMut(&str)) -> Result<(), Problem> {
        if matches!(self.mode, Mode::Unknown) {
            match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
                None => return Ok(()),
                Some(b'{') => self.mode = Mode::Whole(Vec::new()),
                Some(_) => {
                    self.mode = Mode::Stream {
                        events: Events::default(),
                        beginning: Vec::new(),
                        has_events: false,
                    };
                }
            }
        }
        let mut found = Vec::new();
        match &mut self.mode {
            Mode::Unknown => {}
            Mode::Whole(body) => body.extend_from_slice(bytes),
            Mode::Stream {
                events,
                beginning,
                has_events,
            } => {
                let room = 1000_usize.saturating_sub(beginning.len());
                beginning.extend_from_slice(&bytes[..bytes.len().min(room)]);
                events.take(bytes, |event| found.push(event.data))?;
                *has_events |= !found.is_empty();
            }
        }
        found.iter().try_for_each(|data| self.event(data, text))
    }

    fn has_started(&self) -> bool {
        self.answer.bytes > 0
    }

    fn is_complete(&self) -> bool {
        self.is_done
    }

    fn usage(&self) -> Usage {
        self.answer.usage
    }

    fn answer_bytes(&self) -> usize {
        self.answer.bytes
    }

    fn end(&mut self, text: &mut dyn FnMut(&str)) -> Result<ChatResponse, Problem> {
        let broken = |message: &str| Problem::passing(ChatErrorKind::Network, message);
        match std::mem::replace(&mut self.mode, Mode::Unknown) {
            Mode::Unknown => return Err(broken("the answer is empty")),
            Mode::Whole(body) => {
                let chunk = serde_json::from_slice(&body).map_err(|error| {
                    Problem::passing(
                        ChatErrorKind::Network,
                        format!(
                            "the answer is no chat completion ({error}): {}",
                            excerpt(&String::from_utf8_lossy(&body))
                        ),
                    )
                })?;
                self.answer.add(chunk, text)?;
                self.is_done = true;
            }
            Mode::Stream {
                mut events,
                beginning,
                has_events,
            } => match events.end() {
                Some(event) => self.event(&event.data, text)?,
                None if !has_events => {
                    return Err(Problem::lasting(
                        ChatErrorKind::Network,
                        format!(
                            "the answer is no chat completion: {}",
                            excerpt(&String::from_utf8_lossy(&beginning))
                        ),
                    ));
                }
                None => {}
            },
        }
        if !self.is_done && self.answer.finish.is_none() {
            return Err(broken(
                "the stream broke off before the answer was complete",
            ));
        }
        if !self.answer.has_choice {
            return Err(broken("the answer holds no choice"));
        }
        let answer = std::mem::take(&mut self.answer);
        // What it cost is asked for after the end too.
        self.answer.usage = answer.usage;
        self.answer.bytes = answer.bytes;
        answer.response(&self.provider)
    }
}

impl Collected {
    fn add(&mut self, chunk: Chunk, text: &mut dyn FnMut(&str)) -> Result<(), Problem> {
        if let Some(error) = chunk.error.filter(|error| !error.is_null()) {
            return Err(inside_answer(&error));
        }
        if let Some(model) = chunk.model {
            self.model = model;
        }
        if let Some(usage) = chunk.usage {
            self.usage = usage.into();
        }
        for (name, value) in chunk.more {
            if !value.is_null() && !NO_DETAILS.contains(&name.as_str()) {
                self.details.insert(name, value);
            }
        }
        // Only one choice is asked for; a second would be mixed into the first.
        for choice in chunk.choices.unwrap_or_default() {
            if choice.index != 0 {
                continue;
            }
            if let Some(error) = choice.error.filter(|error| !error.is_null()) {
                return Err(inside_answer(&error));
            }
            self.has_choice = true;
            if let Some(delta) = choice.delta.or(choice.message) {
                self.add_delta(delta, text);
            }
            if let Some(finish) = choice.finish_reason {
                self.finish = Some(finish);
            }
        }
        Ok(())
    }

    fn add_delta(&mut self, delta: Delta, text: &mut dyn FnMut(&str)) {
        let piece = content(delta.content);
        if !piece.is_empty() {
            self.bytes += piece.len();
            self.text.push_str(&piece);
            text(&piece);
        }
        for (piece, whole) in [
            (
                delta.reasoning_content.or(delta.reasoning),
                &mut self.reasoning,
            ),
            (delta.refusal, &mut self.refusal),
        ] {
            if let Some(piece) = piece {
                self.bytes += piece.len();
                whole.push_str(&piece);
            }
        }
        self.reasoning_details
            .extend(delta.reasoning_details.unwrap_or_default());
        for call in delta.tool_calls.unwrap_or_default() {
            self.add_call(call);
        }
    }

    fn add_call(&mut self, delta: CallDelta) {
        let has_id = delta.id.as_ref().is_some_and(|id| !id.is_empty());
        // A server that gives no index begins a call with its id.
        let index = delta.index.unwrap_or(if has_id || self.calls.is_empty() {
            self.calls.len()
        } else {
            self.calls.len() - 1
        });
        // Indices count up; a wild one must not make us allocate.
        let index = index.min(self.calls.len());
        if index == self.calls.len() {
            self.calls.push(ToolCall {
                id: String::new(),
                name: String::new(),
                arguments_json: String::new(),
            });
        }
        let call = &mut self.calls[index];
        if has_id {
            call.id = delta.id.unwrap_or_default();
        }
        if let Some(function) = delta.function {
            let name = function.name.unwrap_or_default();
            let arguments = match function.arguments {
                None | Some(Value::Null) => String::new(),
                Some(Value::String(text)) => text,
                Some(json) => json.to_string(),
            };
            self.bytes += name.len() + arguments.len();
            call.name.push_str(&name);
            call.arguments_json.push_str(&arguments);
        }
    }

    fn response(self, provider: &str) -> Result<ChatResponse, Problem> {
        let finish_reason = match self.finish.as_deref() {
            Some("tool_calls" | "function_call") => FinishReason::ToolCalls,
            None if !self.calls.is_empty() => FinishReason::ToolCalls,
            None | Some("stop") => FinishReason::Stop,
            Some("length") => FinishReason::Length,
            Some("content_filter") => FinishReason::ContentFilter,
            Some(other) => FinishReason::Other(other.to_owned()),
        };
        if self.text.is_empty() && self.calls.is_empty() {
            if !self.refusal.is_empty() {
                return Err(Problem::lasting(
                    ChatErrorKind::ContentFiltered,
                    format!("the model refused: {}", excerpt(&self.refusal)),
                ));
            }
            if finish_reason == FinishReason::ContentFilter {
                return Err(Problem::lasting(
                    ChatErrorKind::ContentFiltered,
                    "the provider's filter kept the whole answer back",
                ));
            }
        }
        let mut details: Vec<Text> = self
            .details
            .into_iter()
            .map(|(name, value)| Text::new(name, value.to_string()))
            .collect();
        for (name, text) in [
            ("reasoning_content", self.reasoning),
            ("refusal", self.refusal),
        ] {
            if !text.is_empty() {
                details.push(Text::new(name, Value::String(text).to_string()));
            }
        }
        let mut parts = Vec::new();
        if !self.text.is_empty() {
            parts.push(Part::Text(self.text.clone()));
        }
        parts.extend(self.calls.into_iter().map(|mut call| {
            if call.arguments_json.is_empty() {
                call.arguments_json.push_str("{}");
            }
            Part::ToolCall(call)
        }));
        if !self.reasoning_details.is_empty() {
            let content = serde_json::json!({ "reasoning_details": self.reasoning_details });
            parts.push(Part::Opaque(Opaque {
                provider: provider.to_owned(),
                content: content.to_string(),
            }));
        }
        Ok(ChatResponse {
            text: self.text,
            message: Message {
                role: Role::Assistant,
                parts,
                options: Vec::new(),
            },
            finish_reason,
            usage: self.usage,
            model: self.model,
            details,
        })
    }
}

/// The text of a content that may be a list of parts.
fn content(content: Option<Value>) -> String {
    match content {
        Some(Value::String(text)) => text,
        Some(Value::Array(parts)) => parts
            .iter()
            .filter_map(|part| part.get("text")?.as_str())
            .collect(),
        _ => String::new(),
    }
}

impl From<WireUsage> for Usage {
    fn from(usage: WireUsage) -> Self {
        let input = usage.prompt_tokens_details;
        Self {
            input_tokens: usage.prompt_tokens,
            output_tokens: usage.completion_tokens,
            cache_read_tokens: input
                .as_ref()
                .and_then(|details| details.cached_tokens)
                .or(usage.prompt_cache_hit_tokens),
            cache_write_tokens: input.and_then(|details| details.cache_write_tokens),
            reasoning_tokens: usage
                .completion_tokens_details
                .and_then(|details| details.reasoning_tokens),
        }
    }
}
