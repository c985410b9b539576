//! What a piece of an answer adds to it.

use serde_json::{Map, Value};
use stepwell_contract::ChatResponse;

use super::chunk::{CallDelta, Choice, Chunk, Delta, usage};
use crate::wire::collected::{Collected, PieceAt};
use crate::wire::ending::Ending;
use crate::wire::reader::{Fault, Pieces};
use crate::wire::{failure, lenient};

/// Fields that say nothing about the answer.
const NO_DETAILS: [&str; 4] = ["created", "object", "obfuscation", "id"];

/// There is one text, and it goes before the calls whenever it comes.
const TEXT: PieceAt = (0, 0);

/// Where what goes back beside both stands.
const BESIDE: PieceAt = (2, 0);

/// What is known of an answer besides what was collected.
#[derive(Default)]
pub(super) struct Completion {
    /// The index of the choice that is read. Only one is asked for; a second would be mixed into the first.
    choice: Option<u32>,
    calls: u32,
    reasoning_details: Vec<Value>,
    /// Whether the reasoning came under the name whose servers want it back beside the calls that it led to.
    reasoning_is_wanted: bool,
}

impl Pieces for Completion {
    const ANSWER: &'static str = "chat completion";
    const CONTENT: &'static str = "choice";
    const ENDING: &'static str = "finish_reason";
    const MARKS: &'static [&'static str] = &["choices"];
    const LAST: Option<&'static str> = Some("[DONE]");

    /// Nothing names a piece as one, so that an object alone is taken for whole.
    fn is_whole(value: &Value, is_alone: bool) -> bool {
        let choices = value.get("choices").and_then(Value::as_array);
        let has_message = |choice: &Value| choice.get("message").is_some_and(|it| !it.is_null());
        is_alone || choices.is_some_and(|choices| choices.iter().any(has_message))
    }

    /// By way of a value: a field that stands there twice is no reason to lose the answer.
    fn add(
        &mut self,
        value: Value,
        to: &mut Collected,
        text: &mut dyn FnMut(&str),
    ) -> Result<(), Fault> {
        let chunk: Chunk = serde_json::from_value(value)?;
        let mut failure = failure::told(chunk.error, &chunk.more, chunk.choices.is_some());
        let ending_before = to.ending().cloned();
        if let Some(model) = chunk.model {
            to.model(model);
        }
        if let Some(told) = chunk.usage {
            to.costs(usage(&told));
        }
        for (name, value) in chunk.more {
            if !NO_DETAILS.contains(&name.as_str()) {
                to.detail(name, value);
            }
        }
        for choice in chunk.choices.unwrap_or_default() {
            let index = choice.index.unwrap_or_default();
            if *self.choice.get_or_insert(index) == index {
                to.begin();
                failure = failure.or_else(|| choice.error.clone());
                self.add_choice(choice, to, text);
            }
        }
        match failure {
            Some(error) => to.failed(error, ending_before),
            None => Ok(()),
        }
    }

    fn finish(&mut self, to: &mut Collected) {
        let mut wanted_back = Map::new();
        if !self.reasoning_details.is_empty() {
            let details = std::mem::take(&mut self.reasoning_details);
            wanted_back.insert("reasoning_details".into(), details.into());
        }
        // Without it some refuse the next request, also where it was empty. Where nothing was called they refuse the request that
        // has it.
        if self.reasoning_is_wanted && to.has_calls() {
            let thought = to.reasoning().into();
            wanted_back.insert(ChatResponse::REASONING.into(), thought);
        }
        if !wanted_back.is_empty() {
            to.keep(BESIDE, wanted_back);
        }
    }
}

impl Completion {
    fn add_choice(&mut self, choice: Choice, to: &mut Collected, text: &mut dyn FnMut(&str)) {
        let before = to.mark();
        if let Some(delta) = choice.delta.or(choice.message) {
            self.add_delta(delta, to, text);
        }
        to.settle(before, choice.finish_reason.map(Ending::of));
    }

    fn add_delta(&mut self, delta: Delta, to: &mut Collected, text: &mut dyn FnMut(&str)) {
        let piece = delta.content.as_ref().and_then(lenient::content);
        to.say(TEXT, &piece.unwrap_or_default(), text);
        self.reasoning_is_wanted |= delta.reasoning_content.is_some();
        let thought = delta.reasoning_content.or(delta.reasoning);
        to.think(TEXT, &thought.unwrap_or_default());
        to.refuse(&delta.refusal.unwrap_or_default());
        self.reasoning_details
            .extend(delta.reasoning_details.unwrap_or_default());
        for call in delta.tool_calls.unwrap_or_default() {
            self.add_call(call, to);
        }
    }

    fn add_call(&mut self, delta: CallDelta, to: &mut Collected) {
        let has_id = delta.id.as_ref().is_some_and(|id| !id.is_empty());
        // A server that gives no index begins a call with its id.
        let index = delta.index.unwrap_or(match has_id {
            true => self.calls,
            false => self.calls.saturating_sub(1),
        });
        // Indices count up; a wild one is the next.
        let index = index.min(self.calls);
        self.calls = self.calls.max(index.saturating_add(1));
        let at = (1, index);
        to.call(at, delta.id.as_deref());
        if let Some(function) = delta.function {
            let arguments = match function.arguments {
                None | Some(Value::Null) => String::new(),
                Some(Value::String(text)) => text,
                Some(json) => json.to_string(),
            };
            to.call_with(at, &function.name.unwrap_or_default(), &arguments);
        }
    }
}
