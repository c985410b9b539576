//! The words of a template that each project fills with its own.
//!
//! They are identifiers in every language, so that a template reads, and is coloured by an editor, as what it becomes.

use crate::commands::Commands;
use crate::{Language, PluginName, Sdk};

/// What stands in the place of the words of a template.
pub(crate) struct Filling(Vec<(&'static str, String)>);

impl Filling {
    pub(crate) fn new(name: &PluginName, language: Language, sdk: &Sdk) -> Self {
        let commands = Commands::of(language, name, sdk);
        Self(vec![
            ("PLUGIN_NAME", name.to_string()),
            ("PLUGIN_COMPONENT", language.component(name)),
            ("PLUGIN_PREPARE", commands.prepare.join("\n")),
            ("PLUGIN_TEST", commands.test),
            ("PLUGIN_BUILD", commands.build),
            ("SDK_DEPENDENCY", sdk.dependency(language)),
        ])
    }

    /// A template with its words filled.
    pub(crate) fn fill(&self, template: &str) -> String {
        let fill = |text: String, (word, value): &(&str, String)| text.replace(word, value);
        self.0.iter().fold(template.to_owned(), fill)
    }
}
