//! The definitions of the project, for the forms that start something.

use std::path::{Path, PathBuf};

use stepwell_engine::{DefinitionSource, DefinitionView, EngineError};

use crate::App;

/// All of them, by their files.
pub(super) async fn definitions(app: &App) -> Vec<DefinitionView> {
    app.engine.definitions().await
}

/// One of them, ready to be started.
pub(super) async fn source(app: &App, file: &str) -> Result<DefinitionSource, EngineError> {
    app.engine.definition(file).await
}

/// The folder that a relative path of a plugin starts at.
pub(super) fn folder(app: &App, file: &str) -> PathBuf {
    let file = Path::new(&app.about.project).join(file);
    file.parent().unwrap_or(Path::new(".")).to_owned()
}
