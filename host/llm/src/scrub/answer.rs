//! The key in what was put together from an answer: each piece of a stream may hold a part of it.
//!
//! It knows no format: pieces that belong together stand at the same place of several values of JSON.

use std::collections::BTreeMap;

use serde_json::Value;
use stepwell_contract::{ChatResponse, FinishReason, Part};

use super::Scrub;
use crate::sse::Events;

impl Scrub {
    /// An answer without the key, wherever it stands.
    pub(crate) fn response(&self, mut response: ChatResponse) -> ChatResponse {
        if self.key.is_none() {
            return response;
        }
        for text in [&mut response.text, &mut response.model] {
            *text = self.text(text);
        }
        if let FinishReason::Other(word) = &mut response.finish_reason {
            *word = self.text(word);
        }
        let message = &mut response.message;
        for detail in message.options.iter_mut().chain(&mut response.details) {
            detail.name = self.text(&detail.name);
            detail.value = self.json(&detail.value).unwrap_or_else(|| "null".into());
        }
        for part in &mut message.parts {
            match part {
                Part::Text(text) => *text = self.text(text),
                Part::ToolCall(call) => {
                    call.id = self.text(&call.id);
                    call.name = self.text(&call.name);
                    call.arguments_json = self
                        .json(&call.arguments_json)
                        .unwrap_or_else(|| "{}".into());
                }
                Part::Opaque(opaque) => {
                    opaque.content = self.json(&opaque.content).unwrap_or_else(|| "{}".into());
                }
                // No model answers with these.
                Part::ToolResult(_) | Part::Attachment(_) => {}
            }
        }
        self.across_parts(&mut response);
        response
    }

    /// Takes out a key of which several parts hold a piece each.
    fn across_parts(&self, response: &mut ChatResponse) {
        let parts = &mut response.message.parts;
        let joined: String = texts(parts).map(|text| text.as_str()).collect();
        if joined != response.text && self.text(&joined) != joined {
            let mut whole = Some(response.text.clone());
            texts(parts).for_each(|text| *text = whole.take().unwrap_or_default());
            parts.retain(|part| !matches!(part, Part::Text(text) if text.is_empty()));
        }
        let kept = parts.iter().filter_map(|part| match part {
            Part::Opaque(opaque) => serde_json::from_str(&opaque.content).ok(),
            _ => None,
        });
        if Joined::new(self).holds_key(kept.collect::<Vec<Value>>()) {
            for part in parts {
                if let Part::Opaque(opaque) = part {
                    opaque.content = "{}".into();
                }
            }
        }
    }

    /// A text of JSON without the key; none where it holds the key in pieces, which can't be taken out one by one.
    fn json(&self, json: &str) -> Option<String> {
        let json = self.text(json);
        let is_clean = match serde_json::from_str(&json) {
            Ok(value) => !Joined::new(self).holds_key([value]),
            Err(_) => true,
        };
        is_clean.then_some(json)
    }

    /// Whether a raw answer, one value of JSON or a stream of them, holds the key in pieces.
    pub(crate) fn is_in_pieces(&self, raw: &[u8]) -> bool {
        if self.key.is_none() {
            return false;
        }
        let mut joined = Joined::new(self);
        if let Ok(value) = serde_json::from_slice(raw) {
            return joined.holds_key([value]);
        }
        let (mut events, mut values) = (Events::default(), Vec::new());
        let mut add = |data: &str| values.extend(serde_json::from_str::<Value>(data).ok());
        // An event without an end is no JSON either.
        let _ = events.take(raw, |event| add(&event.data));
        if let Some(event) = events.end() {
            add(&event.data);
        }
        joined.holds_key(values)
    }
}

fn texts(parts: &mut [Part]) -> impl Iterator<Item = &mut String> {
    parts.iter_mut().filter_map(|part| match part {
        Part::Text(text) => Some(text),
        _ => None,
    })
}

/// Texts joined by their places.
struct Joined<'a> {
    scrub: &'a Scrub,
    places: BTreeMap<String, Scrub>,
}

impl<'a> Joined<'a> {
    fn new(scrub: &'a Scrub) -> Self {
        Self {
            scrub,
            places: BTreeMap::new(),
        }
    }

    fn holds_key(&mut self, values: impl IntoIterator<Item = Value>) -> bool {
        for value in values {
            self.add(&mut String::new(), &value);
        }
        self.places.values_mut().any(|scrub| {
            scrub.end();
            scrub.has_removed()
        })
    }

    fn add(&mut self, place: &mut String, value: &Value) {
        let length = place.len();
        match value {
            Value::String(text) => {
                let again = || self.scrub.again();
                let scrub = self.places.entry(place.clone()).or_insert_with(again);
                scrub.take(text.as_bytes());
            }
            // Where it stands in its list says nothing: in a stream each list has one.
            Value::Array(values) => values.iter().for_each(|value| self.add(place, value)),
            Value::Object(fields) => {
                // What has another index is another text, whose pieces may come in between.
                for (name, value) in fields {
                    if let (true, Some(index)) = (name.ends_with("index"), value.as_u64()) {
                        place.push_str(&format!("#{index}"));
                    }
                }
                let length = place.len();
                for (name, value) in fields {
                    place.push('/');
                    place.push_str(name);
                    self.add(place, value);
                    place.truncate(length);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
        place.truncate(length);
    }
}
