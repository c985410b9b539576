//! What a file with a plugin's cases names: files beside it, and versions of prompts that the project keeps.

use std::collections::BTreeMap;
use std::path::Path;

use stepwell_contract::{Description, listed};
use stepwell_definition::{CaseSources, TestSources};
use stepwell_plugin_tests::check_cassette;
use stepwell_workers::{LARGEST_CASSETTE, read_text};

use crate::commands::cases::Beside;
use crate::errors::CommandError;
use crate::wiring::{Context, Need};

/// What the file may name.
pub(super) struct Sources<'p> {
    beside: Beside<'p>,
    folder: &'p Path,
    /// The texts of versions, by prompt and number.
    versions: BTreeMap<String, BTreeMap<u32, String>>,
}

impl<'p> Sources<'p> {
    /// Those of a file in this folder. The project's store is looked at only where the file may name a version.
    pub(super) async fn of(
        folder: &'p Path,
        source: &str,
        plugin: &Description,
        context: &Context,
    ) -> Result<Self, CommandError> {
        let versions = match source.contains("version") {
            true => kept(plugin, context).await?,
            false => BTreeMap::new(),
        };
        Ok(Self {
            beside: Beside(folder),
            folder,
            versions,
        })
    }
}

/// The versions that the project keeps of the plugin's prompts.
async fn kept(
    plugin: &Description,
    context: &Context,
) -> Result<BTreeMap<String, BTreeMap<u32, String>>, CommandError> {
    let engine = context.wire(Need::IfThere).await?.engine;
    let mut kept = BTreeMap::new();
    for prompt in &plugin.prompts {
        // A project that doesn't know the prompt keeps nothing of it.
        let Ok(name) = prompt.name.parse() else {
            continue;
        };
        let Ok(summary) = engine.prompt(&name).await else {
            continue;
        };
        let mut texts = BTreeMap::new();
        for version in summary.versions.iter().filter(|_| summary.stored) {
            let view = engine.prompt_version(&name, Some(version.number)).await?;
            texts.insert(version.number, view.content);
        }
        kept.insert(prompt.name.clone(), texts);
    }
    Ok(kept)
}

impl CaseSources for Sources<'_> {
    fn text(&self, path: &str) -> Result<String, String> {
        self.beside.text(path)
    }

    fn folder(&self, path: &str) -> Result<BTreeMap<String, String>, String> {
        self.beside.folder(path)
    }
}

impl TestSources for Sources<'_> {
    fn cassette(&self, path: &str) -> Result<String, String> {
        let text = read_text(&self.folder.join(path), LARGEST_CASSETTE);
        let text = text.map_err(|error| error.to_string())?;
        check_cassette(&text, path)?;
        Ok(text)
    }

    fn version(&self, prompt: &str, number: u32) -> Result<String, String> {
        let kept = self.versions.get(prompt);
        let text = kept.and_then(|versions| versions.get(&number));
        text.cloned().ok_or_else(|| {
            let numbers: Vec<String> = kept
                .into_iter()
                .flat_map(BTreeMap::keys)
                .map(u32::to_string)
                .collect();
            match numbers.is_empty() {
                true => "the project keeps none".to_owned(),
                false => format!("the project keeps {}", listed(numbers)),
            }
        })
    }
}
