//! Reads the case file of a comparison.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use stepwell_contract::TextService;
use toml::de::{DeArray, DeTable, DeValue};

use crate::case_rules::{check_path, check_size};
use crate::cases::{Case, Check, Judge, Length, LengthUnit, Rule, Target};
use crate::diagnostics::{Diagnostic, Problems, Source, Span};
use crate::json_text;
use crate::keys;
use crate::looked_into::rule_problems;
use crate::reader::{Refused, Table};
use crate::values::{self, TomlValue, entries, json, string, table, wrong_type};

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

/// Reads a case file, TOML or JSON of the same shape, and finds every problem of it. The cases come back only where there
/// is no error.
pub async fn parse_cases(
    source: &str,
    file: &str,
    sources: &dyn CaseSources,
    texts: &dyn TextService,
) -> (Option<Vec<Case>>, Vec<Diagnostic>) {
    let (cases, rules, mut problems) = read(source, file, sources);
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
    let is_good = !problems.has_errors();
    (cases.filter(|_| is_good), problems.into_sorted())
}

/// Rules that have to be looked into, each with its place.
type Rules = Vec<(Rule, Range<usize>)>;

/// All that can be read without looking into a rule.
fn read(
    source: &str,
    file: &str,
    sources: &dyn CaseSources,
) -> (Option<Vec<Case>>, Rules, Problems) {
    let source = Source::new(file, source);
    let mut problems = Problems::new(Arc::clone(&source));
    let is_json = json_text::is_json(&source);
    let table = match is_json {
        true => json_text::document(&source, &mut problems),
        false => values::document(&source, &mut problems),
    };
    let mut rules = Vec::new();
    let cases = table.map(|table| {
        let mut reading = Reading {
            sources,
            problems: &mut problems,
            rules: &mut rules,
            is_json,
        };
        reading.cases(&table)
    });
    (cases, rules, problems)
}

struct Reading<'r> {
    sources: &'r dyn CaseSources,
    problems: &'r mut Problems,
    rules: &'r mut Rules,
    is_json: bool,
}

impl Reading<'_> {
    fn cases(&mut self, root: &DeTable<'_>) -> Vec<Case> {
        let root = Table::open(root, 0..0, "the case file", &keys::CASES, self.problems);
        let defaults = root.below("defaults", "`defaults`", self.problems);
        let defaults = defaults.map_or_else(Case::default, |defaults| self.case(&defaults));
        let Some(entry) = root.entry("cases") else {
            self.no_cases(None);
            return Vec::new();
        };
        let Some(array) = self.array(entry.value, "cases") else {
            return Vec::new();
        };
        if array.is_empty() {
            let place = self.problems.source.span(entry.value.span());
            self.no_cases(Some(place));
        }
        let (mut cases, mut ids) = (Vec::new(), BTreeSet::new());
        for (place, value) in array.iter().enumerate() {
            let Some(own) = table(value, "cases", self.problems) else {
                continue;
            };
            let opened = Table::open(own, value.span(), "a case", &keys::CASE, self.problems);
            let case = self.case(&opened);
            let id = opened.string("id", self.problems);
            let given = id.as_ref().map(|id| id.value.clone());
            let id_text = given.unwrap_or_else(|| (place + 1).to_string());
            if !ids.insert(id_text.clone()) {
                let at = id.map_or_else(|| value.span(), |id| id.span.start..id.span.end);
                let message = format!("two cases have the id `{id_text}`");
                let hint = "give each case an `id` of its own";
                self.problems.error("same-id", at, message, hint);
            }
            cases.push(laid_over(&defaults, case, id_text));
        }
        cases
    }

    fn no_cases(&mut self, place: Option<Span>) {
        let hint = match self.is_json {
            true => "write `\"cases\": [{ … }]`",
            false => "begin one with `[[cases]]`",
        };
        self.problems
            .error("no-cases", place, "there are no cases", hint);
    }

    fn case(&mut self, opened: &Table<'_, '_>) -> Case {
        let mut files = opened
            .string("workspace", self.problems)
            .and_then(|folder| {
                let found = self.sources.folder(&folder.value);
                self.found(found, folder.span.start..folder.span.end, &folder.value)
            });
        if opened.entry("files").is_some() {
            let own = self.texts(opened, "files");
            files.get_or_insert_default().extend(own);
        }
        let mut checks = Vec::new();
        if let Some(entry) = opened.entry("checks")
            && let Some(array) = self.array(entry.value, "checks")
        {
            checks = array.iter().filter_map(|check| self.check(check)).collect();
        }
        Case {
            id: String::new(),
            inputs: self.texts(opened, "inputs"),
            answers: self.texts(opened, "answers"),
            files,
            checks,
            split: opened.word("split", self.problems, "values"),
        }
    }

    fn array<'a, 'i>(&mut self, value: &'a TomlValue<'i>, key: &str) -> Option<&'a DeArray<'i>> {
        let array = value.get_ref().as_array();
        if array.is_none() {
            wrong_type(value, key, "an array", self.problems);
        }
        array
    }

    /// A table of texts, each given as it is or as `{ file = "…" }`.
    fn texts(&mut self, opened: &Table<'_, '_>, key: &str) -> BTreeMap<String, String> {
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

    fn found<T>(&mut self, found: Result<T, String>, place: Range<usize>, path: &str) -> Option<T> {
        found
            .map_err(|reason| {
                let message = format!("{path} can't be read: {reason}");
                let hint = "a path starts at the folder of the case file";
                self.problems.error("file", place, message, hint);
            })
            .ok()
    }

    fn check(&mut self, value: &TomlValue<'_>) -> Option<Check> {
        let own = table(value, "checks", self.problems)?;
        let opened = Table::open(own, value.span(), "a check", &keys::CHECK, self.problems);
        let target = Target {
            document: opened.text("document", self.problems),
            file: opened.text("file", self.problems),
            answer: opened.flag("answer", self.problems),
        };
        let rules = || keys::RULES.iter().map(|rule| rule.name);
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
        if let Err(reason) = target.check(is_judge) {
            self.problems.error("check", value.span(), reason, None);
        }
        for key in keys::OF_JUDGE.iter().map(|key| key.name) {
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
        Some(Check {
            rule,
            not: opened.flag("not", self.problems),
            target,
        })
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

/// A case with what every case has laid under it.
fn laid_over(defaults: &Case, own: Case, id: String) -> Case {
    let under = |defaults: &BTreeMap<String, String>, own: BTreeMap<String, String>| {
        let mut laid = defaults.clone();
        laid.extend(own);
        laid
    };
    let files = match (&defaults.files, own.files) {
        (Some(defaults), Some(own)) => Some(under(defaults, own)),
        (defaults, own) => own.or_else(|| defaults.clone()),
    };
    let mut checks = defaults.checks.clone();
    checks.extend(own.checks);
    Case {
        id,
        inputs: under(&defaults.inputs, own.inputs),
        answers: under(&defaults.answers, own.answers),
        files,
        checks,
        split: own.split.or(defaults.split),
    }
}
