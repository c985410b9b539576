//! The steps that stand before the one that is tested: they do nothing but write the documents of the case.
//!
//! They are no components, and need no sandbox: the stage knows them by how their bytes begin, and hands all others on.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use stepwell_contract::{
    AttemptReport, ComponentBytes, Description, Digest, Environment, Field, GuestAnswer, GuestCall,
    Held, LoadError, LoadedPlugin, StepRunner, TellCompiling, Text, component_of,
};

/// How the bytes of such a step begin; no component does.
const MARK: &[u8] = b"stepwell-test-step\n";

/// A step that writes these documents.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Before {
    description: Description,
    documents: Vec<Text>,
}

impl Before {
    /// One that writes these documents, and may be given inputs of these names.
    pub(crate) fn new(documents: &BTreeMap<String, String>, inputs: &[String]) -> Self {
        let field = |name: &String, required| Field {
            name: name.clone(),
            required,
            ..Field::default()
        };
        Self {
            description: Description {
                name: "before".into(),
                version: "1.0.0".into(),
                inputs: inputs.iter().map(|name| field(name, false)).collect(),
                documents: documents.keys().map(|name| field(name, true)).collect(),
                ..Description::default()
            },
            documents: documents
                .iter()
                .map(|(name, text)| Text::new(name, text))
                .collect(),
        }
    }

    /// What stands for its component.
    pub(crate) fn component(&self) -> Arc<[u8]> {
        let said = serde_json::to_vec(self).unwrap_or_default();
        [MARK, &said].concat().into()
    }

    fn read(component: &[u8]) -> Option<Self> {
        serde_json::from_slice(component.strip_prefix(MARK)?).ok()
    }
}

/// A runner that knows such steps, and hands all others on.
pub(crate) struct Stage {
    others: Arc<dyn StepRunner>,
    before: Mutex<BTreeMap<Digest, Before>>,
}

impl Stage {
    pub(crate) fn before(others: Arc<dyn StepRunner>) -> Self {
        Self {
            others,
            before: Mutex::default(),
        }
    }

    fn known(&self, plugin: &Digest) -> Option<Before> {
        let before = self.before.lock().unwrap_or_else(PoisonError::into_inner);
        before.get(plugin).cloned()
    }

    /// The step that these bytes stand for, where it is one of those.
    fn loaded(&self, component: &[u8]) -> Option<LoadedPlugin> {
        let step = Before::read(component)?;
        let digest = Digest::of(component);
        let description = step.description.clone();
        let mut before = self.before.lock().unwrap_or_else(PoisonError::into_inner);
        before.insert(digest, step);
        Some(LoadedPlugin {
            digest,
            description,
        })
    }
}

#[async_trait]
impl StepRunner for Stage {
    async fn load_telling(
        &self,
        component: Arc<[u8]>,
        compiling: &TellCompiling<'_>,
    ) -> Result<LoadedPlugin, LoadError> {
        match self.loaded(&component) {
            Some(loaded) => Ok(loaded),
            None => self.others.load_telling(component, compiling).await,
        }
    }

    async fn load_known(
        &self,
        digest: Digest,
        component: &ComponentBytes<'_>,
    ) -> Result<LoadedPlugin, LoadError> {
        if self.known(&digest).is_some() {
            return self.load(component_of(digest, component)?).await;
        }
        self.others.load_known(digest, component).await
    }

    fn hold(&self, plugin: &Digest) -> Option<Held> {
        match self.known(plugin) {
            Some(_) => Some(Arc::new(())),
            None => self.others.hold(plugin),
        }
    }

    async fn call(
        &self,
        plugin: &Digest,
        call: GuestCall,
        environment: Environment,
    ) -> AttemptReport {
        let Some(before) = self.known(plugin) else {
            return self.others.call(plugin, call, environment).await;
        };
        AttemptReport {
            outcome: Ok(match call {
                GuestCall::ConstructPrompt { .. } => GuestAnswer::Prompt(None),
                _ => GuestAnswer::Documents(before.documents),
            }),
            cpu: Duration::ZERO,
            wall: Duration::ZERO,
            memory: 0,
            host_calls: 0,
            stderr: String::new(),
        }
    }
}
