//! A request as the body of a POST to `messages`.

use serde_json::{Map, Value, json};
use stepwell_contract::{ChatError, Effort, Inference, Tool, ToolChoice};

use super::{conversation, marks, schema};
use crate::asking::{Asked, contradicts, refused};
use crate::wire::MANY_OUTPUT_TOKENS;
use crate::wire::request::{add_options, join_options, json_of, parameters, refuse_closed};

/// Options that would go around the registry (another model), the request itself or the reader (no stream).
const CLOSED_OPTIONS: [&str; 4] = ["messages", "model", "stream", "system"];

pub(super) fn body(asked: &Asked<'_>) -> Result<Vec<u8>, ChatError> {
    let Asked {
        request,
        model,
        repeats,
    } = asked;
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
    let mut output = Map::new();
    if let Some(wanted) = &request.answer_schema {
        let wanted = schema::closed(json_of("answer-schema", wanted)?);
        let format = json!({ "type": "json_schema", "schema": wanted });
        output.insert("format".into(), format);
    }
    let thought = Thought::of(&model.inference)?;
    if let Some(effort) = thought.effort {
        output.insert("effort".into(), json!(effort));
    }
    if !output.is_empty() {
        fields.insert("output_config".into(), output.into());
    }
    if let Some(kind) = thought.kind {
        fields.insert("thinking".into(), json!({ "type": kind }));
    }
    if !request.tools.is_empty() {
        let tools = request.tools.iter().map(tool);
        fields.insert("tools".into(), tools.collect::<Result<_, _>>()?);
        if let Some(choice) = choice(&request.tool_choice) {
            fields.insert("tool_choice".into(), choice);
        }
    }
    join_options(&mut fields, &request.options)?;
    check_temperature(&fields)?;
    marks::by_itself(&mut fields, model.inference.caching, *repeats);
    marks::check(&fields)?;
    Ok(Value::Object(fields).to_string().into_bytes())
}

/// What the format is called.
const FORMAT: &str = "the Messages API";

/// Refuses a temperature that the provider refuses: it knows none above 1, and no other than 1 where the model thinks.
fn check_temperature(fields: &Map<String, Value>) -> Result<(), ChatError> {
    let Some(temperature) = fields.get("temperature").and_then(Value::as_f64) else {
        return Ok(());
    };
    let shown = temperature.to_string();
    if temperature > 1.0 {
        let helps = "it takes one from 0 to 1";
        return Err(refused("temperature", &shown, FORMAT, helps));
    }
    let kind = fields.get("thinking").and_then(|it| it.get("type"));
    let thinks = kind.is_some_and(|kind| kind != "disabled");
    if thinks && temperature < 1.0 {
        let helps = "where the model thinks it takes 1 alone; leave `temperature` out, or set `thinking = false`";
        return Err(refused("temperature", &shown, FORMAT, helps));
    }
    Ok(())
}

/// What is said of thinking.
struct Thought {
    effort: Option<&'static str>,
    kind: Option<&'static str>,
}

impl Thought {
    fn of(inference: &Inference) -> Result<Self, ChatError> {
        let kind = inference.thinking.map(|thinks| match thinks {
            true => "adaptive",
            false => "disabled",
        });
        let (effort, kind) = match (inference.effort, kind) {
            (Some(Effort::None), None | Some("disabled")) => (None, Some("disabled")),
            (Some(Effort::None), _) => {
                return Err(contradicts("effort = \"none\"", "thinking = true"));
            }
            (Some(Effort::Minimal), _) => {
                let helps = "it has `low`, `medium`, `high`, `xhigh` and `max`";
                return Err(refused("effort", "\"minimal\"", FORMAT, helps));
            }
            (effort, kind) => (effort.map(Effort::word), kind),
        };
        Ok(Self { effort, kind })
    }
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
