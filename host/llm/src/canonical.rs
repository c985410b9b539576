//! One form for equal requests, so that they have one digest.
//!
//! It is not what is sent: no wire format has a say in it, and a request keeps its digest when the provider
//! changes.

use base64::Engine as _;
use serde_json::{Map, Value, json};
use stepwell_contract::{ChatRequest, Message, Part, Text, Tool, ToolChoice};

/// The canonical request: its keys sorted, without what is at its default.
///
/// `model` stands for the model: the provider's name of it in records, the short name in a cassette.
/// Schemas and options that hold JSON are compared as JSON, whatever their spaces. Attachments are there with
/// all their bytes, in base64, so that the record of a request is complete.
#[must_use]
pub fn canonical_request(request: &ChatRequest, model: &str) -> Value {
    let some = |list: Vec<Value>| (!list.is_empty()).then(|| Value::Array(list));
    let tool_choice = match &request.tool_choice {
        ToolChoice::Auto => None,
        ToolChoice::None => Some(json!("none")),
        ToolChoice::Required => Some(json!("required")),
        ToolChoice::Named(name) => Some(json!({ "named": name })),
    };
    let fields = [
        ("model", Some(json!(model))),
        (
            "messages",
            Some(request.messages.iter().map(message).collect()),
        ),
        (
            "max_output_tokens",
            request.max_output_tokens.map(Value::from),
        ),
        ("temperature", request.temperature.map(Value::from)),
        (
            "stop",
            some(request.stop.iter().map(|stop| json!(stop)).collect()),
        ),
        (
            "answer_schema",
            request.answer_schema.as_deref().map(parsed),
        ),
        ("tools", some(request.tools.iter().map(tool).collect())),
        ("tool_choice", tool_choice),
        ("options", options(&request.options)),
    ];
    let fields = fields
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)));
    sorted(Value::Object(fields.collect()))
}

fn message(message: &Message) -> Value {
    let mut value = json!({
        "role": message.role,
        "parts": message.parts.iter().map(part).collect::<Vec<_>>(),
    });
    if let Some(options) = options(&message.options) {
        value["options"] = options;
    }
    value
}

fn part(part: &Part) -> Value {
    let attachment = |attachment: &stepwell_contract::Attachment| {
        json!({
            "media_type": attachment.media_type,
            "base64": base64::engine::general_purpose::STANDARD.encode(&attachment.content),
        })
    };
    match part {
        Part::Text(text) => json!({ "text": text }),
        Part::ToolCall(call) => json!({ "tool_call": {
            "id": call.id, "name": call.name, "arguments": parsed(&call.arguments_json),
        } }),
        Part::ToolResult(result) => json!({ "tool_result": {
            "id": result.id,
            "content": result.content,
            "attachments": result.attachments.iter().map(attachment).collect::<Vec<_>>(),
            "is_error": result.is_error,
        } }),
        Part::Attachment(bytes) => json!({ "attachment": attachment(bytes) }),
        Part::Opaque(opaque) => json!({ "opaque": {
            "provider": opaque.provider, "content": parsed(&opaque.content),
        } }),
    }
}

fn tool(tool: &Tool) -> Value {
    let mut value = json!({
        "name": tool.name,
        "description": tool.description,
        "parameters": parsed(&tool.parameters_schema),
    });
    if let Some(options) = options(&tool.options) {
        value["options"] = options;
    }
    value
}

fn options(options: &[Text]) -> Option<Value> {
    (!options.is_empty()).then(|| {
        options
            .iter()
            .map(|option| (option.name.clone(), parsed(&option.value)))
            .collect::<Map<_, _>>()
            .into()
    })
}

/// The JSON in a text, or the text itself where it is none.
fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| text.into())
}

/// The same value with the keys of every object in order.
pub(crate) fn sorted(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields
                .into_iter()
                .map(|(name, value)| (name, sorted(value)))
                .collect();
            fields.sort_by(|(a, _), (b, _)| a.cmp(b));
            fields.into_iter().collect::<Map<_, _>>().into()
        }
        Value::Array(values) => values.into_iter().map(sorted).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use stepwell_contract::Role;

    #[test]
    fn equal_requests_are_equal_bytes() {
        let mut one = ChatRequest {
            messages: vec![Message::text(Role::User, "hello\nyou")],
            answer_schema: Some(r#"{"type": "object", "a": 1}"#.into()),
            options: vec![Text::new("b", "1"), Text::new("a", "\"x\"")],
            ..ChatRequest::default()
        };
        let text = canonical_request(&one, "writer").to_string();
        assert_eq!(
            text,
            r#"{"answer_schema":{"a":1,"type":"object"},"messages":[{"parts":[{"text":"hello\nyou"}],"role":"user"}],"model":"writer","options":{"a":"x","b":1}}"#
        );
        let bytes = |request: &ChatRequest, model| canonical_request(request, model).to_string();
        one.options.reverse();
        one.answer_schema = Some("{\"a\":1,\n\"type\":\"object\"}".into());
        assert_eq!(bytes(&one, "writer"), text);
        assert_ne!(bytes(&one, "thinker"), text);
        one.stop.push("END".into());
        assert_ne!(bytes(&one, "writer"), text);
    }
}
