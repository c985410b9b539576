//! A request as the body of a POST to `interactions`.

use serde_json::{Map, Value, json};
use stepwell_contract::{ChatError, ChatRequest, Effort, Inference, Tool, ToolChoice};

use super::input;
use crate::ResolvedModel;
use crate::asking::{refuse_caching, refused};
use crate::wire::request::{add_options, join_options, json_of, parameters, refuse_closed};

/// Options that would go around the registry (another model, an agent), the request itself, the reader (no stream, a job in the
/// background) or the records (a conversation that only the server knows).
const CLOSED_OPTIONS: [&str; 12] = [
    "agent",
    "agent_config",
    "background",
    "continuation_token",
    "environment",
    "input",
    "model",
    "previous_interaction_id",
    "store",
    "stream",
    "system_instruction",
    "webhook_config",
];

/// What the format is called.
const FORMAT: &str = "the Interactions API";

pub(super) fn body(model: &ResolvedModel, request: &ChatRequest) -> Result<Vec<u8>, ChatError> {
    refuse_closed(&request.options, &CLOSED_OPTIONS)?;
    let said = input::of(&request.messages, &model.provider)?;
    let mut fields = Map::new();
    fields.insert("model".into(), json!(model.provider_model));
    if !said.system.is_empty() {
        fields.insert("system_instruction".into(), json!(said.system));
    }
    fields.insert("input".into(), said.steps.into());
    fields.insert("stream".into(), json!(true));
    // Nothing of a conversation is kept anywhere but here.
    fields.insert("store".into(), json!(false));
    if let Some(schema) = &request.answer_schema {
        let schema = json_of("answer-schema", schema)?;
        let format = json!({ "type": "text", "mime_type": "application/json", "schema": schema });
        fields.insert("response_format".into(), format);
    }
    if !request.tools.is_empty() {
        let tools = request.tools.iter().map(tool);
        fields.insert("tools".into(), tools.collect::<Result<_, _>>()?);
    }
    refuse_caching(&model.inference, FORMAT)?;
    let generation = generation(model, request)?;
    if !generation.is_empty() {
        fields.insert("generation_config".into(), generation.into());
    }
    join_options(&mut fields, &request.options)?;
    Ok(Value::Object(fields).to_string().into_bytes())
}

/// How the model is to answer.
fn generation(
    model: &ResolvedModel,
    request: &ChatRequest,
) -> Result<Map<String, Value>, ChatError> {
    let mut fields = Map::new();
    if let Some(most) = request.max_output_tokens.or(model.max_output_tokens) {
        fields.insert("max_output_tokens".into(), json!(most));
    }
    if let Some(temperature) = request.temperature {
        fields.insert("temperature".into(), json!(temperature));
    }
    if let Some(level) = level(&model.inference)? {
        fields.insert("thinking_level".into(), json!(level));
    }
    if !request.stop.is_empty() {
        fields.insert("stop_sequences".into(), json!(request.stop));
    }
    let choice = match &request.tool_choice {
        _ if request.tools.is_empty() => None,
        // As the model sees fit, which needs no saying.
        ToolChoice::Auto => None,
        ToolChoice::None => Some(json!("none")),
        ToolChoice::Required => Some(json!("any")),
        ToolChoice::Named(name) => {
            Some(json!({ "allowed_tools": { "mode": "any", "tools": [name] } }))
        }
    };
    if let Some(choice) = choice {
        fields.insert("tool_choice".into(), choice);
    }
    Ok(fields)
}

/// How much the model is to think.
fn level(inference: &Inference) -> Result<Option<&'static str>, ChatError> {
    if let Some(thinking) = inference.thinking {
        let helps = "say how much by `effort`, from `minimal` to `high`";
        return Err(refused("thinking", &thinking.to_string(), FORMAT, helps));
    }
    match inference.effort {
        Some(effort @ (Effort::None | Effort::Xhigh | Effort::Max)) => {
            let helps = "it has `minimal`, `low`, `medium` and `high`";
            let effort = json!(effort.word()).to_string();
            Err(refused("effort", &effort, FORMAT, helps))
        }
        effort => Ok(effort.map(Effort::word)),
    }
}

fn tool(tool: &Tool) -> Result<Value, ChatError> {
    let mut fields = Map::new();
    fields.insert("type".into(), json!("function"));
    fields.insert("name".into(), json!(tool.name));
    if !tool.description.is_empty() {
        fields.insert("description".into(), json!(tool.description));
    }
    fields.insert("parameters".into(), parameters(tool)?);
    add_options(&mut fields, &tool.options)?;
    Ok(Value::Object(fields))
}
