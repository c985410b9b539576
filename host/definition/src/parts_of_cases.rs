//! What case files have in common, whoever's they are: texts in files beside them, and checks.

use std::collections::BTreeMap;
use std::ops::Range;

use stepwell_contract::TextService;
use toml::de::{DeArray, DeValue};

use crate::case_rules::{check_path, check_size};
use crate::cases::{Check, Judge, Length, LengthUnit, Rule, Target};
use crate::diagnostics::Problems;
use crate::keys;
use crate::looked_into::rule_problems;
use crate::reader::{Refused, Table};
use crate::shape::{Key, Keys};
use crate::test_keys;
use crate::values::{TomlValue, entries, json, string, table, wrong_type};

/// Gives the texts that a case file names by path: this crate reads no file itself.
pub trait CaseSources: Sync {
    /// The text of a file, by its path relative to the case file.
    ///
    /// # Errors
    /// Why it can't be read.
    fn text(&self, path: &str) -> Result<String, String>;
    /// The files below a folder, by their paths relative to it.
    ///
    /// # Errors
    /// Why it can't be read.
    fn folder(&self, path: &str) -> Result<BTreeMap<String, String>, String>;
}

/// Rules that have to be looked into, each with its place.
pub(crate) type Rules = Vec<(Rule, Range<usize>)>;

/// Reports the rules that can't be carried out.
pub(crate) async fn look_into(rules: &Rules, texts: &dyn TextService, problems: &mut Problems) {
    let (rules, places): (Vec<_>, Vec<_>) = rules.iter().map(|(rule, at)| (rule, at)).unzip();
    match rule_problems(&rules, texts).await {
        Ok(found) => {
            for (reason, place) in found.into_iter().zip(places) {
                if let Some(reason) = reason {
                    problems.error("check", place.clone(), reason, None);
                }
            }
        }
        Err(failed) => {
            for place in places.into_iter().take(1) {
                problems.unchecked(place.clone(), "`checks`", &failed);
            }
        }
    }
}

/// Said of a check that names several things, one of them a prompt.
const ONE_THING: &str = "a check looks at one thing: `document`, `file`, `answer` or `prompt`";

/// What the checks of a file may say.
pub(crate) struct Checks {
    keys: &'static Keys,
    rules: &'static [&'static [Key]],
    of_judge: &'static [Key],
}

impl Checks {
    /// Of a comparison.
    pub(crate) const COMPARED: Self = Self {
        keys: &keys::CHECK,
        rules: &[keys::RULES, keys::JUDGED],
        of_judge: keys::OF_JUDGE,
    };
    /// Of a plugin's test, where no model is there that a judge could ask.
    pub(crate) const TESTED: Self = Self {
        keys: &test_keys::CHECK,
        rules: &[keys::RULES],
        of_judge: &[],
    };
}

/// A check as it was read.
pub(crate) struct ReadCheck {
    pub(crate) check: Check,
    /// The call at whose prompt it looks instead, from 1.
    pub(crate) prompt: Option<u32>,
}

/// A case file that is being read.
pub(crate) struct Reading<'r> {
    pub(crate) sources: &'r dyn CaseSources,
    pub(crate) problems: &'r mut Problems,
    pub(crate) rules: &'r mut Rules,
    pub(crate) is_json: bool,
}

impl Reading<'_> {
    pub(crate) fn array<'a, 'i>(
        &mut self,
        value: &'a TomlValue<'i>,
        key: &str,
    ) -> Option<&'a DeArray<'i>> {
        let array = value.get_ref().as_array();
        if array.is_none() {
            wrong_type(value, key, "an array", self.problems);
        }
        array
    }

    /// A table of texts, each given as it is or as `{ file = "…" }`.
    pub(crate) fn texts(&mut self, opened: &Table<'_, '_>, key: &str) -> BTreeMap<String, String> {
        let mut texts = BTreeMap::new();
        for entry in opened.entries_of(key, self.problems) {
            if key == "files"
                && let Err(reason) = check_path(entry.key)
            {
                self.problems
                    .error("file-path", entry.place(), reason, None);
            }
            let text = match entry.value.get_ref() {
                DeValue::Table(named) => {
                    let what = format!("`{key}.{}`", entry.key);
                    let named =
                        Table::open(named, entry.place(), &what, &keys::CASE_TEXT, self.problems);
                    let Some(path) = named.string("file", self.problems) else {
                        let message = format!("{what} is neither a text nor a file");
                        let hint = "write a text in quotes, or `{ file = \"PATH\" }`";
                        self.problems.error("no-text", entry.place(), message, hint);
                        continue;
                    };
                    let found = self.sources.text(&path.value);
                    self.found(found, path.span.start..path.span.end, &path.value)
                }
                _ => string(entry.value, entry.key, self.problems).map(|text| text.value),
            };
            let Some(text) = text else { continue };
            if let Err(reason) = check_size(&text) {
                self.problems
                    .error("too-large", entry.place(), reason, None);
            }
            texts.insert(entry.key.to_owned(), text);
        }
        texts
    }

    pub(crate) fn found<T>(
        &mut self,
        found: Result<T, String>,
        place: Range<usize>,
        path: &str,
    ) -> Option<T> {
        found
            .map_err(|reason| {
                let message = format!("{path} can't be read: {reason}");
                let hint = "a path starts at the folder of the case file";
                self.problems.error("file", place, message, hint);
            })
            .ok()
    }

    /// One check, by the keys that a check has there.
    pub(crate) fn check(&mut self, value: &TomlValue<'_>, kind: &Checks) -> Option<ReadCheck> {
        let own = table(value, "checks", self.problems)?;
        let opened = Table::open(own, value.span(), "a check", kind.keys, self.problems);
        let target = Target {
            document: opened.text("document", self.problems),
            file: opened.text("file", self.problems),
            answer: opened.flag("answer", self.problems),
        };
        let rules = || kind.rules.iter().copied().flatten().map(|rule| rule.name);
        let given: Vec<_> = entries(own)
            .into_iter()
            .filter(|entry| rules().any(|rule| rule == entry.key))
            .collect();
        let [only] = given.as_slice() else {
            let message = match given.len() {
                0 => "the check doesn't say what must hold".to_owned(),
                _ => "a check says one thing that must hold".to_owned(),
            };
            let rules: Vec<_> = rules().collect();
            let hint = format!("it is one of {}", rules.join(", "));
            self.problems.error("check", value.span(), message, hint);
            return None;
        };
        let rule = self.rule(only.key, only.value, &opened)?;
        let is_judge = matches!(rule, Rule::Judge(_));
        let prompt = opened.number("prompt", self.problems);
        let looks = match prompt {
            Some(_) if target != Target::default() => Err(ONE_THING.to_owned()),
            _ => target.check(is_judge),
        };
        if let Err(reason) = looks {
            self.problems.error("check", value.span(), reason, None);
        }
        for key in kind.of_judge.iter().map(|key| key.name) {
            if let Some(entry) = opened.entry(key).filter(|_| !is_judge) {
                let message = format!("`{key}` is for a judge");
                let hint = "name one with `judge = \"PLUGIN\"`";
                self.problems.error("check", entry.place(), message, hint);
            }
        }
        if matches!(rule, Rule::JsonSchema(_) | Rule::Regex(_)) {
            self.rules.push((rule.clone(), only.value.span()));
        }
        if let Err(reason) = rule.check() {
            self.problems
                .error("check", only.value.span(), reason, None);
        }
        let not = opened.flag("not", self.problems);
        let check = Check { rule, not, target };
        Some(ReadCheck { check, prompt })
    }

    fn rule(&mut self, key: &str, value: &TomlValue<'_>, opened: &Table<'_, '_>) -> Option<Rule> {
        Some(match key {
            "contains" => Rule::Contains(string(value, key, self.problems)?.value),
            "equals" => Rule::Equals(string(value, key, self.problems)?.value),
            "exists" => Rule::Exists(opened.boolean("exists", self.problems)?),
            "regex" => Rule::Regex(string(value, key, self.problems)?.value),
            "json_schema" => Rule::JsonSchema(json(value, self.problems)?),
            "length" => Rule::Length(self.length(opened)?),
            _ => Rule::Judge(Judge {
                uses: string(value, key, self.problems)?.value,
                criteria: opened.text("criteria", self.problems).unwrap_or_default(),
                at_least: opened.real("at_least", self.problems),
                model: opened.text("model", self.problems),
            }),
        })
    }

    fn length(&mut self, check: &Table<'_, '_>) -> Option<Length> {
        let opened = check.below("length", "`length`", self.problems)?;
        let mut bound = |key| opened.number(key, self.problems);
        let (min, max) = (bound("min"), bound("max"));
        let unit = opened.word_or("unit", self.problems, |given| Refused {
            code: "unit",
            message: format!("there is no unit `{given}`"),
            kind: "units",
        });
        if unit.is_none() && opened.entry("unit").is_some() {
            return None;
        }
        let unit = unit.map_or(LengthUnit::default(), |unit| unit.value);
        Some(Length { min, max, unit })
    }
}
