//! A plugin alone: a workflow of that one step.

use std::path::Path;

use stepwell_contract::Description;
use stepwell_definition::OneStep;

use super::loading::require;
use crate::state::{House, Reach};
use crate::words::{DefinitionSource, EngineError, InputsOf, RunAlone, RunError};

/// The definition of a workflow of one step, as if it lay where the plugin's path begins.
pub(crate) async fn definition_alone(
    house: &House,
    reach: &Reach,
    request: &RunAlone,
) -> Result<DefinitionSource, EngineError> {
    let folder = request.folder.as_ref().map(Path::new);
    let folder = folder.unwrap_or(&house.project);
    let plugin = require(house, reach, &request.plugin, folder).await?;
    Ok(DefinitionSource {
        text: text_of(request, &plugin.description)?,
        file: Some(folder.join("step.toml").display().to_string()),
    })
}

/// Each input of the step is an input of the workflow.
fn text_of(request: &RunAlone, description: &Description) -> Result<String, EngineError> {
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
