//! A plugin alone: a workflow of that one step.

use stepwell_definition::OneStep;

use crate::words::InputsOf;
use crate::words::RunError;
use crate::words::{EngineError, RunAlone};

/// The definition of a workflow of one step: each input of the step is an input of the workflow.
pub(crate) fn definition_of(
    request: &RunAlone,
    description: &stepwell_contract::Description,
) -> Result<String, EngineError> {
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
    let inputs: Vec<(&str, &str)> = description
        .inputs
        .iter()
        .filter(|field| field.required || request.inputs.contains_key(&field.name))
        .map(|field| (field.name.as_str(), field.description.as_str()))
        .collect();
    let definition = OneStep {
        id: name,
        uses: &request.plugin,
        inputs: &inputs,
        settings: &request.settings,
        grant_workspace: request.grant_workspace.as_deref(),
        grant_prompts: request.grant_prompts,
    };
    Ok(definition.to_toml().map_err(RunError::Setting)?)
}
