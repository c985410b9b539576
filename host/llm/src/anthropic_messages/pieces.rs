//! What a piece of an answer adds to it.
//!
//! An answer is made of blocks. Thoughts, and all blocks that nobody here knows, are kept and go back as they came: the provider has
//! signed them, and refuses what was changed.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::usage::Told;
use crate::wire::collected::{Collected, Mark, PieceAt};
use crate::wire::ending::Ending;
use crate::wire::reader::{Fault, Pieces};
use crate::wire::{failure, lenient};

/// Fields that say nothing about the answer.
const NO_DETAILS: [&str; 3] = ["id", "role", "type"];

/// What is known of an answer besides what was collected.
#[derive(Default)]
pub(super) struct Blocks {
    told: Told,
    /// The input of blocks that are kept, such as calls of the provider's own tools, which comes as pieces of JSON.
    inputs: BTreeMap<PieceAt, String>,
}

/// A whole message, or the beginning of one.
#[derive(Deserialize)]
struct Message {
    #[serde(default, deserialize_with = "lenient::text")]
    model: Option<String>,
    #[serde(default, deserialize_with = "lenient::some")]
    content: Option<Vec<Map<String, Value>>>,
    #[serde(flatten)]
    end: End,
}

#[derive(Deserialize)]
struct Start {
    message: Message,
}

#[derive(Deserialize)]
struct BlockStart {
    #[serde(default, deserialize_with = "lenient::index")]
    index: Option<u32>,
    content_block: Map<String, Value>,
}

#[derive(Deserialize)]
struct BlockDelta {
    #[serde(default, deserialize_with = "lenient::index")]
    index: Option<u32>,
    delta: Delta,
}

/// More of a block. Which field there is says which kind it is.
#[derive(Deserialize)]
struct Delta {
    #[serde(default, deserialize_with = "lenient::said")]
    text: Option<String>,
    #[serde(default, deserialize_with = "lenient::said")]
    partial_json: Option<String>,
    #[serde(default, deserialize_with = "lenient::said")]
    thinking: Option<String>,
    #[serde(default, deserialize_with = "lenient::said")]
    signature: Option<String>,
}

#[derive(Deserialize)]
struct MessageDelta {
    #[serde(default, deserialize_with = "lenient::some")]
    delta: Option<End>,
    #[serde(default, deserialize_with = "lenient::anything")]
    usage: Option<Value>,
}

/// What a message says of its end.
#[derive(Deserialize)]
struct End {
    #[serde(default, deserialize_with = "lenient::word")]
    stop_reason: Option<String>,
    #[serde(default, deserialize_with = "lenient::anything")]
    stop_details: Option<Value>,
    #[serde(default, deserialize_with = "lenient::anything")]
    usage: Option<Value>,
    #[serde(flatten)]
    more: Map<String, Value>,
}

impl Pieces for Blocks {
    const ANSWER: &'static str = "message of the Messages API";
    const CONTENT: &'static str = "message";
    const ENDING: &'static str = "stop_reason";
    const MARKS: &'static [&'static str] = &["message", "content_block"];

    fn is_whole(value: &Value, _: bool) -> bool {
        value.get("type").is_some_and(|kind| kind == "message")
    }

    fn add(
        &mut self,
        value: Value,
        to: &mut Collected,
        text: &mut dyn FnMut(&str),
    ) -> Result<(), Fault> {
        match value.get("type").and_then(Value::as_str) {
            Some("message") => {
                let message: Message = serde_json::from_value(value)?;
                self.message(message, true, to, text);
            }
            Some("message_start") => {
                let start: Start = serde_json::from_value(value)?;
                self.message(start.message, false, to, text);
            }
            Some("content_block_start") => {
                let start: BlockStart = serde_json::from_value(value)?;
                let before = to.mark();
                let at = (start.index.unwrap_or_default(), 0);
                self.block(at, start.content_block, to, text);
                to.settle(before, None);
            }
            Some("content_block_delta") => {
                let more: BlockDelta = serde_json::from_value(value)?;
                let before = to.mark();
                let at = (more.index.unwrap_or_default(), 0);
                self.delta(at, more.delta, to, text);
                to.settle(before, None);
            }
            Some("message_delta") => {
                let more: MessageDelta = serde_json::from_value(value)?;
                if let Some(told) = more.usage {
                    self.told.add(told);
                    to.costs(self.told.usage());
                    to.wrote_for_an_hour(self.told.hour_writes());
                }
                if let Some(end) = more.delta {
                    self.end(end, true, to.mark(), to);
                }
            }
            Some("message_stop") => to.done(),
            // A ping, a block's end, what a later version of the format adds, or an error.
            _ => {
                let before = to.ending().cloned();
                if let Some(error) = failure::of(value) {
                    return to.failed(error, before);
                }
            }
        }
        Ok(())
    }

    fn finish(&mut self, to: &mut Collected) {
        for (at, input) in std::mem::take(&mut self.inputs) {
            if let (Some(block), Ok(input)) = (to.kept(at), serde_json::from_str(&input)) {
                block.insert("input".into(), input);
            }
        }
        let more = std::mem::take(&mut self.told.more);
        if !more.is_empty() {
            to.detail("usage", Value::Object(more));
        }
    }
}

impl Blocks {
    fn message(
        &mut self,
        message: Message,
        is_whole: bool,
        to: &mut Collected,
        text: &mut dyn FnMut(&str),
    ) {
        to.begin();
        if let Some(model) = message.model {
            to.model(model);
        }
        let before = to.mark();
        for (index, block) in (0..).zip(message.content.unwrap_or_default()) {
            self.block((index, 0), block, to, text);
        }
        self.end(message.end, is_whole, before, to);
    }

    /// A block, whole or as it begins.
    fn block(
        &mut self,
        at: PieceAt,
        block: Map<String, Value>,
        to: &mut Collected,
        text: &mut dyn FnMut(&str),
    ) {
        to.begin();
        let of = |name: &str| block.get(name).and_then(Value::as_str).unwrap_or_default();
        match of("type") {
            "text" => to.say(at, of("text"), text),
            "tool_use" => {
                to.call(at, Some(of("id")));
                let input = block.get("input").and_then(Value::as_object);
                // In a stream it begins empty.
                let input = input.filter(|input| !input.is_empty());
                let input = input.map(|input| json!(input).to_string());
                to.call_with(at, of("name"), &input.unwrap_or_default());
            }
            "thinking" => {
                to.think(at, of("thinking"));
                to.keep(at, block);
            }
            _ => to.keep(at, block),
        }
    }

    fn delta(&mut self, at: PieceAt, delta: Delta, to: &mut Collected, text: &mut dyn FnMut(&str)) {
        to.say(at, &delta.text.unwrap_or_default(), text);
        if let Some(input) = delta.partial_json {
            match to.kept(at) {
                Some(_) => self.inputs.entry(at).or_default().push_str(&input),
                None => to.call_with(at, "", &input),
            }
        }
        if let Some(thought) = delta.thinking {
            to.think(at, &thought);
            if let Some(Value::String(whole)) = to.kept(at).and_then(|it| it.get_mut("thinking")) {
                whole.push_str(&thought);
            }
        }
        if let (Some(signature), Some(block)) = (delta.signature, to.kept(at)) {
            block.insert("signature".into(), signature.into());
        }
    }

    fn end(&mut self, end: End, is_whole: bool, before: Mark, to: &mut Collected) {
        if let Some(mut told) = end.usage {
            // As it begins, nobody knows how much it will be.
            if !is_whole && let Some(fields) = told.as_object_mut() {
                fields.remove("output_tokens");
            }
            self.told.add(told);
            to.costs(self.told.usage());
            to.wrote_for_an_hour(self.told.hour_writes());
        }
        if let Some(details) = end.stop_details {
            let why = details.get("explanation").and_then(Value::as_str);
            to.refuse(why.unwrap_or_default());
            to.detail("stop_details", details);
        }
        for (name, value) in end.more {
            if !NO_DETAILS.contains(&name.as_str()) {
                to.detail(name, value);
            }
        }
        to.settle(before, end.stop_reason.map(Ending::of));
    }
}
