//! The step that a comparison's form is about, with all that the form offers of it.

use std::path::Path;

use stepwell_contract::Name;
use stepwell_engine::{DefinitionView, PluginView, PromptSummary, RunView};

use crate::page::address::Pairs;
use crate::page::definitions::{definitions, folder};
use crate::{App, ProblemDetails};

/// Where the step comes from.
pub(super) enum Source {
    Run(Box<RunView>),
    Definition(Box<DefinitionView>),
}

/// A step that can be compared, with the prompts that differ.
pub(super) struct Compared {
    pub(super) source: Source,
    pub(super) step: String,
    pub(super) plugin: Option<PluginView>,
    pub(super) prompts: Vec<PromptSummary>,
    /// The built-in steps that judge.
    pub(super) judges: Vec<PluginView>,
}

/// The step that a form is about, if it names one that there is.
pub(super) async fn compared(app: &App, pairs: &Pairs) -> Result<Option<Compared>, ProblemDetails> {
    let Some(step) = pairs.get("step") else {
        return Ok(None);
    };
    if let Some(run) = pairs.get("run") {
        let run = app.engine.find_run(run).await?;
        let run = app.engine.run(run).await?;
        let Some(found) = run.step(step) else {
            return Ok(None);
        };
        let file = run.definition_file.as_deref().map(Path::new);
        let folder = file.and_then(Path::parent).unwrap_or(Path::new("."));
        let plugin = plugin(app, found.uses.as_deref(), folder).await;
        let used = found.prompts.iter().map(|used| used.name.clone()).collect();
        return Ok(Some(Compared {
            prompts: prompts(app, used).await,
            source: Source::Run(Box::new(run)),
            judges: judges(app).await,
            step: step.to_owned(),
            plugin,
        }));
    }
    let known = definitions(app).await.into_iter();
    let Some(definition) = pairs.get("definition").and_then(|file| {
        let mut known = known;
        known.find(|known| known.file == file)
    }) else {
        return Ok(None);
    };
    let Some(found) = definition
        .steps
        .iter()
        .find(|known| known.path.as_str() == step)
    else {
        return Ok(None);
    };
    let plugin = plugin(app, found.uses.as_deref(), &folder(app, &definition.file)).await;
    let declared = plugin.iter().flat_map(|plugin| &plugin.description.prompts);
    let declared = declared.map(|prompt| prompt.name.clone()).collect();
    Ok(Some(Compared {
        prompts: prompts(app, declared).await,
        source: Source::Definition(Box::new(definition)),
        judges: judges(app).await,
        step: step.to_owned(),
        plugin,
    }))
}

/// A step's plugin; one that can't be loaded any more is told when the comparison is to be started.
pub(in crate::page) async fn plugin(
    app: &App,
    uses: Option<&str>,
    folder: &Path,
) -> Option<PluginView> {
    app.engine.plugin(uses?, folder).await.ok()
}

/// Those prompts that have versions.
async fn prompts(app: &App, names: Vec<String>) -> Vec<PromptSummary> {
    let mut prompts = Vec::new();
    for name in names.into_iter().filter_map(|name| Name::new(name).ok()) {
        prompts.extend(app.engine.prompt(&name).await.ok());
    }
    prompts
}

/// The built-in steps that write a verdict.
async fn judges(app: &App) -> Vec<PluginView> {
    let mut judges = app.engine.builtin_plugins().await.unwrap_or_default();
    judges.retain(|plugin| {
        let mut documents = plugin.description.documents.iter();
        documents.any(|document| document.name == "verdict")
    });
    judges
}
