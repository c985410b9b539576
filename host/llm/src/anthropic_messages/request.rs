//! A request as the body of a POST to `messages`.

use serde_json::{Map, Value, json};
use stepwell_contract::{ChatError, ChatRequest, Tool, ToolChoice};

use super::{conversation, marks, schema};
use crate::ResolvedModel;
use crate::wire::MANY_OUTPUT_TOKENS;
use crate::wire::request::{add_options, join_options, json_of, parameters, refuse_closed};

/// Options that would go around the registry (another model), the request itself or the reader (no stream).
const CLOSED_OPTIONS: [&str; 4] = ["messages", "model", "stream", "system"];

pub(super) fn body(model: &ResolvedModel, request: &ChatRequest) -> Result<Vec<u8>, ChatError> {
    refuse_closed(&request.options, &CLOSED_OPTIONS)?;
    let most = request.max_output_tokens.or(model.max_output_tokens);
    let conversation = conversation::of(&request.messages, &model.provider)?;
    let mut fields = Map::new();
    fields.insert("model".into(), json!(model.provider_model));
    fields.insert(
        "max_tokens".into(),
        json!(most.unwrap_or(MANY_OUTPUT_TOKENS)),
    );
    fields.insert("stream".into(), json!(true));
    if !conversation.system.is_empty() {
        fields.insert("system".into(), conversation.system.into());
    }
    fields.insert("messages".into(), conversation.messages.into());
    if let Some(temperature) = request.temperature {
        fields.insert("temperature".into(), json!(temperature));
    }
    if !request.stop.is_empty() {
        fields.insert("stop_sequences".into(), json!(request.stop));
    }
    if let Some(wanted) = &request.answer_schema {
        let wanted = schema::closed(json_of("answer-schema", wanted)?);
        let format = json!({ "format": { "type": "json_schema", "schema": wanted } });
        fields.insert("output_config".into(), format);
    }
    if !request.tools.is_empty() {
        let tools = request.tools.iter().map(tool);
        fields.insert("tools".into(), tools.collect::<Result<_, _>>()?);
        if let Some(choice) = choice(&request.tool_choice) {
            fields.insert("tool_choice".into(), choice);
        }
    }
    join_options(&mut fields, &request.options)?;
    marks::check(&fields)?;
    Ok(Value::Object(fields).to_string().into_bytes())
}

fn tool(tool: &Tool) -> Result<Value, ChatError> {
    let mut fields = Map::new();
    fields.insert("name".into(), json!(tool.name));
    if !tool.description.is_empty() {
        fields.insert("description".into(), json!(tool.description));
    }
    fields.insert("input_schema".into(), parameters(tool)?);
    add_options(&mut fields, &tool.options)?;
    Ok(Value::Object(fields))
}

/// None where it is as the model sees fit, which needs no saying.
fn choice(choice: &ToolChoice) -> Option<Value> {
    Some(match choice {
        ToolChoice::Auto => return None,
        ToolChoice::None => json!({ "type": "none" }),
        ToolChoice::Required => json!({ "type": "any" }),
        ToolChoice::Named(name) => json!({ "type": "tool", "name": name }),
    })
}
