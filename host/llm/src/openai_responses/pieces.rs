//! What a piece of an answer adds to it.
//!
//! An answer is made of items. Each is told in pieces, then as a whole, and once more in the response that ends the stream: what came
//! is added once. Reasoning, and items that nobody here knows, are kept and go back as they came.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Map, Value};
use stepwell_contract::{FinishReason, Usage};

use super::input::PHASE;
use crate::wire::collected::{Collected, PieceAt};
use crate::wire::ending::Ending;
use crate::wire::reader::{Fault, Pieces};
use crate::wire::{failure, lenient};

/// Fields of a response that say something about the answer. The others repeat the request.
const DETAILS: [&str; 3] = ["incomplete_details", "moderation", "service_tier"];

/// What is known of an answer besides what was collected.
#[derive(Default)]
pub(super) struct Items {
    /// The items whose thoughts came in pieces.
    thought: BTreeSet<u32>,
}

/// Any event: which of the fields there are depends on its type.
#[derive(Deserialize)]
struct Event {
    #[serde(default, deserialize_with = "lenient::index")]
    output_index: Option<u32>,
    #[serde(default, deserialize_with = "lenient::index")]
    content_index: Option<u32>,
    #[serde(default, deserialize_with = "lenient::index")]
    summary_index: Option<u32>,
    delta: Option<Value>,
    #[serde(default, deserialize_with = "lenient::said")]
    text: Option<String>,
    #[serde(default, deserialize_with = "lenient::said")]
    refusal: Option<String>,
    #[serde(default, deserialize_with = "lenient::said")]
    name: Option<String>,
    #[serde(default, deserialize_with = "lenient::said")]
    arguments: Option<String>,
    item: Option<Map<String, Value>>,
    response: Option<Response>,
}

/// A whole answer, or how far it is.
#[derive(Deserialize)]
struct Response {
    #[serde(default, deserialize_with = "lenient::text")]
    model: Option<String>,
    #[serde(default, deserialize_with = "lenient::word")]
    status: Option<String>,
    #[serde(default, deserialize_with = "lenient::some")]
    output: Option<Vec<Map<String, Value>>>,
    #[serde(default, deserialize_with = "lenient::anything")]
    usage: Option<Value>,
    #[serde(default, deserialize_with = "lenient::anything")]
    error: Option<Value>,
    #[serde(flatten)]
    more: Map<String, Value>,
}

/// What of an item is still to be read.
#[derive(Clone, Copy)]
struct Wanted {
    texts: bool,
    calls: bool,
    kept: bool,
    thoughts: bool,
}

const ALL: Wanted = Wanted {
    texts: true,
    calls: true,
    kept: true,
    thoughts: true,
};

impl Pieces for Items {
    const ANSWER: &'static str = "response of the Responses API";
    const CONTENT: &'static str = "response";
    const ENDING: &'static str = "status";
    const MARKS: &'static [&'static str] = &["response"];

    fn is_whole(value: &Value, _: bool) -> bool {
        value.get("object").is_some_and(|kind| kind == "response")
    }

    fn add(
        &mut self,
        value: Value,
        to: &mut Collected,
        text: &mut dyn FnMut(&str),
    ) -> Result<(), Fault> {
        if Self::is_whole(&value, true) {
            let response: Response = serde_json::from_value(value)?;
            return self.whole(response, None, to, text);
        }
        let kind = value.get("type").and_then(Value::as_str).unwrap_or("");
        let Some(kind) = kind.strip_prefix("response.").map(str::to_owned) else {
            // An error, or a heartbeat.
            let before = to.ending().cloned();
            return match failure::of(value) {
                Some(error) => to.failed(error, before),
                None => Ok(()),
            };
        };
        let event: Event = serde_json::from_value(value)?;
        match (kind.as_str(), event.response) {
            ("completed" | "incomplete" | "failed" | "cancelled", Some(response)) => {
                self.whole(response, Some(kind.clone()), to, text)?;
                to.done();
            }
            (_, Some(response)) => {
                to.begin();
                if let Some(model) = response.model {
                    to.model(model);
                }
            }
            (kind, None) => {
                let before = to.mark();
                self.piece(
                    kind,
                    Event {
                        response: None,
                        ..event
                    },
                    to,
                    text,
                );
                to.settle(before, None);
            }
        }
        Ok(())
    }
}

impl Items {
    fn piece(&mut self, kind: &str, event: Event, to: &mut Collected, text: &mut dyn FnMut(&str)) {
        let item = event.output_index.unwrap_or_default();
        let at = (item, event.content_index.unwrap_or_default());
        let delta = event.delta.as_ref().and_then(Value::as_str);
        let delta = delta.unwrap_or_default();
        match kind {
            "output_text.delta" => to.say(at, delta, text),
            "output_text.done" => to.say_all(at, &event.text.unwrap_or_default(), text),
            "refusal.delta" => to.refuse(delta),
            "refusal.done" => to.refuse_all(&event.refusal.unwrap_or_default()),
            "function_call_arguments.delta" => to.call_with((item, 0), "", delta),
            "function_call_arguments.done" => {
                let name = event.name.unwrap_or_default();
                to.call_with_all((item, 0), &name, &event.arguments.unwrap_or_default());
            }
            "reasoning_summary_text.delta" | "reasoning_text.delta" => {
                self.thought.insert(item);
                let part = event.summary_index.or(event.content_index);
                to.think((item, part.unwrap_or_default()), delta);
            }
            "output_item.added" | "output_item.done" => {
                let is_whole = kind == "output_item.done";
                if let Some(fields) = event.item {
                    self.item(item, fields, is_whole, ALL, to, text);
                }
            }
            // What a later version of the format adds, and what is told again as a whole.
            _ => {}
        }
    }

    /// An item, whole or as it begins.
    fn item(
        &mut self,
        index: u32,
        item: Map<String, Value>,
        is_whole: bool,
        wanted: Wanted,
        to: &mut Collected,
        text: &mut dyn FnMut(&str),
    ) {
        to.begin();
        let of = |name: &str| item.get(name).and_then(Value::as_str).unwrap_or_default();
        match of("type") {
            "function_call" if wanted.calls => {
                let at = (index, 0);
                // By this the result is found again; `id` names the item.
                let id = match of("call_id") {
                    "" => of("id"),
                    id => id,
                };
                to.call(at, Some(id));
                to.call_with_all(at, of("name"), of("arguments"));
            }
            "message" => message(index, &item, is_whole, wanted, to, text),
            // A call that came already, and no item.
            "" | "function_call" => {}
            "reasoning" if is_whole => {
                if self.thought.insert(index) && wanted.thoughts {
                    think(index, &item, to);
                }
                if wanted.kept && goes_back(&item) {
                    to.keep((index, 0), item);
                }
            }
            _ if is_whole && wanted.kept => to.keep((index, 0), item),
            _ => {}
        }
    }

    /// A response that ended, with the event that says so; without one it is the whole body.
    fn whole(
        &mut self,
        response: Response,
        event: Option<String>,
        to: &mut Collected,
        text: &mut dyn FnMut(&str),
    ) -> Result<(), Fault> {
        to.begin();
        let (before, ending_before) = (to.mark(), to.ending().cloned());
        if let Some(model) = response.model {
            to.model(model);
        }
        if let Some(told) = &response.usage {
            to.costs(usage(told));
        }
        // Some servers leave out here what they streamed, so that the items have other places.
        let wanted = Wanted {
            texts: !to.has_text(),
            calls: !to.has_calls(),
            kept: !to.has_kept(),
            thoughts: to.reasoning().is_empty(),
        };
        for (index, item) in (0..).zip(response.output.unwrap_or_default()) {
            self.item(index, item, true, wanted, to, text);
        }
        let why = response.more.get("incomplete_details");
        let why = why.and_then(|why| why.get("reason")?.as_str());
        let why = why.map(str::to_owned);
        for name in DETAILS {
            to.detail(name, response.more.get(name).cloned().unwrap_or_default());
        }
        let word = event.or(response.status);
        let silent = || Value::String("the response failed, and nothing is said of it".into());
        let has_failed = word.as_deref() == Some("failed");
        if let Some(error) = response.error.or_else(|| has_failed.then(silent)) {
            return to.failed(error, ending_before);
        }
        let Some(word) = word else {
            return Ok(());
        };
        let ending = match word.as_str() {
            "completed" if to.has_calls() => Ending::Reached(FinishReason::ToolCalls),
            "completed" => Ending::Reached(FinishReason::Stop),
            "incomplete" => Ending::of(why.unwrap_or(word)),
            // It was given up, or is still being made.
            "cancelled" | "in_progress" | "queued" => Ending::GivenUp(word),
            _ => Ending::Reached(FinishReason::Other(word)),
        };
        to.settle(before, Some(ending));
        Ok(())
    }
}

fn list<'a>(item: &'a Map<String, Value>, name: &str) -> impl Iterator<Item = &'a Value> {
    let values = item.get(name).and_then(Value::as_array);
    values.into_iter().flatten()
}

fn message(
    index: u32,
    item: &Map<String, Value>,
    is_whole: bool,
    wanted: Wanted,
    to: &mut Collected,
    text: &mut dyn FnMut(&str),
) {
    for (part, content) in (0..).zip(list(item, "content")) {
        let of = |name: &str| content.get(name).and_then(Value::as_str);
        if let (true, Some(whole)) = (wanted.texts, of("text")) {
            to.say_all((index, part), whole, text);
        }
        to.refuse_all(of("refusal").unwrap_or_default());
    }
    let phase = item.get(PHASE).filter(|phase| !phase.is_null());
    if let (true, true, Some(phase)) = (is_whole, wanted.kept, phase) {
        // Behind its texts.
        let kept = Map::from_iter([(PHASE.to_owned(), phase.clone())]);
        to.keep((index, u32::MAX), kept);
    }
}

/// Whether a reasoning item can be sent back. One that only the server knew is refused, since it keeps none.
fn goes_back(item: &Map<String, Value>) -> bool {
    let encrypted = item.get("encrypted_content").and_then(Value::as_str);
    encrypted.is_some_and(|it| !it.is_empty()) || list(item, "content").next().is_some()
}

/// What a reasoning item says of it in words.
fn think(index: u32, item: &Map<String, Value>, to: &mut Collected) {
    let said = list(item, "summary").chain(list(item, "content"));
    for (part, said) in (0..).zip(said) {
        let at: PieceAt = (index, part);
        to.think(at, said.get("text").and_then(Value::as_str).unwrap_or(""));
    }
}

/// The tokens that a server tells; what it tells in no readable way is not known.
fn usage(told: &Value) -> Usage {
    let at = |path: &[&str]| {
        let found = path.iter().try_fold(told, |value, name| value.get(name));
        found.and_then(lenient::count)
    };
    Usage {
        input_tokens: at(&["input_tokens"]),
        output_tokens: at(&["output_tokens"]),
        cache_read_tokens: at(&["input_tokens_details", "cached_tokens"]),
        cache_write_tokens: at(&["input_tokens_details", "cache_write_tokens"]),
        reasoning_tokens: at(&["output_tokens_details", "reasoning_tokens"]),
    }
}
