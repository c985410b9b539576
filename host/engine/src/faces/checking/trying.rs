//! `construct-prompt` tried on inputs: those that are given, and examples of the others.

use std::collections::BTreeMap;
use std::sync::Arc;

use stepwell_contract::{
    AttemptEnd, AttemptReport, Description, Environment, FindingCode, Grants, GuestAnswer,
    GuestCall, Limits, LoadError, LoadedPlugin, PluginFinding, PluginFindings, PluginPlace,
    TEMPLATE_INPUT, Text,
};
use stepwell_definition::{content_problems, example_inputs, example_settings};

use super::trial_host::{TrialHost, Unfilled};
use crate::faces::Operations;
use crate::words::{EngineError, InputsOf, PluginError, RunError};

/// What came of it.
#[derive(Default)]
pub(super) struct Tried {
    pub(super) prompt: Option<String>,
    pub(super) stderr: String,
    pub(super) findings: PluginFindings,
}

/// What it is tried with.
struct Trial {
    inputs: Vec<Text>,
    settings: BTreeMap<String, serde_json::Value>,
    /// Whether some of it is made up: then a no says little of the plugin.
    is_made_up: bool,
}

impl Operations {
    /// Makes sure that what is given are texts for inputs that there are: another one is a slip of whoever gave it, and no fault
    /// of the plugin.
    ///
    /// # Errors
    /// [`RunError::UnknownInput`], [`RunError::UnfitInput`].
    pub(super) async fn require_inputs(
        &self,
        description: &Description,
        given: &BTreeMap<String, String>,
    ) -> Result<(), EngineError> {
        let of = || InputsOf::Step(description.name.clone());
        let fields = &description.inputs;
        let mut contents = Vec::new();
        for (name, text) in given {
            let field = fields.iter().find(|field| field.name == *name);
            let field = field.ok_or_else(|| RunError::UnknownInput {
                of: of(),
                input: name.clone(),
                known: fields.iter().map(|field| field.name.clone()).collect(),
            })?;
            contents.push((field, text.as_str()));
        }
        let problems = content_problems(&contents, &*self.house.texts).await?;
        for ((field, _), problem) in contents.iter().zip(problems) {
            if let Some(reason) = problem {
                return Err(RunError::UnfitInput {
                    of: of(),
                    input: field.name.clone(),
                    reason,
                }
                .into());
            }
        }
        Ok(())
    }

    pub(super) async fn try_construct_prompt(
        &self,
        plugin: &LoadedPlugin,
        given: &BTreeMap<String, String>,
    ) -> Result<Tried, EngineError> {
        let mut tried = Tried::default();
        let trial = self.trial(plugin, given, &mut tried.findings).await?;
        let Some(trial) = trial else {
            return Ok(tried);
        };
        let is_made_up = trial.is_made_up;
        let (report, unfilled) = self.construct_prompt(plugin, trial).await?;
        match report.outcome {
            Ok(GuestAnswer::Prompt(prompt)) => tried.prompt = prompt,
            Ok(GuestAnswer::Documents(_)) => {}
            Err(AttemptEnd::Host { reason }) => {
                return Err(EngineError::Plugin {
                    uses: plugin.description.name.clone(),
                    error: PluginError::Load(LoadError::Host { reason }),
                });
            }
            Err(end) => {
                tried.stderr = report.stderr;
                tried.findings.add(finding(&end, is_made_up));
                let unfilled = unfilled.into_iter().map(never_filled);
                tried.findings.extend(unfilled);
            }
        }
        Ok(tried)
    }

    /// What it is tried with; none where something is missing.
    async fn trial(
        &self,
        plugin: &LoadedPlugin,
        given: &BTreeMap<String, String>,
        findings: &mut PluginFindings,
    ) -> Result<Option<Trial>, EngineError> {
        let description = &plugin.description;
        let texts = &*self.house.texts;
        let known: Vec<Text> = given
            .iter()
            .map(|(name, text)| Text::new(name, text))
            .collect();
        let (mut inputs, of_inputs) = example_inputs(description, &known, texts).await?;
        let (settings, of_settings) = example_settings(description, texts).await?;
        let is_made_up = inputs.len() > known.len() || !settings.is_empty();
        let missing: Vec<_> = [of_inputs, of_settings]
            .into_iter()
            .flat_map(PluginFindings::into_vec)
            .collect();
        let is_ready = missing.is_empty() && !findings.has_errors();
        findings.extend(missing);
        let template = description.prompts.first();
        inputs.extend(template.map(|prompt| Text::new(TEMPLATE_INPUT, &prompt.intrinsic)));
        Ok(is_ready.then_some(Trial {
            inputs,
            settings,
            is_made_up,
        }))
    }

    /// What came of it, and what its prompts weren't given meanwhile.
    async fn construct_prompt(
        &self,
        plugin: &LoadedPlugin,
        trial: Trial,
    ) -> Result<(AttemptReport, Vec<Unfilled>), EngineError> {
        let house = &self.house;
        let services = Arc::new(TrialHost::new(
            plugin.description.clone(),
            trial.settings,
            Arc::clone(&house.texts),
            house.now().to_string(),
        ));
        let environment = Environment {
            limits: Limits::of_looking(),
            grants: Grants::asked(&plugin.description.grants).0,
            started_at: house.now(),
            seed: [0; 32],
            step: plugin.description.name.clone(),
            copy: None,
            folders: Vec::new(),
        };
        let call = GuestCall::ConstructPrompt {
            inputs: trial.inputs,
            services: services.clone(),
        };
        // It was loaded a moment ago, and goes only where hundreds of others are loaded meanwhile.
        let _held = house.runner.hold(&plugin.digest);
        let report = house.runner.call(&plugin.digest, call, environment).await;
        Ok((report, services.unfilled()))
    }
}

/// What is to be said of an attempt that gave no prompt. What is against the contract is wrong whatever the inputs are, and so is a
/// step that breaks or doesn't end on texts that fit what it says of its inputs.
fn finding(end: &AttemptEnd, is_made_up: bool) -> PluginFinding {
    let code = FindingCode::ConstructPrompt;
    let place = PluginPlace::of(["construct-prompt"]);
    let breaks = matches!(end, AttemptEnd::Trap { .. } | AttemptEnd::Limit { .. });
    let is_wrong = matches!(
        end,
        AttemptEnd::ForbiddenImport { .. } | AttemptEnd::BadOutcome { .. }
    );
    if breaks && is_made_up {
        let told = end.of_looking();
        let message = format!("it breaks on examples of its inputs: {told}");
        return PluginFinding::error(code, place, message)
            .mended_by("fail with `invalid-input` where it can't work with a text; its schemas can have `examples` that it can work with");
    }
    if is_wrong || !is_made_up {
        return PluginFinding::error(code, place, end.of_looking());
    }
    let message = format!("it gives no prompt for examples of its inputs: {end}");
    PluginFinding::warning(code, place, message)
        .mended_by("give texts that it can work with, or its schemas `examples`")
}

/// A prompt can't be used whose plugin leaves out what it names.
fn never_filled(unfilled: Unfilled) -> PluginFinding {
    let Unfilled {
        prompt,
        line,
        variable,
    } = unfilled;
    let place = PluginPlace::of(["prompts", &prompt, "intrinsic"]).at(line, None);
    let message = format!("`construct-prompt` gives `{variable}` no value");
    PluginFinding::error(FindingCode::UnfilledPrompt, place, message).mended_by(format!(
        "fill `{variable}` in whatever the inputs are, or take it out of the prompt"
    ))
}
