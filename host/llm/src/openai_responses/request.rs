//! A request as the body of a POST to `responses`.

use serde_json::{Map, Value, json};
use stepwell_contract::{ChatError, ChatRequest, Tool, ToolChoice};

use super::input;
use crate::ResolvedModel;
use crate::asking::{openai_effort, refuse_caching};
use crate::wire::Manner;
use crate::wire::request::{
    add_options, invalid, join_options, json_of, parameters, refuse_closed,
};

/// Options that would go around the registry (another model), the request itself, the reader (no stream, a job in the background)
/// or the records (a conversation that only the server knows).
const CLOSED_OPTIONS: [&str; 8] = [
    "background",
    "conversation",
    "input",
    "model",
    "previous_response_id",
    "prompt",
    "store",
    "stream",
];

/// What the format is called.
const FORMAT: &str = "the Responses API";

pub(super) fn body(
    model: &ResolvedModel,
    request: &ChatRequest,
    manner: Manner,
) -> Result<Vec<u8>, ChatError> {
    refuse_closed(&request.options, &CLOSED_OPTIONS)?;
    if !request.stop.is_empty() {
        return Err(invalid(
            "the Responses API knows no texts that end an answer: leave `stop` out, or use a model of another wire format",
        ));
    }
    let mut fields = Map::new();
    fields.insert("model".into(), json!(model.provider_model));
    let items = input::of(&request.messages, &model.provider)?;
    fields.insert("input".into(), items.into());
    fields.insert("stream".into(), json!(true));
    // Nothing of a conversation is kept anywhere but here, so that reasoning has to come back with it.
    fields.insert("store".into(), json!(false));
    if !manner.no_reasoning_back {
        let include = json!(["reasoning.encrypted_content"]);
        fields.insert("include".into(), include);
    }
    if let Some(most) = request.max_output_tokens.or(model.max_output_tokens) {
        fields.insert("max_output_tokens".into(), json!(most));
    }
    if let Some(temperature) = request.temperature {
        fields.insert("temperature".into(), json!(temperature));
    }
    refuse_caching(&model.inference, FORMAT)?;
    if let Some(effort) = openai_effort(&model.inference, FORMAT)? {
        fields.insert("reasoning".into(), json!({ "effort": effort }));
    }
    if let Some(schema) = &request.answer_schema {
        let schema = json_of("answer-schema", schema)?;
        let format = json!({ "type": "json_schema", "name": "answer", "schema": schema });
        fields.insert("text".into(), json!({ "format": format }));
    }
    if !request.tools.is_empty() {
        let tools = request.tools.iter().map(tool);
        fields.insert("tools".into(), tools.collect::<Result<_, _>>()?);
        if let Some(choice) = choice(&request.tool_choice) {
            fields.insert("tool_choice".into(), choice);
        }
    }
    join_options(&mut fields, &request.options)?;
    Ok(Value::Object(fields).to_string().into_bytes())
}

fn tool(tool: &Tool) -> Result<Value, ChatError> {
    let mut fields = Map::new();
    fields.insert("type".into(), json!("function"));
    fields.insert("name".into(), json!(tool.name));
    if !tool.description.is_empty() {
        fields.insert("description".into(), json!(tool.description));
    }
    fields.insert("parameters".into(), parameters(tool)?);
    // Otherwise a schema that isn't written for it is refused.
    fields.insert("strict".into(), json!(false));
    add_options(&mut fields, &tool.options)?;
    Ok(Value::Object(fields))
}

/// None where it is as the model sees fit, which needs no saying.
fn choice(choice: &ToolChoice) -> Option<Value> {
    Some(match choice {
        ToolChoice::Auto => return None,
        ToolChoice::None => json!("none"),
        ToolChoice::Required => json!("required"),
        ToolChoice::Named(name) => json!({ "type": "function", "name": name }),
    })
}
