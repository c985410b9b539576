//! The messages of a request as items of its input.
//!
//! A message of the contract may be several items: what was thought, texts, calls and results each are one, in their order.

use serde_json::{Map, Value, json};
use stepwell_contract::{Attachment, ChatError, Message, Part, Role, ToolResult};

use crate::wire::request::{data_url, invalid, json_of};

/// The option of a message that marks up to where the provider's cache keeps what it read.
const MARK: &str = "prompt_cache_breakpoint";

/// What is kept of a message of an answer beside its text: whether it was the last word or said on the way.
pub(super) const PHASE: &str = "phase";

pub(super) fn of(messages: &[Message], provider: &str) -> Result<Vec<Value>, ChatError> {
    let mut items = Vec::new();
    for message in messages {
        write(message, provider, &mut items)?;
    }
    if items.is_empty() {
        return Err(invalid("the request says nothing to the model"));
    }
    Ok(items)
}

fn write(message: &Message, provider: &str, items: &mut Vec<Value>) -> Result<(), ChatError> {
    let mut said = Said {
        role: message.role,
        content: Vec::new(),
    };
    for part in &message.parts {
        match part {
            Part::Text(text) if text.is_empty() => {}
            Part::Text(text) => said.content.push(text_part(text)),
            Part::Attachment(_) if message.role != Role::User => {
                return Err(invalid(
                    "the Responses API takes attachments in user messages and in results of tools only",
                ));
            }
            Part::Attachment(attachment) => said.content.push(attached(attachment)?),
            Part::ToolCall(call) => {
                items.extend(said.item(None));
                items.push(json!({
                    "type": "function_call", "call_id": call.id, "name": call.name,
                    "arguments": call.arguments_json,
                }));
            }
            Part::ToolResult(result) => {
                items.extend(said.item(None));
                items.push(resulted(result)?);
            }
            // Another provider's secrets mean nothing to this one.
            Part::Opaque(opaque) if opaque.provider != provider => {}
            Part::Opaque(opaque) => {
                let kept = json_of("opaque part", &opaque.content)?;
                if kept.get("type").is_some_and(Value::is_string) {
                    items.extend(said.item(None));
                    items.push(kept);
                } else if let Some(phase) = kept.get(PHASE) {
                    items.extend(said.item(Some(phase)));
                }
            }
        }
    }
    said.mark(message)?;
    items.extend(said.item(None));
    Ok(())
}

/// What a message says until something else stands in it.
struct Said {
    role: Role,
    content: Vec<Value>,
}

impl Said {
    /// Sets the mark that a message asks for.
    fn mark(&mut self, message: &Message) -> Result<(), ChatError> {
        for option in &message.options {
            let name = &option.name;
            if name != MARK {
                return Err(invalid(format!(
                    "the Responses API takes no option `{name}` with a message, only `{MARK}`"
                )));
            }
            let mark = json_of(&format!("option `{MARK}`"), &option.value)?;
            let is_asked = matches!(self.role, Role::System | Role::User);
            match self.content.last_mut().filter(|_| is_asked) {
                Some(part) => part[MARK] = mark,
                None => {
                    return Err(invalid(format!(
                        "the option `{MARK}` belongs to a system or user message that ends in a text or an attachment"
                    )));
                }
            }
        }
        Ok(())
    }

    /// Takes what was said as an item of its own.
    fn item(&mut self, phase: Option<&Value>) -> Option<Value> {
        let content = std::mem::take(&mut self.content);
        if content.is_empty() {
            return None;
        }
        let role = match self.role {
            Role::System => "system",
            Role::User | Role::Tool => "user",
            Role::Assistant => "assistant",
        };
        let mut item = Map::new();
        item.insert("role".into(), json!(role));
        item.insert("content".into(), plain_where_possible(content));
        if let Some(phase) = phase {
            item.insert(PHASE.into(), phase.clone());
        }
        Some(Value::Object(item))
    }
}

fn text_part(text: &str) -> Value {
    json!({ "type": "input_text", "text": text })
}

/// Text alone goes as a string: what a model said has parts of another type, and not every server takes a list.
fn plain_where_possible(content: Vec<Value>) -> Value {
    let plain = |part: &Value| match part.get(MARK) {
        None => part.get("text").and_then(Value::as_str).map(str::to_owned),
        Some(_) => None,
    };
    let texts: Option<String> = content.iter().map(plain).collect();
    texts.map_or_else(|| Value::Array(content), Value::String)
}

fn resulted(result: &ToolResult) -> Result<Value, ChatError> {
    let mut content = Vec::new();
    if !result.content.is_empty() || result.attachments.is_empty() {
        content.push(text_part(&result.content));
    }
    for attachment in &result.attachments {
        content.push(attached(attachment)?);
    }
    Ok(json!({
        "type": "function_call_output", "call_id": result.id,
        "output": plain_where_possible(content),
    }))
}

fn attached(attachment: &Attachment) -> Result<Value, ChatError> {
    let kind = &attachment.media_type;
    let url = data_url(attachment);
    if kind.starts_with("image/") {
        return Ok(json!({ "type": "input_image", "detail": "auto", "image_url": url }));
    }
    if kind == "application/pdf" {
        // It is told by its name what it is.
        return Ok(json!({ "type": "input_file", "filename": "attachment.pdf", "file_data": url }));
    }
    Err(invalid(format!(
        "the Responses API takes pictures and PDFs, not `{kind}`; send text as text"
    )))
}
