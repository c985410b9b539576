//! The prompts of a test, in the place of the plugin's own: texts, files, or versions that a project keeps.

use std::collections::BTreeMap;
use std::ops::Range;

use stepwell_contract::Field;
use toml::de::DeValue;

use super::Tests;
use crate::reader::Table;
use crate::test_keys;
use crate::values::string;

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
