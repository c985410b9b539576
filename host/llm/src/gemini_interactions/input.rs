//! The messages of a request as the system's text and the steps of the conversation.
//!
//! A message of the contract may be several steps: what was thought, texts, calls and results each are one, in their order.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use stepwell_contract::{Attachment, ChatError, Message, Part, Role, ToolCall, ToolResult};

use crate::wire::request::{base64, invalid, json_of};

/// What a request says.
#[derive(Default)]
pub(super) struct Said {
    pub(super) system: String,
    pub(super) steps: Vec<Value>,
}

pub(super) fn of(messages: &[Message], provider: &str) -> Result<Said, ChatError> {
    let mut said = Said::default();
    // A result says what was called.
    let mut called = BTreeMap::new();
    for message in messages {
        if let Some(option) = message.options.first() {
            let name = &option.name;
            return Err(invalid(format!(
                "the Interactions API takes no options with a message, and so no `{name}`"
            )));
        }
        match message.role {
            Role::System => instruct(message, &mut said.system)?,
            _ => write(message, provider, &mut called, &mut said.steps)?,
        }
    }
    if said.steps.is_empty() {
        return Err(invalid(
            "the request says nothing to the model besides its system text",
        ));
    }
    Ok(said)
}

fn write<'a>(
    message: &'a Message,
    provider: &str,
    called: &mut BTreeMap<&'a str, &'a str>,
    steps: &mut Vec<Value>,
) -> Result<(), ChatError> {
    let mut content = Vec::new();
    for part in &message.parts {
        let whole = match part {
            Part::Text(text) if text.is_empty() => continue,
            Part::Text(text) => {
                content.push(json!({ "type": "text", "text": text }));
                continue;
            }
            Part::Attachment(attachment) => {
                content.push(attached(attachment)?);
                continue;
            }
            Part::ToolCall(call) => {
                called.insert(&call.id, &call.name);
                call_step(call)
            }
            Part::ToolResult(result) => {
                let name = called.get(result.id.as_str()).copied();
                result_step(result, name)?
            }
            // Another provider's secrets mean nothing to this one.
            Part::Opaque(opaque) if opaque.provider != provider => continue,
            Part::Opaque(opaque) => {
                let kept = json_of("opaque part", &opaque.content)?;
                if !kept.get("type").is_some_and(Value::is_string) {
                    continue;
                }
                kept
            }
        };
        steps.extend(step(message.role, &mut content));
        steps.push(whole);
    }
    steps.extend(step(message.role, &mut content));
    Ok(())
}

/// What stands above the conversation has a place of its own, wherever it was said.
fn instruct(message: &Message, system: &mut String) -> Result<(), ChatError> {
    let is_text = |part: &Part| matches!(part, Part::Text(_));
    if !message.parts.iter().all(is_text) {
        return Err(invalid(
            "the Interactions API takes nothing but text in a system message; send the rest in a user message",
        ));
    }
    let text = message.joined_text();
    if !system.is_empty() && !text.is_empty() {
        system.push_str("\n\n");
    }
    system.push_str(&text);
    Ok(())
}

/// What was said until something else stands in the message, as a step of its own.
fn step(role: Role, content: &mut Vec<Value>) -> Option<Value> {
    let content = std::mem::take(content);
    let kind = match role {
        Role::Assistant => "model_output",
        Role::System | Role::User | Role::Tool => "user_input",
    };
    (!content.is_empty()).then(|| json!({ "type": kind, "content": content }))
}

fn call_step(call: &ToolCall) -> Value {
    let arguments = match serde_json::from_str(&call.arguments_json) {
        Ok(Value::Object(arguments)) => arguments,
        // What a model wrote wrongly is shown to it beside the error that it became.
        _ => Map::from_iter([("INVALID_JSON".to_owned(), json!(call.arguments_json))]),
    };
    json!({ "type": "function_call", "id": call.id, "name": call.name, "arguments": arguments })
}

fn result_step(result: &ToolResult, name: Option<&str>) -> Result<Value, ChatError> {
    let mut content = vec![json!({ "type": "text", "text": result.content })];
    for attachment in &result.attachments {
        let block = attached(attachment)?;
        if block.get("type").is_none_or(|kind| kind != "image") {
            return Err(invalid(format!(
                "the Interactions API takes texts and pictures in a tool's result, not `{}`; send it in a user message",
                attachment.media_type
            )));
        }
        content.push(block);
    }
    let mut step = json!({ "type": "function_result", "call_id": result.id, "result": content });
    if let Some(name) = name {
        step["name"] = json!(name);
    }
    if result.is_error {
        step["is_error"] = json!(true);
    }
    Ok(step)
}

fn attached(attachment: &Attachment) -> Result<Value, ChatError> {
    let kind = &attachment.media_type;
    let block = match kind.split('/').next() {
        Some(block @ ("image" | "audio" | "video")) => block,
        _ if matches!(kind.as_str(), "application/pdf" | "text/csv") => "document",
        _ => {
            return Err(invalid(format!(
                "the Interactions API takes pictures, sounds, films, PDFs and CSV, not `{kind}`; send text as text"
            )));
        }
    };
    Ok(json!({ "type": block, "mime_type": kind, "data": base64(attachment) }))
}
