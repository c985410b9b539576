//! Which version of each prompt, and which model, a run uses.

use std::collections::BTreeMap;
use std::sync::Arc;

use stepwell_contract::{Description, Digest, Name, PromptDeclaration, StepPath};
use stepwell_store::{Change, PinnedPrompt, PromptChange, PromptRecord, StoreError};

use crate::state::{House, PreparedRun};
use crate::words::{EngineError, RunError, prompt_name};

impl PreparedRun {
    /// Stores the intrinsic prompts of prompts that have no version, and pins what is current.
    pub(crate) async fn pin_prompts(
        &self,
        house: &House,
    ) -> Result<BTreeMap<StepPath, BTreeMap<String, PinnedPrompt>>, EngineError> {
        let mut pins: BTreeMap<StepPath, BTreeMap<String, PinnedPrompt>> = BTreeMap::new();
        for (step, description) in self.plan.steps.iter().zip(&self.descriptions) {
            let Some(description) = description else {
                continue;
            };
            for declaration in &description.prompts {
                let Some(stored) = step.prompts.get(&declaration.name).cloned() else {
                    continue;
                };
                let pin = match declare_prompt(house, &stored, declaration, description).await {
                    Ok(record) => current_pin(house, &record, declaration, &step.path).await?,
                    // The intrinsic prompt stands in for one whose own record can't be read (rule E28).
                    Err(EngineError::Store(StoreError::Unreadable { .. })) => {
                        let digest = Digest::of(&declaration.intrinsic);
                        let blob = Change::Blob(declaration.intrinsic.clone().into_bytes().into());
                        house.store.commit(vec![blob]).await?;
                        PinnedPrompt {
                            name: stored.to_string(),
                            number: 0,
                            digest,
                            unsaved: false,
                            other: Default::default(),
                        }
                    }
                    Err(error) => return Err(error),
                };
                pins.entry(step.path.clone())
                    .or_default()
                    .insert(declaration.name.clone(), pin);
            }
        }
        Ok(pins)
    }
}

/// Tells the store of a plugin's prompt, and gives the prompt as it is then.
pub(crate) async fn declare_prompt(
    house: &House,
    stored: &Name,
    declaration: &PromptDeclaration,
    description: &Description,
) -> Result<Arc<PromptRecord>, EngineError> {
    // Most runs change nothing: then there is no need to write.
    if let Some(record) = house.store.prompt(stored).await?
        && record.variables.as_deref() == Some(declaration.variables.as_slice())
        && record
            .versions
            .iter()
            // One that can't be read is mended by the declaration.
            .any(|version| version.content.as_ref() == Ok(&declaration.intrinsic))
        && !record.current_version().is_some_and(|current| {
            current.origin == stepwell_store::Origin::Intrinsic
                && current.content.as_ref() != Ok(&declaration.intrinsic)
        })
    {
        return Ok(record);
    }
    let change = PromptChange::Declare {
        name: stored.clone(),
        intrinsic: declaration.intrinsic.clone(),
        variables: declaration.variables.clone(),
        plugin: format!("{} {}", description.name, description.version),
        at: house.now(),
    };
    let committed = house.store.commit(vec![Change::Prompt(change)]).await?;
    committed.prompts.into_iter().next().ok_or_else(|| {
        StoreError::NoSuchPrompt {
            name: stored.clone(),
        }
        .into()
    })
}

/// The current version, if the plugin can fill it.
async fn current_pin(
    house: &House,
    record: &PromptRecord,
    declaration: &PromptDeclaration,
    step: &StepPath,
) -> Result<PinnedPrompt, EngineError> {
    let current = record.kept(record.current)?;
    let name = &record.name;
    let template = record.template(record.current)?;
    match house.misfit(template, &declaration.variables).await? {
        None => Ok(current.pinned(name)),
        Some(reason) => Err(RunError::PromptMisfit {
            prompt: name.to_string(),
            number: current.number,
            step: step.clone(),
            declared: declaration.name.clone(),
            reason,
        }
        .into()),
    }
}

impl House {
    /// The versions that are current now, or those that were asked for.
    pub(crate) async fn current_pins(
        &self,
        description: &stepwell_contract::Description,
        names: &BTreeMap<String, String>,
        wanted: &BTreeMap<String, u32>,
    ) -> Result<BTreeMap<String, PinnedPrompt>, EngineError> {
        let mut pins = BTreeMap::new();
        for declaration in &description.prompts {
            let Some(stored) = names.get(&declaration.name) else {
                continue;
            };
            let name = prompt_name(stored)?;
            let record = declare_prompt(self, &name, declaration, description).await?;
            let number = wanted
                .get(&declaration.name)
                .copied()
                .unwrap_or(record.current);
            // Nothing is asked by a text that can't be read.
            record.template(number)?;
            let pin = record.kept(number)?.pinned(&name);
            pins.insert(declaration.name.clone(), pin);
        }
        Ok(pins)
    }
}
