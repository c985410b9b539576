//! An answer as it is put together from the pieces of it.

use serde_json::{Map, Value};
use stepwell_contract::{
    ChatErrorKind, ChatResponse, FinishReason, Message, Opaque, Part, Role, Text, ToolCall, Usage,
};

use super::chunk::{CallDelta, Choice, Chunk, Delta, usage};
use super::ending::Ending;
use super::lenient;
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
    /// Whether the reasoning came under the name whose servers want it back beside the calls that it led to.
    reasoning_is_wanted: bool,
    refusal: String,
    /// Why it ended, once that was said.
    pub(super) ending: Option<Ending>,
    /// An end that was said, and then the answer went on. A server that says so with each piece says nothing by it.
    doubted: Option<Ending>,
    model: String,
    pub(super) usage: Usage,
    details: Map<String, Value>,
    /// The index of the choice that is read. Only one is asked for; a second would be mixed into the first.
    choice: Option<u32>,
    pub(super) bytes: usize,
    /// So often something came that belongs to the answer: a heartbeat doesn't.
    pub(super) news: usize,
}

impl Collected {
    pub(super) fn has_choice(&self) -> bool {
        self.choice.is_some()
    }

    /// Whether its end was said, and something stands before it.
    fn is_answered(&self) -> bool {
        let says = self.answer_bytes() > 0 || !self.refusal.is_empty();
        says && matches!(self.ending, Some(Ending::Reached(_)))
    }

    /// Adds a piece. The error that a server tells in it is given back, unless the answer and its end are there all the same.
    pub(super) fn add(&mut self, chunk: Chunk, text: &mut dyn FnMut(&str)) -> Result<(), Value> {
        let mut failure = chunk.failure();
        let ending_before = self.ending.clone();
        if let Some(model) = chunk.model {
            self.model = model;
        }
        if let Some(told) = chunk.usage {
            self.add_usage(usage(&told));
        }
        for (name, value) in chunk.more {
            if !value.is_null() && !NO_DETAILS.contains(&name.as_str()) {
                self.details.insert(name, value);
            }
        }
        for choice in chunk.choices.unwrap_or_default() {
            let index = choice.index.unwrap_or_default();
            if *self.choice.get_or_insert(index) == index {
                failure = failure.or_else(|| choice.error.clone());
                self.add_choice(choice, text);
            }
        }
        match failure {
            Some(error) if !self.is_answered() => {
                // What ended was nothing but the error.
                self.ending = ending_before;
                Err(error)
            }
            _ => Ok(()),
        }
    }

    /// What is told later holds, and what isn't told again stays.
    fn add_usage(&mut self, told: Usage) {
        let known = self.usage;
        self.usage = Usage {
            input_tokens: told.input_tokens.or(known.input_tokens),
            output_tokens: told.output_tokens.or(known.output_tokens),
            cache_read_tokens: told.cache_read_tokens.or(known.cache_read_tokens),
            cache_write_tokens: told.cache_write_tokens.or(known.cache_write_tokens),
            reasoning_tokens: told.reasoning_tokens.or(known.reasoning_tokens),
        };
        self.news += usize::from(self.usage != known);
    }

    fn add_choice(&mut self, choice: Choice, text: &mut dyn FnMut(&str)) {
        let before = self.answer_bytes();
        let said = self.text.len();
        if let Some(delta) = choice.delta.or(choice.message) {
            self.add_delta(delta, text);
        }
        let more = self.answer_bytes() - before;
        // White space behind an end is no more of the answer.
        let is_space = more == self.text.len() - said && self.text[said..].trim().is_empty();
        let goes_on = more > 0 && !(is_space && self.ending.is_some());
        if goes_on && let Some(ending) = self.ending.take() {
            self.doubted = Some(ending);
        }
        self.news += usize::from(goes_on);
        match choice.finish_reason.map(Ending::of) {
            Some(ending) if goes_on && self.doubted.is_some() => self.doubted = Some(ending),
            // The first holds: nothing that is said after the end undoes it.
            Some(_) if matches!(self.ending, Some(Ending::Reached(_))) => {}
            Some(ending) if self.ending.as_ref() != Some(&ending) => {
                self.news += 1;
                self.ending = Some(ending);
            }
            _ => {}
        }
    }

    /// Bytes of what the answer is made of, without what was said beside it.
    fn answer_bytes(&self) -> usize {
        let of_call = |call: &ToolCall| call.name.len() + call.arguments_json.len();
        self.text.len() + self.calls.iter().map(of_call).sum::<usize>()
    }

    fn add_delta(&mut self, delta: Delta, text: &mut dyn FnMut(&str)) {
        let piece = delta.content.as_ref().and_then(lenient::content);
        let piece = piece.unwrap_or_default();
        if !piece.is_empty() {
            self.bytes += piece.len();
            self.text.push_str(&piece);
            text(&piece);
        }
        self.reasoning_is_wanted |= delta.reasoning_content.is_some();
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
        let told = delta.index.and_then(|index| usize::try_from(index).ok());
        let index = told.unwrap_or(if has_id || self.calls.is_empty() {
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
        let finish_reason = match self.ending.or(self.doubted) {
            Some(Ending::Reached(reason)) => reason,
            Some(Ending::GivenUp(word)) => FinishReason::Other(word),
            None if !self.calls.is_empty() => FinishReason::ToolCalls,
            None => FinishReason::Stop,
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
        let mut wanted_back = serde_json::Map::new();
        if !self.reasoning_details.is_empty() {
            wanted_back.insert("reasoning_details".into(), self.reasoning_details.into());
        }
        // Without it some refuse the next request. Where nothing was called they refuse the request that has it.
        if self.reasoning_is_wanted && !self.calls.is_empty() && !self.reasoning.is_empty() {
            let thought = Value::String(self.reasoning.clone());
            wanted_back.insert(ChatResponse::REASONING.into(), thought);
        }
        for (name, text) in [
            (ChatResponse::REASONING, self.reasoning),
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
        if !wanted_back.is_empty() {
            parts.push(Part::Opaque(Opaque {
                provider: provider.to_owned(),
                content: Value::Object(wanted_back).to_string(),
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
