//! Plugins, for a person.

use std::collections::BTreeSet;
use std::path::Path;

use super::Operations;
use crate::driving::require;
use crate::words::{EngineError, PluginView};

impl Operations {
    pub(super) async fn builtin_plugins(&self) -> Result<Vec<PluginView>, EngineError> {
        let mut views = Vec::new();
        let apart = &self.house.apart;
        let found = apart
            .builds
            .keys()
            .filter(|name| apart.find(name).is_some());
        let names: BTreeSet<&String> = self.house.builtin.keys().chain(found).collect();
        for name in names {
            views.push(
                self.plugin(&format!("builtin:{name}"), Path::new("."))
                    .await?,
            );
        }
        Ok(views)
    }

    pub(super) async fn plugin(
        &self,
        uses: &str,
        folder: &Path,
    ) -> Result<PluginView, EngineError> {
        let plugin = require(&self.house, &self.reach, uses, folder).await?;
        Ok(PluginView {
            uses: uses.to_owned(),
            digest: plugin.digest,
            bytes: plugin.component.bytes.len() as u64,
            signed_by: plugin.signed_by,
            description: plugin.description.as_ref().clone(),
        })
    }
}
