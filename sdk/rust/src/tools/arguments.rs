//! What a call says, and what a tool says that it takes.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Refusal;
use crate::chat::Tool;

/// Names that a refusal tells, and how long each may be: the model's own words go back to it.
const NAMED: usize = 5;
const LONGEST: usize = 60;

/// The arguments of a call, as the model wrote them; none at all where it wrote nothing.
pub(super) fn read(json: &str) -> Result<Value, Refusal> {
    match json.trim() {
        "" => Ok(Value::Null),
        json => serde_json::from_str(json)
            .map_err(|error| Refusal::of(format!("the arguments are no JSON: {error}"))),
    }
}

/// Refuses what a tool doesn't take: carried out without it, the call would be another one than was meant.
pub(super) fn check(tool: &Tool, arguments: &Value) -> Result<(), Refusal> {
    let schema: Value = serde_json::from_str(&tool.parameters_schema).unwrap_or_default();
    let (Some(taken), Some(given)) = (schema["properties"].as_object(), arguments.as_object())
    else {
        return Ok(());
    };
    let taken: BTreeSet<&String> = taken.keys().collect();
    let given: BTreeSet<&String> = given.keys().collect();
    let unknown: Vec<&&String> = given.difference(&taken).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let quoted = |name: &&String| format!("`{}`", cut(name));
    let told: Vec<String> = unknown
        .iter()
        .take(NAMED)
        .map(|name| quoted(name))
        .collect();
    let more = match unknown.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let taken: Vec<String> = taken.iter().map(quoted).collect();
    Err(Refusal::of(format!(
        "nothing was done: `{}` has no argument {}{more}; it has {}",
        tool.name,
        told.join(", "),
        taken.join(", ")
    )))
}

fn cut(name: &str) -> String {
    match name.char_indices().nth(LONGEST) {
        None => name.to_owned(),
        Some((end, _)) => format!("{}…", &name[..end]),
    }
}

/// A text among the arguments.
pub(super) fn text<'a>(arguments: &'a Value, name: &str) -> Result<&'a str, Refusal> {
    arguments[name]
        .as_str()
        .ok_or_else(|| Refusal::of(format!("it lacks `{name}`, a string")))
}

/// A number among the arguments, from 1; models also write it as a text.
pub(super) fn number(arguments: &Value, name: &str) -> Result<Option<usize>, Refusal> {
    let given = &arguments[name];
    let read = match given {
        Value::Null => return Ok(None),
        Value::String(text) => text.trim().parse().ok(),
        other => other
            .as_u64()
            .and_then(|number| usize::try_from(number).ok()),
    };
    match read {
        Some(number @ 1..) => Ok(Some(number)),
        _ => Err(Refusal::of(format!(
            "`{name}` is no whole number from 1 on"
        ))),
    }
}

/// A yes or no among the arguments, which is no where it isn't given; models also write it as a text.
pub(super) fn flag(arguments: &Value, name: &str) -> Result<bool, Refusal> {
    match &arguments[name] {
        Value::Null => Ok(false),
        Value::Bool(given) => Ok(*given),
        Value::String(text) if text == "true" => Ok(true),
        Value::String(text) if text == "false" => Ok(false),
        _ => Err(Refusal::of(format!("`{name}` is neither true nor false"))),
    }
}

/// A tool whose parameters are these, each with what it is; those of `required` have to be given.
pub(super) fn tool(
    name: &str,
    description: &str,
    parameters: &[(&str, &str, &str)],
    required: &[&str],
) -> Tool {
    let properties: serde_json::Map<String, Value> = parameters
        .iter()
        .map(|(name, kind, about)| {
            let schema = serde_json::json!({ "type": kind, "description": about });
            ((*name).to_owned(), schema)
        })
        .collect();
    let schema = serde_json::json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    });
    Tool {
        name: name.to_owned(),
        description: description.to_owned(),
        parameters_schema: schema.to_string(),
        options: Vec::new(),
    }
}
