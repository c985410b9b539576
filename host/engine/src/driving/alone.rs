//! A plugin alone, or a step of a definition: a workflow of that one step.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use stepwell_contract::{Description, Name};
use stepwell_definition::{
    InsteadOfOthers, OneStep, PlannedStep, Reference, step_alone, written_steps,
};

use super::asking::Asking;
use super::meant::Meant;
use super::preparing::prepare;
use super::required::require;
use crate::state::{House, Reach, most_bytes};
use crate::words::{DefinitionSource, EngineError, InputsOf, RunAlone, RunError, RunStepAlone};

/// The definition of a workflow of one step, as if it lay where the plugin's path begins.
pub(crate) async fn definition_alone(
    house: &House,
    reach: &Reach,
    request: &RunAlone,
) -> Result<DefinitionSource, EngineError> {
    let folder = request.folder.as_ref().map(Path::new);
    let folder = folder.unwrap_or(&house.project);
    let plugin = require(house, reach, &request.plugin, folder, Meant::AsAgreed).await?;
    Ok(DefinitionSource {
        text: text_of(request, &plugin.description)?,
        file: Some(folder.join("step.toml").display().to_string()),
    })
}

/// The definition of a workflow of one step of a definition, with all that is said of it there. What the step would be given by
/// others is an input of the workflow.
///
/// # Errors
/// As [`prepare`]; `RunError` for a step that isn't there or has no work of its own, and for an input that neither has.
pub(crate) async fn step_of_definition(
    house: &House,
    reach: &Reach,
    request: &RunStepAlone,
    asking: Asking,
) -> Result<DefinitionSource, EngineError> {
    let source = &request.definition;
    let prepared = prepare(house, reach, source, request.model.as_deref(), asking).await?;
    let index = prepared.require_step(&request.step)?;
    let step = &prepared.plan.steps[index];
    if step.uses.is_none() {
        return Err(RunError::NoOwnWork {
            step: request.step.clone(),
        }
        .into());
    }
    let workflow: BTreeSet<&str> = prepared.plan.inputs.keys().map(Name::as_str).collect();
    check_given(request, step, &workflow)?;
    let asked = Asked::of(house, request, step, &workflow).await;
    let text = step_alone(&source.text, &request.step, &asked.instead, &asked.kept);
    let text = text.ok_or_else(|| EngineError::Bug {
        reason: format!("step `{}` can't be written down alone", request.step),
    })?;
    Ok(DefinitionSource {
        text,
        file: source.file.clone(),
    })
}

/// What is given is an input of the step, or of the workflow that it stands in.
fn check_given(
    request: &RunStepAlone,
    step: &PlannedStep,
    workflow: &BTreeSet<&str>,
) -> Result<(), RunError> {
    let own = |name: &str| step.inputs.iter().any(|(own, _)| own.as_str() == name);
    let mut given = request.inputs.keys();
    let Some(unknown) = given.find(|name| !own(name) && !workflow.contains(name.as_str())) else {
        return Ok(());
    };
    let known = step.inputs.iter().map(|(name, _)| name.to_string());
    Err(RunError::UnknownInput {
        of: InputsOf::Step(request.step.to_string()),
        input: unknown.clone(),
        known: known.collect(),
    })
}

/// What a workflow of one step asks for.
#[derive(Default)]
struct Asked {
    /// By the step's input: what others would give it.
    instead: BTreeMap<String, InsteadOfOthers>,
    /// Inputs of the workflow that the step is from.
    kept: BTreeSet<String>,
}

impl Asked {
    async fn of(
        house: &House,
        request: &RunStepAlone,
        step: &PlannedStep,
        workflow: &BTreeSet<&str>,
    ) -> Self {
        let written = written_steps(&request.definition.text).remove(&request.step);
        let written = written.unwrap_or_default().inputs;
        let mut asked = Self::default();
        for (name, template) in &step.inputs {
            let name = name.as_str();
            let from_others = template
                .references()
                .iter()
                .any(|(reference, _)| !matches!(reference, Reference::Input(_)));
            let is_given = request.inputs.contains_key(name) && !workflow.contains(name);
            if from_others || is_given {
                let from = written.get(name).map_or("", String::as_str);
                let what = format!("in the workflow it comes from `{}`", from.trim());
                // What is said there for the case that nobody has written anything holds here.
                let nothing = |_: &Reference| None;
                let most = most_bytes(&step.limits);
                let otherwise = template.render(&nothing, &*house.texts, most).await.ok();
                let instead = InsteadOfOthers { what, otherwise };
                asked.instead.insert(name.to_owned(), instead);
            } else {
                let references = template.references().iter();
                let inputs = references.filter_map(|(reference, _)| match reference {
                    Reference::Input(name) => Some(name.to_string()),
                    _ => None,
                });
                asked.kept.extend(inputs);
            }
        }
        asked
    }
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
        grant_http: &request.grant_http,
    };
    Ok(definition.to_toml().map_err(RunError::Setting)?)
}
