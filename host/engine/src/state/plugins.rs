//! Components that are loaded, and loaded again where they were let go of.

use std::sync::Arc;

use stepwell_contract::{
    BadDescription, Compiling, Description, Digest, Examined, Held, LoadError, Uses,
};
use stepwell_definition::description_findings;
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
    /// The fingerprint of the key that signed it, where one is demanded and it was looked at for that.
    pub(crate) signed_by: Option<Digest>,
}

impl House {
    /// Loads a component whose bytes are at hand.
    pub(crate) async fn load_component(
        &self,
        uses: &str,
        component: LargeFile,
    ) -> Result<Plugin, LoadError> {
        let compiling = self.telling_of(uses, &component);
        let loaded = self
            .runner
            .load_telling(Arc::clone(&component.bytes), &compiling)
            .await;
        let loaded = match loaded {
            Err(LoadError::BadDescription(bad)) => return Err(self.all_of(*bad).await),
            loaded => loaded?,
        };
        let description = match self.loaded.get(&loaded.digest) {
            Some(description) => description,
            None => {
                // Those of the steps that ride inside are seen to be right by a test.
                let description = match Uses::of(uses) {
                    Uses::Builtin(name) if self.builtin.contains_key(name) => loaded.description,
                    _ => self.usable(loaded.description).await?,
                };
                let description = Arc::new(description);
                self.loaded.keep(loaded.digest, Arc::clone(&description));
                description
            }
        };
        Ok(Plugin {
            component,
            digest: loaded.digest,
            description,
            signed_by: None,
        })
    }

    /// What a component is made of, also of one that can't be a step.
    pub(crate) async fn examine_component(&self, uses: &str, component: &LargeFile) -> Examined {
        let compiling = self.telling_of(uses, component);
        let bytes = Arc::clone(&component.bytes);
        self.runner.examine(bytes, &compiling).await
    }

    fn telling_of<'a>(
        &'a self,
        uses: &'a str,
        component: &LargeFile,
    ) -> impl Fn(Compiling) + Send + Sync + use<'a> {
        let bytes = component.bytes.len() as u64;
        move |how_far| {
            self.tell(Live::Compiling {
                plugin: uses.to_owned(),
                bytes,
                waits: how_far == Compiling::Waits,
            });
        }
    }

    /// A description that keeps every rule: a schema that is none would let everything pass, and a prompt that can't be filled would
    /// be blamed on whoever runs the step.
    async fn usable(&self, description: Description) -> Result<Description, LoadError> {
        let findings = description_findings(&description, &*self.texts).await;
        let findings = findings.map_err(|failed| LoadError::Host {
            reason: failed.to_string(),
        })?;
        if !findings.has_errors() {
            return Ok(description);
        }
        Err(LoadError::BadDescription(Box::new(BadDescription {
            description,
            findings: findings.into_vec(),
        })))
    }

    /// The same error with all that is wrong: a name that is none hides no schema that is none.
    async fn all_of(&self, bad: BadDescription) -> LoadError {
        match self.usable(bad.description.clone()).await {
            Err(all @ LoadError::BadDescription(_)) => all,
            _ => LoadError::BadDescription(Box::new(bad)),
        }
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
