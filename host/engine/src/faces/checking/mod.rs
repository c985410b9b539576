//! A plugin looked into before it is used: by the rules by which it would be refused, by what it imports, and by its
//! `construct-prompt` on examples.
//!
//! The rules stand elsewhere: those of components in the sandbox, those of descriptions in the contract and the definition's crate.
//! Nothing is kept, and no model is asked.

mod reaching;
mod trial_host;
mod trying;

use std::path::PathBuf;

use stepwell_contract::{
    Ability, Description, Digest, Examined, FindingCode, Grants, LoadError, LoadedPlugin, Name,
    PluginFinding, PluginFindings, PluginPlace, WorkspaceGrant, amounts, most,
};
use stepwell_definition::{description_findings, filled_findings};
use stepwell_workers::off_the_workers;

use super::Operations;
use crate::driving::{Meant, require_bytes};
use crate::words::{CheckPlugin, CheckedPlugin, EngineError, PluginError};

impl Operations {
    pub(super) async fn check_plugin(
        &self,
        request: &CheckPlugin,
    ) -> Result<CheckedPlugin, EngineError> {
        let folder = request.folder.as_ref().map(PathBuf::from);
        let folder = folder.unwrap_or_else(|| self.house.project.clone());
        let (uses, meant) = (&request.uses, Meant::Named);
        let found = require_bytes(&self.house, &self.reach, uses, &folder, meant).await?;
        let (component, signed_by) = (found.component, found.signed_by);
        let Examined { anatomy, loaded } = self
            .house
            .examine_component(&request.uses, &component)
            .await;
        let bytes = component.bytes.len() as u64;
        let digest = off_the_workers(move || Digest::of(&component.bytes)).await;
        let mut checked = CheckedPlugin {
            uses: request.uses.clone(),
            digest,
            bytes,
            signed_by,
            contract: anatomy.contract,
            language: anatomy.language,
            producers: anatomy.producers,
            debug_names: anatomy.debug_names,
            reach: reaching::reach(&anatomy.imports),
            imports: anatomy.imports,
            description: None,
            prompt: None,
            stderr: None,
            findings: Vec::new(),
        };
        let mut findings = PluginFindings::default();
        match loaded {
            Ok(loaded) => {
                self.say_of(&loaded, request, &mut checked, &mut findings)
                    .await?;
            }
            Err(errors) => {
                self.say_why_not(errors, request, &mut checked, &mut findings)
                    .await?;
            }
        }
        checked.findings = findings.into_vec();
        Ok(checked)
    }

    /// What is to be said of a step that loads.
    async fn say_of(
        &self,
        loaded: &LoadedPlugin,
        request: &CheckPlugin,
        checked: &mut CheckedPlugin,
        findings: &mut PluginFindings,
    ) -> Result<(), EngineError> {
        let description = &loaded.description;
        *findings = description_findings(description, &*self.house.texts).await?;
        findings.extend(idle_grants(description, checked));
        findings.extend(self.shared_prompts(description).await);
        // What is wrong already would only be met once more.
        if !findings.has_errors() {
            self.require_inputs(description, &request.inputs).await?;
            let filled = filled_findings(description, &*self.house.texts).await?;
            findings.join(filled);
            let tried = self.try_construct_prompt(loaded, &request.inputs).await?;
            checked.prompt = tried.prompt;
            checked.stderr = shown(&tried.stderr);
            findings.join(tried.findings);
        }
        checked.description = Some(description.clone());
        Ok(())
    }

    /// Everything for which a component can't be a step.
    async fn say_why_not(
        &self,
        errors: Vec<LoadError>,
        request: &CheckPlugin,
        checked: &mut CheckedPlugin,
        findings: &mut PluginFindings,
    ) -> Result<(), EngineError> {
        for error in errors {
            match error {
                error @ LoadError::Host { .. } => {
                    return Err(EngineError::Plugin {
                        uses: request.uses.clone(),
                        error: PluginError::Load(error),
                    });
                }
                LoadError::BadDescription(bad) => {
                    let all = description_findings(&bad.description, &*self.house.texts).await?;
                    findings.join(all);
                    checked.description = Some(bad.description);
                }
                error => {
                    if let LoadError::Describe(failed) = &error {
                        checked.stderr = shown(&failed.stderr);
                    }
                    findings.extend(error.findings());
                }
            }
        }
        Ok(())
    }
}

impl Operations {
    /// Prompts that have the name of one of a built-in step: a project keeps the versions of both together.
    async fn shared_prompts(&self, description: &Description) -> Vec<PluginFinding> {
        if description.prompts.is_empty() {
            return Vec::new();
        }
        let of_builtins = self.declared_by_builtins().await;
        let prompts = description.prompts.iter();
        let shared = prompts.filter_map(|prompt| {
            let name = Name::new(prompt.name.as_str()).ok()?;
            let other = of_builtins.get(&name)?.plugin_name();
            (other != description.name).then(|| shared_prompt(&prompt.name, other))
        });
        shared.collect()
    }
}

fn shared_prompt(prompt: &str, builtin: &str) -> PluginFinding {
    let message = format!(
        "the built-in step `{builtin}` has a prompt `{prompt}`, too: a project that uses both keeps their versions together"
    );
    let place = PluginPlace::of(["prompts", prompt]);
    PluginFinding::warning(FindingCode::SharedPrompt, place, message).mended_by(format!(
        "give it another name; a definition can keep them apart, too: `prompts.{prompt} = \"another_name\"`"
    ))
}

/// What a guest wrote, where it wrote something: the end of it.
fn shown(stderr: &str) -> Option<String> {
    let stderr = stderr.trim();
    (!stderr.is_empty()).then(|| amounts::ending(stderr, most::MESSAGE).into_owned())
}

/// Grants that a plugin needs and has no function for.
fn idle_grants(description: &Description, checked: &CheckedPlugin) -> Vec<PluginFinding> {
    let (needed, _) = Grants::asked(&description.grants);
    let can = |ability: Ability| checked.reach.iter().any(|it| it.ability == ability);
    let by_workspace = match needed.workspace {
        WorkspaceGrant::None => None,
        WorkspaceGrant::Read => Some(Ability::ReadsFiles),
        WorkspaceGrant::Write => Some(Ability::WritesFiles),
        WorkspaceGrant::Copy => Some(Ability::UsesFolders),
    };
    let wanted = [
        ("workspace", by_workspace),
        (
            "prompts",
            needed.prompts_write.then_some(Ability::WritesPrompts),
        ),
        ("clock", needed.real_clock.then_some(Ability::ReadsClock)),
    ];
    let idle = wanted.into_iter().filter(|(_, ability)| {
        let ability = ability.clone();
        ability.is_some_and(|ability| !can(ability))
    });
    let finding = |(grant, _)| {
        let message =
            format!("it needs `grants.{grant}`, and imports no function that could use it");
        let place = PluginPlace::of(["grants", grant]);
        PluginFinding::warning(FindingCode::IdleGrant, place, message)
            .mended_by("don't ask for it, or import what uses it")
    };
    idle.map(finding).collect()
}
