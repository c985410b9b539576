//! A cassette as text. What is written here, `parse` reads back the same.

use serde_json::{Value, json};
use stepwell_contract::{ChatResponse, Message, Part, Role};

use super::section::{self, END, MARK};
use super::{CallEnd, Cassette, Entry, RecordedCall};

pub(super) fn cassette(cassette: &Cassette) -> String {
    let mut text = format!(
        "stepwell-cassette 1\nmatch = \"{}\"\n",
        cassette.matching.word()
    );
    if let Some(model) = &cassette.default_model {
        text.push_str(&format!(
            "default-model = {}\n",
            Value::from(model.as_str())
        ));
    }
    text.push('\n');
    if !cassette.comment.is_empty() {
        add_body(&mut text, &cassette.comment);
        text.push('\n');
    }
    for entry in &cassette.entries {
        add_entry(&mut text, entry);
    }
    text.push_str(END);
    text
}

/// What adding an entry puts in the place of the line that ends a file.
pub(super) fn added(entry: &Entry) -> String {
    let mut text = String::new();
    add_entry(&mut text, entry);
    text.push_str(END);
    text
}

fn add_entry(text: &mut String, entry: &Entry) {
    match entry {
        Entry::Call(call) => add_call(text, call),
        Entry::Answer(answer) => {
            text.push_str(MARK);
            text.push_str("answer ");
            if let Some(step) = &answer.step {
                text.push_str(step.as_str());
                text.push(' ');
            }
            text.push_str(&section::word(&answer.key));
            text.push_str("\n\n");
            add_body(text, &answer.text);
        }
    }
}

fn add_call(text: &mut String, call: &RecordedCall) {
    let word = match &call.outcome {
        CallEnd::Answer(_) => "call",
        CallEnd::Error(_) => "error",
    };
    text.push_str(&format!("{MARK}{word} {}\n", call.place));
    let mut field = |name: &str, value: String| text.push_str(&format!("{name}: {value}\n"));
    if let Some(model) = &call.model {
        field("model", section::value(model));
    }
    if let Some(instead) = &call.instead {
        field("asked-instead", section::value(instead));
    }
    let (body, more) = match &call.outcome {
        CallEnd::Answer(response) => {
            if !response.model.is_empty() {
                field("answered-by", section::value(&response.model));
            }
            field("finish", section::finish(&response.finish_reason));
            if let Some(usage) = section::usage(response.usage) {
                field("usage", usage);
            }
            (&response.text, beyond_text(response))
        }
        CallEnd::Error(error) => {
            field("kind", section::value(error.kind.code()));
            (&error.message, None)
        }
    };
    text.push('\n');
    add_body(text, body);
    for (section, json) in [("request", &call.request), ("message", &more)] {
        if let Some(json) = json {
            text.push_str(&format!("{MARK}{section}\n{json:#}\n"));
        }
    }
}

/// Adds a text and the line break that ends it in the file.
fn add_body(text: &mut String, body: &str) {
    if body.is_empty() {
        return;
    }
    for line in body.split('\n') {
        text.push_str(&section::escaped(line));
        text.push('\n');
    }
}

/// The message that an answer of plain text has.
pub(super) fn plain_message(text: &str) -> Message {
    let mut message = Message::text(Role::Assistant, text);
    if text.is_empty() {
        message.parts.clear();
    }
    message
}

/// What an answer has beyond its text; none for most.
fn beyond_text(response: &ChatResponse) -> Option<Value> {
    let message = &response.message;
    let is_plain = message.role == Role::Assistant
        && message.options.is_empty()
        && match message.parts.as_slice() {
            [] => response.text.is_empty(),
            [Part::Text(text)] => *text == response.text && !text.is_empty(),
            _ => false,
        };
    (!is_plain || !response.details.is_empty())
        .then(|| json!({ "message": message, "details": response.details }))
}
