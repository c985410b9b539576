//! What can be asked of what runs are made of: definitions, plugins, models.

use std::path::Path;

use stepwell_engine::{
    CheckPlugin, CheckedDefinition, CheckedPlugin, DefinitionSource, DefinitionView, ExplainSteps,
    ExplainedDefinition, LockPlugins, LockedPlugins, PluginView, ProjectPlugins,
};
use stepwell_llm::ModelInfo;

use super::Client;
use super::methods::Told;

#[allow(
    missing_docs,
    reason = "the engine's methods of the same names say what each does"
)]
#[allow(clippy::missing_errors_doc)]
impl Client {
    pub async fn check(&self, definition: &DefinitionSource) -> Told<CheckedDefinition> {
        self.change(at!["definitions", "check"], definition).await
    }

    pub async fn builtin_plugins(&self) -> Told<Vec<PluginView>> {
        self.get(at!["plugins"]).await
    }

    pub async fn project_plugins(&self) -> Told<ProjectPlugins> {
        self.get(at!["plugins", "project"]).await
    }

    pub async fn plugin(&self, uses: &str, folder: &Path) -> Told<PluginView> {
        let address = at!["plugin"].with("uses", Some(uses));
        self.get(address.with("folder", folder.to_str())).await
    }

    pub async fn check_plugin(&self, request: &CheckPlugin) -> Told<CheckedPlugin> {
        self.change(at!["plugin", "check"], request).await
    }

    pub async fn explain(&self, request: &ExplainSteps) -> Told<ExplainedDefinition> {
        self.change(at!["plugins", "explain"], request).await
    }

    /// The definitions of the project, as [`stepwell_engine::Engine::definitions`] has them.
    pub async fn definitions(&self) -> Told<Vec<DefinitionView>> {
        self.get(at!["definitions"]).await
    }

    pub async fn lock_plugins(&self, request: LockPlugins) -> Told<LockedPlugins> {
        self.change(at!["plugins", "lock"], &request).await
    }

    pub async fn models(&self) -> Told<Vec<ModelInfo>> {
        self.get(at!["models"]).await
    }
}
