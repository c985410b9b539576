//! A request as the body of a POST to `chat/completions`.
//!
//! What the format can't express is an error here, before anything is sent.

use serde::Serialize;
use serde_json::{Map, Value, json};
use stepwell_contract::{
    Attachment, ChatError, ChatRequest, Message, Part, ProviderSettings, TokenLimit, Tool,
    ToolCall, ToolChoice,
};

use crate::ResolvedModel;
use crate::asking::{openai_effort, refuse_caching};
use crate::wire::Manner;
use crate::wire::request::{add_options, data_url, invalid, json_of, parameters, refuse_closed};

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    messages: Vec<Value>,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_effort: Option<&'static str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    stop: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<Value>,
}

/// Options that would go around the registry (another model), the budgets (several answers for one) or the
/// reader (no stream).
const CLOSED_OPTIONS: [&str; 5] = ["messages", "model", "n", "stream", "stream_options"];

/// What the format is called.
const FORMAT: &str = "the format of chat completions";

pub(super) fn body(
    settings: &ProviderSettings,
    model: &ResolvedModel,
    request: &ChatRequest,
    manner: Manner,
) -> Result<Vec<u8>, ChatError> {
    refuse_caching(&model.inference, FORMAT)?;
    let mut messages = Vec::with_capacity(request.messages.len());
    for message in &request.messages {
        write_message(message, &model.provider, &mut messages)?;
    }
    let given = |name: &str| request.options.iter().any(|option| option.name == name);
    let most = request
        .max_output_tokens
        .or(model.max_output_tokens)
        .filter(|_| !given("max_tokens") && !given("max_completion_tokens"));
    let limit = match manner.other_token_limit {
        true => settings.token_limit.other(),
        false => settings.token_limit,
    };
    let most_by = |field: TokenLimit| most.filter(|_| field == limit);
    let asks_usage = settings.stream_options && !manner.no_stream_options;
    let body = Body {
        model: &model.provider_model,
        messages,
        stream: true,
        stream_options: asks_usage.then(|| json!({ "include_usage": true })),
        max_tokens: most_by(TokenLimit::MaxTokens),
        max_completion_tokens: most_by(TokenLimit::MaxCompletionTokens),
        temperature: request.temperature,
        reasoning_effort: openai_effort(&model.inference, FORMAT)?,
        stop: &request.stop,
        response_format: match &request.answer_schema {
            Some(schema) => Some(json!({
                "type": "json_schema",
                "json_schema": { "name": "answer", "schema": json_of("answer-schema", schema)? },
            })),
            None => None,
        },
        tools: request.tools.iter().map(tool).collect::<Result<_, _>>()?,
        tool_choice: match &request.tool_choice {
            _ if request.tools.is_empty() => None,
            ToolChoice::Auto => None,
            ToolChoice::None => Some(json!("none")),
            ToolChoice::Required => Some(json!("required")),
            ToolChoice::Named(name) => {
                Some(json!({ "type": "function", "function": { "name": name } }))
            }
        },
    };
    let mut fields = match serde_json::to_value(&body) {
        Ok(Value::Object(fields)) => fields,
        _ => return Err(invalid("the request can't be written as JSON")),
    };
    refuse_closed(&request.options, &CLOSED_OPTIONS)?;
    add_options(&mut fields, &request.options)?;
    Ok(Value::Object(fields).to_string().into_bytes())
}

/// One message of the contract may be several here: each result of a tool is a message of its own.
fn write_message(
    message: &Message,
    provider: &str,
    messages: &mut Vec<Value>,
) -> Result<(), ChatError> {
    let mut content = Vec::new();
    let mut calls = Vec::new();
    let mut more = Map::new();
    for part in &message.parts {
        match part {
            Part::Text(text) => content.push(json!({ "type": "text", "text": text })),
            Part::Attachment(attachment) => content.push(picture(attachment)?),
            Part::ToolCall(call) => calls.push(tool_call(call)),
            Part::ToolResult(result) => {
                if !result.attachments.is_empty() {
                    return Err(invalid(
                        "chat completions take no attachments in a tool's result; send them in a user message",
                    ));
                }
                messages.push(json!({
                    "role": "tool",
                    "tool_call_id": result.id,
                    "content": result.content,
                }));
            }
            // Another provider's secrets mean nothing to this one.
            Part::Opaque(opaque) if opaque.provider == provider => {
                if let Value::Object(fields) = json_of("opaque part", &opaque.content)? {
                    more.extend(fields);
                }
            }
            Part::Opaque(_) => {}
        }
    }
    let answered = message
        .parts
        .iter()
        .any(|part| matches!(part, Part::ToolResult(_)));
    if content.is_empty() && calls.is_empty() && answered {
        return Ok(());
    }
    let mut fields = Map::new();
    fields.insert("role".into(), json!(message.role));
    fields.insert("content".into(), plain_where_possible(content, &calls));
    if !calls.is_empty() {
        fields.insert("tool_calls".into(), Value::Array(calls));
    }
    fields.extend(more);
    add_options(&mut fields, &message.options)?;
    messages.push(Value::Object(fields));
    Ok(())
}

/// Text alone goes as a string: not every compatible server takes a list of parts.
fn plain_where_possible(content: Vec<Value>, calls: &[Value]) -> Value {
    if content.is_empty() && !calls.is_empty() {
        return Value::Null;
    }
    let texts: Option<String> = content
        .iter()
        .map(|part| part.get("text").and_then(Value::as_str))
        .collect();
    texts.map_or_else(|| Value::Array(content), Value::String)
}

fn picture(attachment: &Attachment) -> Result<Value, ChatError> {
    if !attachment.media_type.starts_with("image/") {
        return Err(invalid(format!(
            "chat completions take pictures only, not `{}`; send text as text",
            attachment.media_type
        )));
    }
    Ok(json!({ "type": "image_url", "image_url": { "url": data_url(attachment) } }))
}

fn tool_call(call: &ToolCall) -> Value {
    json!({
        "id": call.id,
        "type": "function",
        "function": { "name": call.name, "arguments": call.arguments_json },
    })
}

fn tool(tool: &Tool) -> Result<Value, ChatError> {
    let mut function = Map::new();
    function.insert("name".into(), json!(tool.name));
    function.insert("description".into(), json!(tool.description));
    function.insert("parameters".into(), parameters(tool)?);
    add_options(&mut function, &tool.options)?;
    Ok(json!({ "type": "function", "function": function }))
}
