//! Components that are loaded, and loaded again where they were let go of.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use stepwell_contract::{Compiling, Description, Digest, Field, Held, LoadError};
use stepwell_store::PinnedPlugin;
use stepwell_workers::{LargeFile, Room, off_the_workers};

use super::house::House;
use crate::words::{EngineError, Live, PluginError};

/// A component that is loaded and has said what it is.
pub(crate) struct Plugin {
    /// It takes its room until nobody needs it any more: only for a moment, since it is kept in the store, or not at all.
    pub(crate) component: LargeFile,
    pub(crate) digest: Digest,
    pub(crate) description: Arc<Description>,
}

impl House {
    /// Loads a component whose bytes are at hand.
    pub(crate) async fn load_component(
        &self,
        uses: &str,
        component: LargeFile,
    ) -> Result<Plugin, LoadError> {
        let bytes = component.bytes.len() as u64;
        let compiling = |how_far| {
            self.tell(Live::Compiling {
                plugin: uses.to_owned(),
                bytes,
                waits: how_far == Compiling::Waits,
            });
        };
        let loaded = self
            .runner
            .load_telling(Arc::clone(&component.bytes), &compiling)
            .await?;
        let description = match self.loaded.get(&loaded.digest) {
            Some(description) => description,
            None => {
                // Those of the steps that ride inside are seen to be schemas by a test.
                let name = uses.strip_prefix("builtin:").unwrap_or_default();
                if !self.builtin.contains_key(name) {
                    self.check_schemas(&loaded.description).await?;
                }
                let description = Arc::new(loaded.description);
                self.loaded.keep(loaded.digest, Arc::clone(&description));
                description
            }
        };
        Ok(Plugin {
            component,
            digest: loaded.digest,
            description,
        })
    }

    /// Whether each JSON Schema that a plugin declares is one: one that isn't would let everything pass.
    async fn check_schemas(&self, description: &Description) -> Result<(), LoadError> {
        let bad = |what: &str, field: &Field, reason: &dyn std::fmt::Display| {
            let name = &field.name;
            LoadError::BadDescription {
                reason: format!("the JSON Schema of the {what} `{name}` is none: {reason}"),
            }
        };
        let variables = description
            .prompts
            .iter()
            .flat_map(|prompt| &prompt.variables);
        let declared = (description.inputs.iter().map(|field| ("input", field)))
            .chain(
                description
                    .documents
                    .iter()
                    .map(|field| ("document", field)),
            )
            .chain(description.settings.iter().map(|field| ("setting", field)))
            .chain(variables.map(|field| ("prompt variable", field)));
        let mut schemas: BTreeMap<&str, (Value, &str, &Field)> = BTreeMap::new();
        for (what, field) in declared {
            let Some(text) = field.schema.as_deref() else {
                continue;
            };
            if !schemas.contains_key(text) {
                let schema = serde_json::from_str(text);
                let schema = schema.map_err(|error| bad(what, field, &error))?;
                schemas.insert(text, (schema, what, field));
            }
        }
        let values: Vec<&Value> = schemas.values().map(|(schema, ..)| schema).collect();
        let checked = self.texts.check_schemas(&values).await;
        let checked = checked.map_err(|failed| LoadError::Host {
            reason: failed.to_string(),
        })?;
        for ((_, what, field), checked) in schemas.values().zip(checked) {
            checked.map_err(|error| bad(what, field, &error))?;
        }
        Ok(())
    }

    /// What a plugin that the store keeps says of itself.
    pub(crate) async fn described(
        &self,
        pinned: &PinnedPlugin,
    ) -> Result<Arc<Description>, EngineError> {
        match self.loaded.get(&pinned.digest) {
            Some(description) => Ok(description),
            None => {
                let length = self.store.blob_length(&pinned.digest).await?;
                // Who asks may have room of its own, and others wait for that.
                let room = Room::of(length.unwrap_or_default()).await;
                let room = room.map_err(|none| refused(pinned, none.into()))?;
                Ok(self.load_kept(pinned, room).await?.description)
            }
        }
    }

    /// Sees to it that a plugin that the store keeps is loaded, for as long as what is given back lives.
    pub(crate) async fn hold(&self, pinned: &PinnedPlugin) -> Result<Held, EngineError> {
        loop {
            if let Some(held) = self.runner.hold(&pinned.digest) {
                return Ok(held);
            }
            let length = self.store.blob_length(&pinned.digest).await?;
            // Many runs may be taken up at once, each with a plugin of its own. None of them fails of that.
            let room = Room::in_time(length.unwrap_or_default()).await;
            self.load_kept(pinned, room).await?;
        }
    }

    async fn load_kept(&self, pinned: &PinnedPlugin, room: Room) -> Result<Plugin, EngineError> {
        let bytes = self.blob(&pinned.digest).await?;
        let component = off_the_workers(move || LargeFile {
            bytes: Arc::from(bytes.as_ref()),
            room,
        });
        let loaded = self.load_component(&pinned.uses, component.await).await;
        loaded.map_err(|error| refused(pinned, error.into()))
    }
}

fn refused(pinned: &PinnedPlugin, error: PluginError) -> EngineError {
    EngineError::Plugin {
        uses: pinned.uses.clone(),
        error,
    }
}
