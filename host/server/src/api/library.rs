//! What runs are made of: definitions, plugins, models; and what the server says of itself.

use std::path::PathBuf;

use aide::axum::ApiRouter;
use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use stepwell_engine::{
    BackedUp, CheckPlugin, CheckedDefinition, CheckedPlugin, CheckedStore, DefinitionSource,
    DefinitionView, ExplainSteps, ExplainedDefinition, LockPlugins, LockedPlugins, PluginView,
    ProjectPlugins,
};
use stepwell_llm::ModelInfo;

use super::exchange::Answer;
use crate::asked::{Body, Query};
use crate::{About, App};

pub(super) fn router() -> ApiRouter<App> {
    operations! { "library":
        get_with "/about" about = "about", "What the server says of itself";
        get_with "/definitions" definitions = "list_definitions", "The definitions that lie in the project";
        get_with "/definition" definition = "get_definition", "A definition of the project, ready to be started";
        post_with "/definitions/check" check = "check_definition", "Check a definition as a run would";
        get_with "/plugins" plugins = "list_plugins", "The built-in steps";
        get_with "/plugins/project" project_plugins = "list_project_plugins",
            "The plugins that the operator gave names to, and those that somebody agreed to";
        get_with "/plugin" plugin = "get_plugin", "What a plugin says of itself";
        post_with "/plugin/check" check_plugin = "check_plugin",
            "Whether a plugin can be used, what it can reach, and everything that is wrong with it";
        post_with "/plugins/explain" explain = "explain_steps",
            "What the steps of a definition may do, and where each permission comes from";
        post_with "/plugins/lock" lock_plugins = "lock_plugins",
            "Hold plugins against stepwell.lock, and agree to them";
        get_with "/store/check" check_store = "check_store",
            "Hold every record and blob against its digest, while work goes on";
        post_with "/store/backup" back_up = "back_up_store",
            "Copy the store as it is now into an empty folder of the server's machine";
        get_with "/models" models = "list_models", "The models that can be asked";
    }
}

/// Names a file of the project.
#[derive(Debug, Deserialize, JsonSchema)]
struct OfFile {
    /// Its path below the project.
    file: String,
}

/// Names a plugin.
#[derive(Debug, Deserialize, JsonSchema)]
struct OfPlugin {
    /// As a definition names it: `builtin:NAME`, or a file.
    uses: String,
    /// The folder that a relative path starts at; the project's where none is named.
    #[serde(default)]
    folder: Option<PathBuf>,
}

/// Names a folder.
#[derive(Debug, Deserialize, JsonSchema)]
struct InFolder {
    /// An absolute path.
    folder: PathBuf,
}

async fn about(State(app): State<App>) -> Answer<About> {
    Ok(Json(About::clone(&app.about)))
}

async fn definitions(State(app): State<App>) -> Answer<Vec<DefinitionView>> {
    Ok(Json(app.engine.definitions().await))
}

async fn definition(
    State(app): State<App>,
    Query(OfFile { file }): Query<OfFile>,
) -> Answer<DefinitionSource> {
    Ok(Json(app.engine.definition(&file).await?))
}

async fn check(
    State(app): State<App>,
    Body(definition): Body<DefinitionSource>,
) -> Answer<CheckedDefinition> {
    Ok(Json(app.engine.check(&definition).await?))
}

async fn plugins(State(app): State<App>) -> Answer<Vec<PluginView>> {
    Ok(Json(app.engine.builtin_plugins().await?))
}

async fn project_plugins(State(app): State<App>) -> Answer<ProjectPlugins> {
    Ok(Json(app.engine.project_plugins().await?))
}

async fn plugin(
    State(app): State<App>,
    Query(OfPlugin { uses, folder }): Query<OfPlugin>,
) -> Answer<PluginView> {
    let folder = folder.unwrap_or_else(|| PathBuf::from(&app.about.project));
    Ok(Json(app.engine.plugin(&uses, &folder).await?))
}

async fn check_plugin(
    State(app): State<App>,
    Body(request): Body<CheckPlugin>,
) -> Answer<CheckedPlugin> {
    Ok(Json(app.engine.check_plugin(&request).await?))
}

async fn explain(
    State(app): State<App>,
    Body(request): Body<ExplainSteps>,
) -> Answer<ExplainedDefinition> {
    Ok(Json(app.engine.explain(&request).await?))
}

async fn lock_plugins(
    State(app): State<App>,
    Body(request): Body<LockPlugins>,
) -> Answer<LockedPlugins> {
    Ok(Json(app.engine.lock_plugins(request).await?))
}

async fn back_up(
    State(app): State<App>,
    Body(InFolder { folder }): Body<InFolder>,
) -> Answer<BackedUp> {
    Ok(Json(app.engine.back_up(&folder).await?))
}

async fn check_store(State(app): State<App>) -> Answer<CheckedStore> {
    Ok(Json(app.engine.check_store().await?))
}

async fn models(State(app): State<App>) -> Answer<Vec<ModelInfo>> {
    Ok(Json(app.engine.models()))
}
