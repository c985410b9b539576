//! A workflow from the JSON of one of its runs: everything that a run is begun with, but for plugins that are files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;
use stepwell_contract::{Publish, Uses};
use stepwell_engine::{DefinitionSource, StepView};
use stepwell_workers::read_given_text;

use super::texts;
use super::workflow::Workflow;
use crate::errors::{CommandError, RunGivenError};
use crate::remedy::GivenFile;
use crate::wiring::Context;

/// A larger file is no run.
const LARGEST: u64 = 256 << 20;

/// What of a run's JSON says how it was begun.
#[derive(Deserialize)]
struct Begun {
    workflow: String,
    inputs: BTreeMap<String, String>,
    #[serde(default)]
    replayed: bool,
    definition_file: Option<String>,
    #[serde(default)]
    definition_text: Option<String>,
    /// The branch that has what it wrote, whatever is said of it here.
    #[serde(default)]
    branch: Option<serde::de::IgnoredAny>,
    steps: Vec<StepView>,
}

/// The workflow that the JSON of a run holds. What a plugin's path is relative to is the folder of the JSON now.
pub(super) fn workflow_of(from: &Path, context: &Context) -> Result<Workflow, CommandError> {
    let text = match from == Path::new("-") {
        true => texts::file_or_input(from, GivenFile::RunJson)?,
        false => read_given_text(from, LARGEST)
            .map_err(CommandError::unread(from, Some(GivenFile::RunJson)))?,
    };
    let begun: Begun = serde_json::from_str(&text).map_err(|error| RunGivenError::NoJson {
        path: from.to_owned(),
        reason: error.to_string(),
    })?;
    let Some(definition) = begun.definition_text else {
        let path = from.to_owned();
        return Err(RunGivenError::NoDefinition { path }.into());
    };
    let file = context.start.join(from);
    let folder = match from == Path::new("-") {
        true => context.start.as_path(),
        false => file.parent().unwrap_or(&context.start),
    };
    let steps = all(&begun.steps);
    plugins_are_there(&steps, folder)?;
    let models: BTreeSet<&str> = steps
        .iter()
        .filter_map(|step| step.model.as_deref())
        .collect();
    // Where all steps had the same model it was chosen for all, or it is the default. Recorded answers have no models.
    let model = models
        .first()
        .filter(|_| models.len() == 1 && !begun.replayed);
    let named = begun.definition_file.as_deref().map(Path::new);
    let named = named.and_then(|file| Some(file.file_name()?.to_string_lossy().into_owned()));
    let named = named.unwrap_or_else(|| format!("{}.toml", begun.workflow));
    Ok(Workflow {
        definition: DefinitionSource {
            text: definition,
            file: Some(folder.join(named).display().to_string()),
        },
        inputs: begun.inputs,
        publish: Some(match begun.branch {
            Some(_) => Publish::Branch,
            None => Publish::Files,
        }),
        model: model.map(|model| (*model).to_owned()),
    })
}

/// The steps, each before its sub-steps.
fn all(steps: &[StepView]) -> Vec<&StepView> {
    let each = steps.iter();
    each.flat_map(|step| std::iter::once(step).chain(all(&step.steps)))
        .collect()
}

/// Plugins that are files aren't in the JSON of a run.
fn plugins_are_there(steps: &[&StepView], folder: &Path) -> Result<(), RunGivenError> {
    let missing = steps.iter().find_map(|step| {
        let uses = step.uses.as_deref()?;
        (Uses::of(uses).is_path() && !step.optional && !folder.join(uses).exists())
            .then_some((step, uses))
    });
    let Some((step, uses)) = missing else {
        return Ok(());
    };
    Err(RunGivenError::NoPlugin {
        uses: uses.to_owned(),
        step: step.path.clone(),
        path: folder.join(uses),
        digest: step.plugin.map(|digest| digest.to_string()),
    })
}
