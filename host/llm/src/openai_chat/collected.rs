//! An answer as it is put together from the pieces of it.

use serde_json::{Map, Value};
use stepwell_contract::{
    ChatErrorKind, ChatResponse, FinishReason, Message, Opaque, Part, Role, Text, ToolCall, Usage,
};

use super::chunk::{CallDelta, Chunk, Delta};
use super::error::inside_answer;
use crate::wire::Problem;

/// Fields that say nothing about the answer.
const NO_DETAILS: [&str; 4] = ["created", "object", "obfuscation", "id"];

/// The answer so far.
#[derive(Default)]
pub(super) struct Collected {
    text: String,
    calls: Vec<ToolCall>,
    reasoning: String,
    reasoning_details: Vec<Value>,
    refusal: String,
    pub(super) finish: Option<String>,
    model: String,
    pub(super) usage: Usage,
    details: Map<String, Value>,
    pub(super) has_choice: bool,
    pub(super) bytes: usize,
}

impl Collected {
    pub(super) fn add(&mut self, chunk: Chunk, text: &mut dyn FnMut(&str)) -> Result<(), Problem> {
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

    pub(super) fn response(self, provider: &str) -> Result<ChatResponse, Problem> {
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
                    // Not in part: the end could be half a key, which nobody would find any more.
                    format!("the model refused: {}", self.refusal),
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
