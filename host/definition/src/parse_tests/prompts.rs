//! The prompts of a test, in the place of the plugin's own: texts, files, or versions that a project keeps.

use std::collections::BTreeMap;
use std::ops::Range;

use stepwell_contract::{Description, Field, TemplateError, TextService};
use toml::de::DeValue;

use super::Tests;
use crate::diagnostics::Problems;
use crate::prompts::unknown_variables;
use crate::reader::Table;
use crate::test_keys;
use crate::values::string;

/// A text in the place of a prompt, with where it is given.
pub(super) struct Template {
    /// What it is, such as `the prompt `notes` of the case `one``.
    what: String,
    prompt: String,
    text: String,
    place: Range<usize>,
}

/// Reports the texts that can't be templates, and what they name and the plugin doesn't fill in.
pub(super) async fn look_into(
    templates: &[Template],
    plugin: &Description,
    texts: &dyn TextService,
    problems: &mut Problems,
) {
    for template in templates {
        let mut prompts = plugin.prompts.iter();
        let Some(declared) = prompts.find(|it| it.name == template.prompt) else {
            continue;
        };
        let (what, place) = (&template.what, || template.place.clone());
        if template.text.trim().is_empty() {
            let message = format!("{what} is empty");
            problems.error("prompt", place(), message, "a model can't be asked nothing");
            continue;
        }
        match texts.read_template(&template.text).await {
            Ok(used) => {
                for unknown in unknown_variables(&used, &declared.variables) {
                    let message = format!("{what}, {}", unknown.placed());
                    problems.error("prompt", place(), message, unknown.hint);
                }
            }
            Err(TemplateError::Failed(failed)) => {
                problems.unchecked(template.place.clone(), what, &failed);
                return;
            }
            Err(error) => {
                let message = format!("{what} is no template: {error}");
                problems.error("prompt", place(), message, error.hint());
            }
        }
    }
}

impl Tests<'_> {
    pub(super) fn prompts(&mut self, opened: &Table<'_, '_>) -> BTreeMap<String, String> {
        let entries = opened.entries_of("prompts", self.reading.problems);
        let known = self.plugin.prompts.iter();
        let known: Vec<Field> = known
            .map(|prompt| Field {
                name: prompt.name.clone(),
                ..Field::default()
            })
            .collect();
        self.check_names("prompt", &entries, &known);
        let mut prompts = BTreeMap::new();
        for entry in entries {
            let text = match entry.value.get_ref() {
                DeValue::Table(named) => {
                    let what = format!("`prompts.{}`", entry.key);
                    let problems = &mut *self.reading.problems;
                    let named =
                        Table::open(named, entry.place(), &what, &test_keys::PROMPT, problems);
                    self.named(entry.key, &named, entry.place())
                }
                _ => string(entry.value, entry.key, self.reading.problems).map(|text| text.value),
            };
            let Some(text) = text else { continue };
            self.sized(&text, entry.place());
            self.templates.push(Template {
                what: format!("the prompt `{}` of {}", entry.key, self.within),
                prompt: entry.key.to_owned(),
                text: text.clone(),
                place: entry.place(),
            });
            prompts.insert(entry.key.to_owned(), text);
        }
        prompts
    }

    fn named(
        &mut self,
        prompt: &str,
        named: &Table<'_, '_>,
        place: Range<usize>,
    ) -> Option<String> {
        let problems = &mut *self.reading.problems;
        let file = named.string("file", problems);
        let version = named.number::<u32>("version", problems);
        match (file, version) {
            (Some(file), None) => {
                let found = self.sources.text(&file.value);
                let place = file.span.start..file.span.end;
                self.reading.found(found, place, &file.value)
            }
            (None, Some(number)) => match self.sources.version(prompt, number) {
                Ok(text) => Some(text),
                Err(reason) => {
                    let message = format!("there is no version {number} of `{prompt}`: {reason}");
                    let problems = &mut *self.reading.problems;
                    problems.error("prompt", place, message, None);
                    None
                }
            },
            (None, None) if named.entry("version").is_some() => None,
            _ => {
                let message = format!("`prompts.{prompt}` is one text");
                let hint = "write a text in quotes, `{ file = \"PATH\" }` or `{ version = N }`";
                let problems = &mut *self.reading.problems;
                problems.error("prompt", place, message, hint);
                None
            }
        }
    }
}
