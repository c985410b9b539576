//! Which version of each prompt, and which model, a run uses.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use stepwell_contract::{Description, Digest, Name, PromptDeclaration, RunId, StepPath};
use stepwell_store::{
    Change, PinnedPrompt, PluginVersion, PromptChange, PromptRecord, StoreError, would_change,
};

use crate::state::{House, PreparedRun};
use crate::words::{BroughtPrompt, EngineError, Event, RunError, prompt_name};

/// What a run uses of each prompt, and what is to be told of them.
#[derive(Debug, Default)]
pub(crate) struct Pinned {
    /// By the step's path, and the name that its plugin declares.
    pub(crate) pins: BTreeMap<StepPath, BTreeMap<String, PinnedPrompt>>,
    /// What plugins brought along that no run has told of yet.
    pub(crate) brought: Vec<BroughtPrompt>,
}

impl PreparedRun {
    /// Stores the intrinsic prompts of prompts that have no version, and pins what is current. In a house over a sketch of the store
    /// nothing is kept of it, and it is refused by the same words.
    pub(crate) async fn pin_prompts(&self, house: &House) -> Result<Pinned, EngineError> {
        let mut pinned = Pinned::default();
        for (step, stored, declaration, description) in self.declared() {
            let pin = match declare_prompt(house, stored, declaration, description).await {
                Ok(record) => {
                    let pin = current_pin(house, &record, declaration, step).await?;
                    pinned.brought.extend(brought(&record, &pin, step));
                    pin
                }
                // The intrinsic prompt stands in for one whose own record can't be read (rule E28).
                Err(EngineError::Store(StoreError::Unreadable { .. })) => {
                    intrinsic_pin(house, stored, declaration).await?
                }
                Err(error) => return Err(error),
            };
            let pins = pinned.pins.entry(step.clone()).or_default();
            pins.insert(declaration.name.clone(), pin);
        }
        Ok(pinned)
    }

    /// Pins the plugins' own texts, whatever is current. Nothing is stored but these texts.
    pub(crate) async fn pin_intrinsic(&self, house: &House) -> Result<Pinned, EngineError> {
        let mut pinned = Pinned::default();
        for (step, stored, declaration, _) in self.declared() {
            let pin = intrinsic_pin(house, stored, declaration).await?;
            let pins = pinned.pins.entry(step.clone()).or_default();
            pins.insert(declaration.name.clone(), pin);
        }
        Ok(pinned)
    }

    /// Every prompt that a step uses: the step, the name under which its versions are kept, and what its plugin says of it.
    fn declared(
        &self,
    ) -> impl Iterator<Item = (&StepPath, &Name, &PromptDeclaration, &Description)> {
        let steps = self.plan.steps.iter().zip(&self.descriptions);
        let described = steps.filter_map(|(step, plugin)| Some((step, plugin.as_deref()?)));
        described.flat_map(|(step, plugin)| {
            let declared = plugin.prompts.iter();
            declared.filter_map(move |declaration| {
                let stored = step.prompts.get(&declaration.name)?;
                Some((&step.path, stored, declaration, plugin))
            })
        })
    }
}

/// What is to be told of a prompt that a plugin has just declared; none where a run has told it already.
fn brought(record: &PromptRecord, pin: &PinnedPrompt, step: &StepPath) -> Option<BroughtPrompt> {
    let brought = record.intrinsic().filter(|brought| !brought.told)?;
    Some(BroughtPrompt {
        step: step.clone(),
        prompt: record.name.clone(),
        plugin: brought.plugin.to_string(),
        text: brought.digest,
        number: pin.number,
        is_used: pin.digest == brought.digest,
    })
}

/// Writes into a run's log what plugins brought along, each text once, and notes that it is told.
pub(crate) fn tell(house: &House, run: RunId, brought: Vec<BroughtPrompt>) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut told = BTreeSet::new();
    for brought in brought {
        if told.insert((brought.prompt.clone(), brought.text)) {
            changes.push(Change::Prompt(PromptChange::Told {
                name: brought.prompt.clone(),
                text: brought.text,
            }));
            changes.push(house.event(run, None, &Event::PromptBrought(brought)));
        }
    }
    changes
}

/// A plugin's own text, which is no version.
async fn intrinsic_pin(
    house: &House,
    stored: &Name,
    declaration: &PromptDeclaration,
) -> Result<PinnedPrompt, EngineError> {
    let digest = Digest::of(&declaration.intrinsic);
    let blob = Change::Blob(declaration.intrinsic.clone().into_bytes().into());
    house.store.commit(vec![blob]).await?;
    Ok(PinnedPrompt {
        name: stored.to_string(),
        number: 0,
        digest,
        unsaved: false,
        other: Default::default(),
    })
}

/// Tells the store of a plugin's prompt, and gives the prompt as it is then.
pub(crate) async fn declare_prompt(
    house: &House,
    stored: &Name,
    declaration: &PromptDeclaration,
    description: &Description,
) -> Result<Arc<PromptRecord>, EngineError> {
    let change = PromptChange::Declare {
        name: stored.clone(),
        intrinsic: declaration.intrinsic.clone(),
        variables: declaration.variables.clone(),
        plugin: PluginVersion {
            name: description.name.clone(),
            version: description.version.clone(),
        },
        at: house.now(),
    };
    // Most runs change nothing: then there is no need to write.
    if let Some(record) = house.store.prompt(stored).await?
        && !would_change(&record, &change)
    {
        return Ok(record);
    }
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
            prompt: name.clone(),
            number: current.number,
            step: step.clone(),
            declared: declaration.name.clone(),
            reason,
        }
        .into()),
    }
}

impl House {
    /// What a step is carried out with again: the versions that are current now, or those that were asked for; of all of them the
    /// plugin's own text where that is wanted.
    pub(crate) async fn current_pins(
        &self,
        step: &StepPath,
        description: &Description,
        names: &BTreeMap<String, String>,
        wanted: &WantedPrompts<'_>,
    ) -> Result<(BTreeMap<String, PinnedPrompt>, Vec<BroughtPrompt>), EngineError> {
        let (mut pins, mut news) = (BTreeMap::new(), Vec::new());
        for declaration in &description.prompts {
            let Some(stored) = names.get(&declaration.name) else {
                continue;
            };
            let name = prompt_name(stored)?;
            let numbers = match wanted {
                WantedPrompts::Intrinsic => {
                    let pin = intrinsic_pin(self, &name, declaration).await?;
                    pins.insert(declaration.name.clone(), pin);
                    continue;
                }
                WantedPrompts::Versions(numbers) => numbers,
            };
            let record = declare_prompt(self, &name, declaration, description).await?;
            let number = numbers.get(&declaration.name).copied();
            let number = number.unwrap_or(record.current);
            // Nothing is asked by a text that can't be read.
            record.template(number)?;
            let pin = record.kept(number)?.pinned(&name);
            news.extend(brought(&record, &pin, step));
            pins.insert(declaration.name.clone(), pin);
        }
        Ok((pins, news))
    }
}

/// Which texts of its prompts a step is to use.
#[derive(Debug)]
pub(crate) enum WantedPrompts<'a> {
    /// Those of its plugin, which are no versions.
    Intrinsic,
    /// These versions, by the names that the plugin declares; of the others the current ones.
    Versions(&'a BTreeMap<String, u32>),
}
