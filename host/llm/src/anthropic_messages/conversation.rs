//! The messages of a request as the system's text and turns of user and model.

use serde_json::{Map, Value, json};
use stepwell_contract::{Attachment, ChatError, Message, Opaque, Part, Role, ToolCall, ToolResult};

use super::marks;
use crate::wire::request::{base64, invalid, json_of};

/// What a request says.
pub(super) struct Conversation {
    pub(super) system: Vec<Value>,
    pub(super) messages: Vec<Value>,
}

/// Blocks that one side says before the other one goes on.
struct Turn {
    role: &'static str,
    blocks: Vec<Value>,
}

pub(super) fn of(messages: &[Message], provider: &str) -> Result<Conversation, ChatError> {
    let mut system = Vec::new();
    let mut turns: Vec<Turn> = Vec::new();
    for message in messages {
        let mut blocks = Vec::new();
        for part in &message.parts {
            blocks.extend(block(part, message.role, provider)?);
        }
        marks::set(&mut blocks, &message.options)?;
        // What stands above the conversation has a place of its own, wherever it was said.
        let role = match message.role {
            Role::System => {
                system.append(&mut blocks);
                continue;
            }
            Role::User | Role::Tool => "user",
            Role::Assistant => "assistant",
        };
        match turns.last_mut() {
            // The results of all calls belong into one turn, however many messages they came in.
            Some(last) if last.role == role => last.blocks.append(&mut blocks),
            _ if blocks.is_empty() => {}
            _ => turns.push(Turn { role, blocks }),
        }
    }
    if turns.is_empty() {
        return Err(invalid(
            "the request says nothing to the model besides its system text",
        ));
    }
    let messages = turns.into_iter().map(|mut turn| {
        // A turn that has results begins with them, or it is refused.
        turn.blocks.sort_by_key(|block| !is(block, "tool_result"));
        json!({ "role": turn.role, "content": turn.blocks })
    });
    Ok(Conversation {
        system,
        messages: messages.collect(),
    })
}

pub(super) fn is(block: &Value, kind: &str) -> bool {
    block.get("type").is_some_and(|it| it == kind)
}

/// A part as a block; none where it says nothing to this provider.
fn block(part: &Part, role: Role, provider: &str) -> Result<Option<Value>, ChatError> {
    Ok(match part {
        // A block of nothing but space is refused.
        Part::Text(text) if text.trim().is_empty() => None,
        Part::Text(text) => Some(json!({ "type": "text", "text": text })),
        _ if role == Role::System => {
            return Err(invalid(
                "the Messages API takes nothing but text in a system message; send the rest in a user message",
            ));
        }
        Part::Attachment(attachment) => Some(attached(attachment)?),
        Part::ToolCall(call) => Some(called(call)),
        Part::ToolResult(result) => Some(resulted(result)?),
        // Another provider's secrets mean nothing to this one.
        Part::Opaque(opaque) if opaque.provider == provider => kept(opaque)?,
        Part::Opaque(_) => None,
    })
}

/// A block that the model's answer held, as it came. What is no block was kept by another format.
fn kept(opaque: &Opaque) -> Result<Option<Value>, ChatError> {
    let block = json_of("opaque part", &opaque.content)?;
    let is_block = block.get("type").is_some_and(Value::is_string);
    Ok(is_block.then_some(block))
}

fn called(call: &ToolCall) -> Value {
    let input = match serde_json::from_str(&call.arguments_json) {
        Ok(Value::Object(input)) => input,
        // What a model wrote wrongly is shown to it as its provider advises, beside the error that it became.
        _ => Map::from_iter([("INVALID_JSON".to_owned(), json!(call.arguments_json))]),
    };
    json!({ "type": "tool_use", "id": call.id, "name": call.name, "input": input })
}

fn resulted(result: &ToolResult) -> Result<Value, ChatError> {
    let mut content = Vec::new();
    if !result.content.trim().is_empty() {
        content.push(json!({ "type": "text", "text": result.content }));
    }
    for attachment in &result.attachments {
        content.push(attached(attachment)?);
    }
    let mut block = json!({ "type": "tool_result", "tool_use_id": result.id });
    if !content.is_empty() {
        block["content"] = content.into();
    }
    if result.is_error {
        block["is_error"] = json!(true);
    }
    Ok(block)
}

fn attached(attachment: &Attachment) -> Result<Value, ChatError> {
    let told = &attachment.media_type;
    let kind = told.split(';').next().unwrap_or_default().trim();
    let bytes = |block: &str| {
        json!({ "type": block, "source": {
            "type": "base64", "media_type": kind, "data": base64(attachment),
        } })
    };
    match kind {
        "image/gif" | "image/jpeg" | "image/png" | "image/webp" => Ok(bytes("image")),
        "application/pdf" => Ok(bytes("document")),
        "text/plain" => {
            let text = std::str::from_utf8(&attachment.content);
            let text = text.map_err(|_| invalid("an attachment of plain text isn't UTF-8"))?;
            Ok(json!({ "type": "document", "source": {
                "type": "text", "media_type": kind, "data": text,
            } }))
        }
        _ => Err(invalid(format!(
            "the Messages API takes pictures (GIF, JPEG, PNG, WebP), PDFs and plain text, not `{told}`"
        ))),
    }
}
