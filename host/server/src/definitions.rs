//! The definitions of the project: the TOML files in its folders that are one.

use std::path::{Path, PathBuf};

use stepwell_definition::{Definition, StepDefinition, parse_definition};
use stepwell_engine::DefinitionSource;

use crate::App;

/// Folders below the project that are looked into.
const DEPTH: usize = 3;
/// Files that are looked at, at most: a project may hold anything.
const MOST: usize = 2_000;
/// A larger file is no definition.
const LARGEST: u64 = 1 << 20;

/// A definition of the project.
#[derive(Debug, Clone)]
pub(crate) struct KnownDefinition {
    /// Its file, from the project's folder on.
    pub(crate) file: String,
    /// The workflow's name.
    pub(crate) name: String,
    /// What it does.
    pub(crate) description: String,
    /// What a person gives to a run.
    pub(crate) inputs: Vec<KnownInput>,
    /// The paths of its steps.
    pub(crate) steps: Vec<String>,
    /// The steps that use a plugin.
    pub(crate) uses: Vec<UsedPlugin>,
    /// What a run is started with.
    pub(crate) source: DefinitionSource,
}

/// A step that uses a plugin.
#[derive(Debug, Clone)]
pub(crate) struct UsedPlugin {
    /// The step's path.
    pub(crate) step: String,
    /// What its `uses` says.
    pub(crate) plugin: String,
    /// What it is granted.
    pub(crate) granted: Vec<String>,
}

/// An input of a definition.
#[derive(Debug, Clone)]
pub(crate) struct KnownInput {
    /// Its name.
    pub(crate) name: String,
    /// What to give.
    pub(crate) description: String,
    /// The text where a run gives none.
    pub(crate) default: Option<String>,
}

/// All definitions of the project, by their files.
pub(crate) async fn definitions(app: &App) -> Vec<KnownDefinition> {
    let project = PathBuf::from(&app.about.project);
    // Reading files holds up the thread.
    let read = tokio::task::spawn_blocking(move || read_all(&project));
    read.await.unwrap_or_default()
}

fn read_all(project: &Path) -> Vec<KnownDefinition> {
    let mut files = Vec::new();
    collect(project, DEPTH, &mut files);
    files.sort();
    let known = files.iter().filter_map(|file| known(project, file));
    known.collect()
}

fn collect(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|name| !name.starts_with('.')) else {
            continue;
        };
        let Ok(kind) = entry.file_type() else {
            continue;
        };
        if files.len() >= MOST {
            return;
        }
        let elsewhere = ["target", "node_modules", "Cargo.toml", "stepwell.toml"];
        if elsewhere.contains(&name) {
            continue;
        }
        if kind.is_dir() && depth > 1 {
            collect(&entry.path(), depth - 1, files);
        } else if kind.is_file() && name.ends_with(".toml") {
            files.push(entry.path());
        }
    }
}

fn known(project: &Path, file: &Path) -> Option<KnownDefinition> {
    if std::fs::metadata(file).ok()?.len() > LARGEST {
        return None;
    }
    let text = std::fs::read_to_string(file).ok()?;
    let shown = file.strip_prefix(project).ok()?.to_str()?.to_owned();
    let (definition, _) = parse_definition(&text, &shown);
    let definition = definition.filter(|definition| !definition.steps.is_empty())?;
    let mut steps = Vec::new();
    let mut uses = Vec::new();
    walk("", &definition.steps, &mut steps, &mut uses);
    Some(KnownDefinition {
        name: definition.name.to_string(),
        description: definition.description.clone(),
        inputs: inputs_of(&definition),
        steps,
        uses,
        source: DefinitionSource {
            text,
            file: file.to_str().map(str::to_owned),
        },
        file: shown,
    })
}

fn inputs_of(definition: &Definition) -> Vec<KnownInput> {
    let inputs = definition.inputs.iter();
    let known = inputs.map(|(name, input)| KnownInput {
        name: name.to_string(),
        description: input.description.clone(),
        default: input.default.clone(),
    });
    known.collect()
}

fn walk(
    parent: &str,
    steps: &[StepDefinition],
    paths: &mut Vec<String>,
    uses: &mut Vec<UsedPlugin>,
) {
    for step in steps {
        let path = if parent.is_empty() {
            step.id.value.to_string()
        } else {
            format!("{parent}/{}", step.id.value)
        };
        if let Some(plugin) = &step.uses {
            uses.push(UsedPlugin {
                step: path.clone(),
                plugin: plugin.value.clone(),
                granted: granted(step),
            });
        }
        paths.push(path.clone());
        walk(&path, &step.steps, paths, uses);
    }
}

/// What a step is granted, as the lines of its definition say it.
fn granted(step: &StepDefinition) -> Vec<String> {
    let grants = &step.grants;
    let workspace = grants.workspace.as_ref();
    let workspace = workspace.and_then(|grant| grant.value.word());
    let lines = [
        workspace.map(|word| format!("workspace = {word}")),
        grants
            .prompts
            .as_ref()
            .map(|_| "prompts = write".to_owned()),
        grants.clock.as_ref().map(|_| "clock = real".to_owned()),
    ];
    lines.into_iter().flatten().collect()
}
