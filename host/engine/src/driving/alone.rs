//! A plugin alone: a workflow of that one step.

use std::fmt::Write as _;

use crate::words::InputsOf;
use crate::words::RunError;
use crate::words::{EngineError, RunAlone};

/// The definition of a workflow of one step: each input of the step is an input of the workflow.
pub(crate) fn definition_of(
    request: &RunAlone,
    description: &stepwell_contract::Description,
) -> Result<String, EngineError> {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let name = &description.name;
    let known: Vec<_> = description
        .inputs
        .iter()
        .map(|field| field.name.as_str())
        .collect();
    if let Some(unknown) = request
        .inputs
        .keys()
        .find(|input| !known.contains(&input.as_str()))
    {
        return Err(RunError::UnknownInput {
            of: InputsOf::Step(name.clone()),
            input: unknown.clone(),
            known: known.iter().map(|name| (*name).to_owned()).collect(),
        }
        .into());
    }
    let mut text = format!("name = {}\n", quoted(name));
    let given = |field: &&stepwell_contract::Field| {
        field.required || request.inputs.contains_key(&field.name)
    };
    for field in description.inputs.iter().filter(given) {
        let _ = write!(
            text,
            "\n[inputs.{}]\ndescription = {}\n",
            field.name,
            quoted(&field.description)
        );
    }
    let _ = write!(
        text,
        "\n[[steps]]\nid = {}\nuses = {}\n",
        quoted(name),
        quoted(&request.plugin)
    );
    for field in description.inputs.iter().filter(given) {
        let _ = writeln!(text, "inputs.{0} = \"{{{{ inputs.{0} }}}}\"", field.name);
    }
    for (key, value) in &request.settings {
        let value = toml_value(value).ok_or_else(|| RunError::NullSetting { name: key.clone() })?;
        let _ = writeln!(text, "settings.{key} = {value}");
    }
    if let Some(grant) = &request.grant_workspace {
        let _ = writeln!(text, "grants.workspace = {}", quoted(grant));
    }
    if request.grant_prompts {
        text.push_str("grants.prompts = \"write\"\n");
    }
    Ok(text)
}

/// A JSON value as TOML writes it inline. TOML's basic strings take the escapes of JSON.
fn toml_value(value: &serde_json::Value) -> Option<String> {
    use serde_json::Value;
    Some(match value {
        Value::Null => return None,
        Value::Array(items) => {
            let items: Option<Vec<_>> = items.iter().map(toml_value).collect();
            format!("[{}]", items?.join(", "))
        }
        Value::Object(fields) => {
            let fields: Option<Vec<_>> = fields
                .iter()
                .map(|(key, value)| {
                    Some(format!(
                        "{} = {}",
                        Value::from(key.as_str()),
                        toml_value(value)?
                    ))
                })
                .collect();
            format!("{{ {} }}", fields?.join(", "))
        }
        other => other.to_string(),
    })
}
