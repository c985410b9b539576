//! What a piece of an answer adds to it.
//!
//! An answer is made of steps. Thoughts, and steps that nobody here knows, are kept and go back as they came: without its signature a
//! thought is refused.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use stepwell_contract::{FinishReason, Usage};

use crate::wire::collected::{Collected, PieceAt};
use crate::wire::ending::Ending;
use crate::wire::reader::{Fault, Pieces};
use crate::wire::{failure, lenient};

/// What is known of an answer besides what was collected.
#[derive(Default)]
pub(super) struct Steps;

/// Any event: which of the fields there are depends on its type.
#[derive(Deserialize)]
struct Event {
    #[serde(default, deserialize_with = "lenient::index")]
    index: Option<u32>,
    step: Option<Map<String, Value>>,
    delta: Option<Map<String, Value>>,
    interaction: Option<Interaction>,
    #[serde(default, deserialize_with = "lenient::anything")]
    metadata: Option<Value>,
}

/// A whole answer, or how far it is.
#[derive(Deserialize)]
struct Interaction {
    #[serde(default, deserialize_with = "lenient::text")]
    model: Option<String>,
    #[serde(default, deserialize_with = "lenient::word")]
    status: Option<String>,
    #[serde(default, deserialize_with = "lenient::some")]
    steps: Option<Vec<Map<String, Value>>>,
    #[serde(default, deserialize_with = "lenient::anything")]
    usage: Option<Value>,
    #[serde(default, deserialize_with = "lenient::list")]
    errors: Option<Vec<Value>>,
    #[serde(default, deserialize_with = "lenient::anything")]
    service_tier: Option<Value>,
}

impl Pieces for Steps {
    const ANSWER: &'static str = "interaction of the Interactions API";
    const CONTENT: &'static str = "interaction";
    const ENDING: &'static str = "status";
    const MARKS: &'static [&'static str] = &["interaction", "step"];
    const LAST: Option<&'static str> = Some("[DONE]");

    fn is_whole(value: &Value, _: bool) -> bool {
        value.get("event_type").is_none() && value.get("status").is_some_and(Value::is_string)
    }

    fn add(
        &mut self,
        value: Value,
        to: &mut Collected,
        text: &mut dyn FnMut(&str),
    ) -> Result<(), Fault> {
        if Self::is_whole(&value, true) {
            return whole(serde_json::from_value(value)?, true, to, text);
        }
        let kind = value.get("event_type").and_then(Value::as_str);
        let kind = kind.unwrap_or_default().to_owned();
        if !kind.starts_with("interaction.") && !kind.starts_with("step.") {
            // An error, or a heartbeat.
            let before = to.ending().cloned();
            return match failure::of(value) {
                Some(error) => to.failed(error, before),
                None => Ok(()),
            };
        }
        let event: Event = serde_json::from_value(value)?;
        if let Some(told) = event.metadata.as_ref().and_then(|it| it.get("total_usage")) {
            to.costs(usage(told));
        }
        let before = to.mark();
        let index = event.index.unwrap_or_default();
        match (kind.as_str(), event.interaction) {
            ("interaction.completed", Some(interaction)) => {
                return whole(interaction, true, to, text);
            }
            (_, Some(interaction)) => return whole(interaction, false, to, text),
            ("step.start", None) => {
                if let Some(fields) = event.step {
                    step(index, fields, to, text);
                }
            }
            ("step.delta", None) => {
                if let Some(fields) = event.delta {
                    delta((index, 0), fields, to, text);
                }
            }
            // The end of a step, and what a later version of the format adds.
            _ => {}
        }
        to.settle(before, None);
        Ok(())
    }
}

/// An interaction; how far it is, where it isn't at its end.
fn whole(
    interaction: Interaction,
    is_end: bool,
    to: &mut Collected,
    text: &mut dyn FnMut(&str),
) -> Result<(), Fault> {
    to.begin();
    let (before, ending_before) = (to.mark(), to.ending().cloned());
    if let Some(model) = interaction.model {
        to.model(model);
    }
    if let Some(told) = &interaction.usage {
        to.costs(usage(told));
    }
    to.detail("service_tier", interaction.service_tier.unwrap_or_default());
    // At its end a stream may tell all steps again.
    let is_new = !to.has_text() && !to.has_calls() && !to.has_kept();
    if is_end && is_new {
        for (index, fields) in (0..).zip(interaction.steps.unwrap_or_default()) {
            step(index, fields, to, text);
        }
    }
    if !is_end {
        return Ok(());
    }
    let error = interaction
        .errors
        .and_then(|errors| errors.into_iter().next());
    let word = interaction.status.unwrap_or_else(|| "completed".into());
    let silent = || Value::String("the interaction failed, and nothing is said of it".into());
    let error = error.or_else(|| (word == "failed").then(silent));
    let ending = match word.as_str() {
        "completed" | "requires_action" if to.has_calls() => {
            Ending::Reached(FinishReason::ToolCalls)
        }
        "completed" => Ending::Reached(FinishReason::Stop),
        "incomplete" => Ending::Reached(FinishReason::Length),
        // It was given up, or is still being made.
        "cancelled" | "failed" | "in_progress" | "queued" => Ending::GivenUp(word),
        _ => Ending::Reached(FinishReason::Other(word)),
    };
    to.settle(before, Some(ending));
    match error {
        Some(error) => to.failed(error, ending_before),
        None => Ok(()),
    }
}

/// A step, whole or as it begins.
fn step(index: u32, mut step: Map<String, Value>, to: &mut Collected, text: &mut dyn FnMut(&str)) {
    to.begin();
    let of = |name: &str| step.get(name).and_then(Value::as_str).unwrap_or_default();
    match of("type") {
        "model_output" => {
            // Why there is nothing in it.
            let error = step.get("error").and_then(|error| error.get("message"));
            to.refuse(error.and_then(Value::as_str).unwrap_or_default());
            let content = step.remove("content");
            for (place, said) in (0..).zip(list(content)) {
                if let Some(said) = said.get("text").and_then(Value::as_str) {
                    to.say((index, place), said, text);
                }
            }
        }
        "function_call" => {
            let at = (index, 0);
            to.call(at, Some(of("id")));
            let arguments = step.get("arguments").and_then(Value::as_object);
            // In a stream they begin empty.
            let arguments = arguments.filter(|arguments| !arguments.is_empty());
            let arguments = arguments.map(|arguments| json!(arguments).to_string());
            to.call_with(at, of("name"), &arguments.unwrap_or_default());
        }
        "thought" => {
            for (place, said) in (0..).zip(list(step.get("summary").cloned())) {
                let said = said.get("text").and_then(Value::as_str);
                to.think((index, place), said.unwrap_or_default());
            }
            to.keep((index, 0), step);
        }
        // What the request said.
        "user_input" | "function_result" => {}
        _ => to.keep((index, 0), step),
    }
}

fn list(value: Option<Value>) -> Vec<Value> {
    match value {
        Some(Value::Array(values)) => values,
        _ => Vec::new(),
    }
}

/// More of a step.
fn delta(
    at: PieceAt,
    mut delta: Map<String, Value>,
    to: &mut Collected,
    text: &mut dyn FnMut(&str),
) {
    let of = |name: &str| delta.get(name).and_then(Value::as_str).unwrap_or_default();
    match of("type") {
        "text" => to.say(at, of("text"), text),
        "arguments_delta" => to.call_with(at, "", of("arguments")),
        "thought_summary" => {
            let content = delta.remove("content").unwrap_or_default();
            let said = content.get("text").and_then(Value::as_str);
            to.think(at, said.unwrap_or_default());
            let summary = to
                .kept(at)
                .map(|step| step.entry("summary").or_insert(json!([])));
            if let Some(Value::Array(summary)) = summary {
                summary.push(content);
            }
        }
        "thought_signature" => {
            let signature = delta.remove("signature");
            if let (Some(signature), Some(step)) = (signature, to.kept(at)) {
                step.insert("signature".into(), signature);
            }
        }
        // What is kept and not understood is told field by field: calls of the provider's own tools and their results.
        _ => {
            delta.remove("type");
            if let Some(step) = to.kept(at) {
                step.extend(delta);
            }
        }
    }
}

/// The provider counts what was thought beside what was said, and what its own tools read beside the rest of the input.
fn usage(told: &Value) -> Usage {
    let at = |name: &str| told.get(name).and_then(lenient::count);
    let with = |one: Option<u32>, other: Option<u32>| {
        one.map(|one| one.saturating_add(other.unwrap_or_default()))
    };
    Usage {
        input_tokens: with(at("total_input_tokens"), at("total_tool_use_tokens")),
        output_tokens: with(at("total_output_tokens"), at("total_thought_tokens")),
        cache_read_tokens: at("total_cached_tokens"),
        cache_write_tokens: None,
        reasoning_tokens: at("total_thought_tokens"),
    }
}
