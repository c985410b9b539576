//! Reads the case file of a comparison.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use stepwell_contract::TextService;
use toml::de::DeTable;

use crate::cases::Case;
use crate::diagnostics::{Diagnostic, Problems, Source, Span};
use crate::json_text;
use crate::keys;
use crate::parts_of_cases::{CaseSources, Checks, Reading, Rules, look_into};
use crate::reader::Table;
use crate::values::{self, table};

/// Reads a case file, TOML or JSON of the same shape, and finds every problem of it. The cases come back only where there
/// is no error.
pub async fn parse_cases(
    source: &str,
    file: &str,
    sources: &dyn CaseSources,
    texts: &dyn TextService,
) -> (Option<Vec<Case>>, Vec<Diagnostic>) {
    let (cases, rules, mut problems) = read(source, file, sources);
    look_into(&rules, texts, &mut problems).await;
    let is_good = !problems.has_errors();
    (cases.filter(|_| is_good), problems.into_sorted())
}

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
            let read = array
                .iter()
                .filter_map(|check| self.check(check, &Checks::COMPARED));
            checks = read.map(|read| read.check).collect();
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
