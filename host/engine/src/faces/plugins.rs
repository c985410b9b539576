//! Plugins, for a person.

use std::collections::BTreeSet;
use std::path::Path;

use stepwell_contract::Uses;
use stepwell_definition::LockedPlugin;

use super::Operations;
use super::locking::no_lock;
use crate::driving::{Locks, Meant, explain, require};
use crate::words::{
    EngineError, ExplainSteps, ExplainedDefinition, KnownPlugin, PluginView, ProjectPlugins,
};

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

    pub(super) async fn project_plugins(&self) -> Result<ProjectPlugins, EngineError> {
        let project = &self.house.project;
        let locks = Locks::of(&self.house, &self.reach, project).await?;
        let lock = locks.each.first().ok_or_else(no_lock)?;
        let locked = lock.agreed.is_some();
        let mut agreed = lock.agreed.clone().unwrap_or_default().plugins;
        let mut plugins = Vec::new();
        let mut named = BTreeSet::new();
        for (name, source) in &self.house.configuration.plugins {
            let uses = lock.key_of(source, project);
            let uses = uses.unwrap_or_else(|| source.clone());
            let of_lock = agreed.get(&uses).cloned();
            plugins.push(self.known(Some(name), &uses, of_lock).await);
            named.insert(uses);
        }
        agreed.retain(|uses, _| !named.contains(uses));
        for (uses, of_lock) in agreed {
            plugins.push(self.known(None, &uses, Some(of_lock)).await);
        }
        Ok(ProjectPlugins { locked, plugins })
    }

    async fn known(
        &self,
        name: Option<&String>,
        uses: &str,
        agreed: Option<LockedPlugin>,
    ) -> KnownPlugin {
        let is_here = match (Uses::of(uses), &agreed) {
            (Uses::Elsewhere(source), Some(agreed)) => {
                let kept = self.house.sources.kept(source, &agreed.digest).await;
                matches!(kept, Ok(Some(_)))
            }
            (Uses::Elsewhere(_), None) => false,
            (Uses::Builtin(_) | Uses::File(_), _) => true,
        };
        let found = match is_here {
            true => {
                let named = name.map_or(uses, String::as_str);
                Some(self.plugin(named, &self.house.project).await)
            }
            false => None,
        };
        let (plugin, problem) = match found {
            None => (None, None),
            Some(Ok(plugin)) => (Some(plugin), None),
            Some(Err(error)) => (None, Some(error.to_string())),
        };
        KnownPlugin {
            name: name.cloned(),
            uses: uses.to_owned(),
            agreed,
            plugin,
            problem,
        }
    }

    pub(super) async fn explain(
        &self,
        request: &ExplainSteps,
    ) -> Result<ExplainedDefinition, EngineError> {
        explain(&self.house, &self.reach, request).await
    }

    pub(super) async fn plugin(
        &self,
        uses: &str,
        folder: &Path,
    ) -> Result<PluginView, EngineError> {
        let plugin = require(&self.house, &self.reach, uses, folder, Meant::Named).await?;
        Ok(PluginView {
            uses: uses.to_owned(),
            digest: plugin.digest,
            bytes: plugin.component.bytes.len() as u64,
            signed_by: plugin.signed_by,
            description: plugin.description.as_ref().clone(),
        })
    }
}
