//! Prompts as plugins declare them, before the store knows of them: what a run that uses them would store.
//!
//! Those of the built-in steps are known by themselves, others by the definitions that lie in the project.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use stepwell_contract::{Description, Field, Name, PromptDeclaration};
use stepwell_store::{PromptRecord, StoreError};

use super::Operations;
use crate::driving::{Asking, Meant, declare_prompt, load, prepare};
use crate::state::Reach;
use crate::words::EngineError;

/// A prompt, as it is stored or as a plugin declares it.
pub(super) struct KnownPrompt {
    pub(super) record: Arc<PromptRecord>,
    pub(super) stored: bool,
}

/// What a plugin says of one of its prompts.
pub(super) struct Declared {
    prompt: PromptDeclaration,
    plugin: Arc<Description>,
}

impl Declared {
    /// What a plugin says of the prompt of this name.
    pub(super) fn of(plugin: &Arc<Description>, name: &Name) -> Option<Self> {
        let mut prompts = plugin.prompts.iter();
        let prompt = prompts.find(|prompt| prompt.name == name.as_str())?;
        Some(Self {
            prompt: prompt.clone(),
            plugin: Arc::clone(plugin),
        })
    }

    /// The plugin's name.
    pub(super) fn plugin_name(&self) -> &str {
        &self.plugin.name
    }

    /// The variables that the plugin fills.
    pub(super) fn variables(&self) -> &[Field] {
        &self.prompt.variables
    }
}

impl Operations {
    /// A prompt that is stored, or that some plugin declares.
    pub(super) async fn known_prompt(&self, name: &Name) -> Result<KnownPrompt, EngineError> {
        if let Some(record) = self.house.store.prompt(name).await? {
            let stored = true;
            return Ok(KnownPrompt { record, stored });
        }
        let declared = self.declared(name).await;
        let declared = declared.ok_or_else(|| StoreError::NoSuchPrompt { name: name.clone() })?;
        Ok(KnownPrompt {
            record: self.as_declared(name, &declared).await?,
            stored: false,
        })
    }

    /// The prompt as it would be once a run used it; nothing is stored.
    pub(super) async fn as_declared(
        &self,
        name: &Name,
        declared: &Declared,
    ) -> Result<Arc<PromptRecord>, EngineError> {
        let sketch = self.house.sketch();
        declare_prompt(&sketch, name, &declared.prompt, &declared.plugin).await
    }

    /// Stores the plugin's own text as version 1.
    pub(super) async fn store_declared(
        &self,
        name: &Name,
        declared: &Declared,
    ) -> Result<Arc<PromptRecord>, EngineError> {
        declare_prompt(&self.house, name, &declared.prompt, &declared.plugin).await
    }

    /// Which plugin declares a prompt: a built-in one, or one of a definition that lies in the project.
    pub(super) async fn declared(&self, name: &Name) -> Option<Declared> {
        let builtin = self.declared_by_builtins().await.remove(name);
        match builtin {
            Some(declared) => Some(declared),
            None => self.declared_by_definitions(name).await,
        }
    }

    /// The prompts of the built-in steps, by their names. One that can't be loaded says so when it is used.
    pub(super) async fn declared_by_builtins(&self) -> BTreeMap<Name, Declared> {
        let mut found: BTreeMap<Name, Declared> = BTreeMap::new();
        let with_prompts = self.house.builtin.iter();
        let with_prompts = with_prompts.filter(|(_, step)| step.has_prompts);
        for (builtin, _) in with_prompts {
            let uses = format!("builtin:{builtin}");
            let loaded = load(
                &self.house,
                &Reach::Anywhere,
                &uses,
                Path::new("."),
                Meant::AsAgreed,
            )
            .await;
            let Ok(plugin) = loaded else {
                continue;
            };
            for prompt in &plugin.description.prompts {
                let Ok(name) = Name::new(prompt.name.as_str()) else {
                    continue;
                };
                let declared = Declared {
                    prompt: prompt.clone(),
                    plugin: Arc::clone(&plugin.description),
                };
                // Of two the step of the same name is meant, or else the first.
                if *builtin == prompt.name || !found.contains_key(&name) {
                    found.insert(name, declared);
                }
            }
        }
        found
    }

    /// The first step of a definition of the project whose prompt is kept under this name.
    async fn declared_by_definitions(&self, name: &Name) -> Option<Declared> {
        for view in self.definitions().await {
            let Ok(source) = self.definition(&view.file).await else {
                continue;
            };
            let prepared =
                prepare(&self.house, &self.reach, &source, None, Asking::Describing).await;
            // One that has mistakes says so when it is run.
            let Ok(prepared) = prepared else { continue };
            for (step, plugin) in prepared.plan.steps.iter().zip(&prepared.descriptions) {
                let Some(plugin) = plugin else { continue };
                let mut prompts = plugin.prompts.iter();
                let is_meant = |prompt: &&PromptDeclaration| {
                    step.prompts
                        .get(&prompt.name)
                        .is_some_and(|kept| kept == name)
                };
                if let Some(prompt) = prompts.find(is_meant) {
                    return Some(Declared {
                        prompt: prompt.clone(),
                        plugin: Arc::clone(plugin),
                    });
                }
            }
        }
        None
    }
}
