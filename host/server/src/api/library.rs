//! What runs are made of: definitions, plugins, models; and what the server says of itself.

use std::path::PathBuf;

use aide::axum::ApiRouter;
use aide::axum::routing::{get_with, post_with};
use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use stepwell_engine::{CheckedDefinition, DefinitionSource, DefinitionView, PluginView};
use stepwell_llm::ModelInfo;

use super::exchange::{Answer, Body, Query};
use crate::{About, App};

pub(super) fn router() -> ApiRouter<App> {
    ApiRouter::new()
        .api_route(
            "/about",
            get_with(about, |it| {
                it.id("about")
                    .summary("What the server says of itself")
                    .tag("library")
            }),
        )
        .api_route(
            "/definitions",
            get_with(definitions, |it| {
                it.id("list_definitions")
                    .summary("The definitions that lie in the project")
                    .tag("library")
            }),
        )
        .api_route(
            "/definition",
            get_with(definition, |it| {
                it.id("get_definition")
                    .summary("A definition of the project, ready to be started")
                    .tag("library")
            }),
        )
        .api_route(
            "/definitions/check",
            post_with(check, |it| {
                it.id("check_definition")
                    .summary("Check a definition as a run would")
                    .tag("library")
            }),
        )
        .api_route(
            "/plugins",
            get_with(plugins, |it| {
                it.id("list_plugins")
                    .summary("The built-in steps")
                    .tag("library")
            }),
        )
        .api_route(
            "/plugin",
            get_with(plugin, |it| {
                it.id("get_plugin")
                    .summary("What a plugin says of itself")
                    .tag("library")
            }),
        )
        .api_route(
            "/models",
            get_with(models, |it| {
                it.id("list_models")
                    .summary("The models that can be asked")
                    .tag("library")
            }),
        )
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

async fn about(State(app): State<App>) -> Json<About> {
    Json(About::clone(&app.about))
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

async fn plugin(
    State(app): State<App>,
    Query(OfPlugin { uses, folder }): Query<OfPlugin>,
) -> Answer<PluginView> {
    let folder = folder.unwrap_or_else(|| PathBuf::from(&app.about.project));
    Ok(Json(app.engine.plugin(&uses, &folder).await?))
}

async fn models(State(app): State<App>) -> Json<Vec<ModelInfo>> {
    Json(app.engine.models())
}
