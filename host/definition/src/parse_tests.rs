//! Reads a file with the tests of a plugin, and holds it against what the plugin says of itself.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use stepwell_contract::{Description, Field, StepPath, TextService, suggestion};
use toml::de::DeTable;

use crate::diagnostics::{Diagnostic, Problems, Source};
use crate::parts_of_cases::{CaseSources, Reading, Rules, look_into};
use crate::reader::Table;
use crate::test_cases::{TestCase, WhoAnswers};
use crate::test_keys;
use crate::values::{self, Entry, json, table};

mod answered;
mod expected;
mod prompts;
mod served;

/// Gives the texts that a file with tests names by path, and those of prompts' versions, and knows what recorded answers are.
pub trait TestSources: CaseSources {
    /// The text of a cassette, by its path relative to the file.
    ///
    /// # Errors
    /// Why it can't be read, or what is wrong in it.
    fn cassette(&self, path: &str) -> Result<String, String>;
    /// The text of a version of a prompt that is kept.
    ///
    /// # Errors
    /// Why there is none.
    fn version(&self, prompt: &str, number: u32) -> Result<String, String>;
}

/// Reads a file with the tests of a plugin, and finds every problem of it. The cases come back only where there is no
/// error.
pub async fn parse_tests(
    source: &str,
    file: &str,
    plugin: &Description,
    sources: &dyn TestSources,
    texts: &dyn TextService,
) -> (Option<Vec<TestCase>>, Vec<Diagnostic>) {
    let source = Source::new(file, source);
    let mut problems = Problems::new(Arc::clone(&source));
    let mut rules = Rules::new();
    let root = values::document(&source, &mut problems);
    let cases = root.map(|root| {
        let reading = Reading {
            sources,
            problems: &mut problems,
            rules: &mut rules,
            is_json: false,
        };
        let mut tests = Tests {
            reading,
            sources,
            plugin,
            within: "`defaults`".to_owned(),
            templates: Vec::new(),
        };
        let cases = tests.cases(&root);
        (cases, tests.templates)
    });
    let (cases, templates) = cases.unzip();
    look_into(&rules, texts, &mut problems).await;
    prompts::look_into(&templates.unwrap_or_default(), plugin, texts, &mut problems).await;
    let is_good = !problems.has_errors();
    (cases.filter(|_| is_good), problems.into_sorted())
}

/// A file with tests that is being read.
struct Tests<'r> {
    reading: Reading<'r>,
    sources: &'r dyn TestSources,
    plugin: &'r Description,
    /// What is being read, such as `the case `one``.
    within: String,
    /// The texts that stand in the place of prompts.
    templates: Vec<prompts::Template>,
}

impl Tests<'_> {
    fn cases(&mut self, root: &DeTable<'_>) -> Vec<TestCase> {
        let problems = &mut *self.reading.problems;
        let root = Table::open(
            root,
            0..0,
            "the file with the tests",
            &test_keys::TESTS,
            problems,
        );
        let defaults = root.below("defaults", "`defaults`", problems);
        let defaults = defaults.map_or_else(TestCase::default, |it| self.given(&it));
        let values = root.list("cases", self.reading.problems);
        if values.is_empty() {
            let place = root.entry("cases").map_or(0..0, |entry| entry.place());
            let hint = "begin one with `[[cases]]`";
            let problems = &mut *self.reading.problems;
            problems.error("no-cases", place, "there are no cases", hint);
        }
        let (mut cases, mut ids) = (Vec::new(), BTreeSet::new());
        for (place, value) in values.into_iter().enumerate() {
            let problems = &mut *self.reading.problems;
            let Some(own) = table(value, "cases", problems) else {
                continue;
            };
            let opened = Table::open(own, value.span(), "a case", &test_keys::CASE, problems);
            let id = opened.string("id", problems);
            let id_text = match &id {
                Some(id) if is_id(&id.value) => id.value.clone(),
                Some(id) => {
                    let message = "an `id` is a word or a few in one line";
                    let hint = "it names the case where it is told what came of it";
                    problems.error("bad-id", id.span.start..id.span.end, message, hint);
                    (place + 1).to_string()
                }
                None => (place + 1).to_string(),
            };
            if !ids.insert(id_text.clone()) {
                let at = id.map_or_else(|| value.span(), |id| id.span.start..id.span.end);
                let message = format!("two cases have the id `{id_text}`");
                let hint = "give each case an `id` of its own";
                problems.error("same-id", at, message, hint);
            }
            self.within = format!("the case `{id_text}`");
            let own = TestCase {
                id: id_text,
                place,
                ..self.case(&opened)
            };
            self.check_inputs(&defaults, &own, &opened);
            cases.push(laid_over(&defaults, own));
        }
        cases
    }

    fn case(&mut self, opened: &Table<'_, '_>) -> TestCase {
        let (responses, cassette) = self.answered(opened);
        let problems = &mut *self.reading.problems;
        let nobody = opened.flag("nobody", problems);
        let declines = opened.flag("declines", problems);
        if nobody && declines {
            let place = opened.entry("declines").map_or(0..0, |entry| entry.place());
            let message = "who isn't there declines nothing";
            let hint = "say `nobody` or `declines`";
            problems.error("both", place, message, hint);
        }
        let person = match (nobody, declines) {
            (true, _) => WhoAnswers::Nobody,
            (_, true) => WhoAnswers::Declines,
            _ => WhoAnswers::Nothing,
        };
        TestCase {
            responses,
            cassette,
            person,
            expect: self.expected(opened),
            ..self.given(opened)
        }
    }

    /// What may be laid under every case, too.
    fn given(&mut self, opened: &Table<'_, '_>) -> TestCase {
        let reading = &mut self.reading;
        let workspace = opened.string("workspace", reading.problems);
        let mut files = workspace
            .and_then(|folder| {
                let found = reading.sources.folder(&folder.value);
                reading.found(found, folder.span.start..folder.span.end, &folder.value)
            })
            .unwrap_or_default();
        files.extend(reading.texts(opened, "files"));
        let settings = opened.entries_of("settings", reading.problems);
        self.check_names("setting", &settings, &self.plugin.settings);
        let settings = settings.iter().filter_map(|entry| {
            let value = json(entry.value, self.reading.problems)?;
            Some((entry.key.to_owned(), value))
        });
        let settings = settings.collect();
        let inputs = opened.entries_of("inputs", self.reading.problems);
        self.check_names("input", &inputs, &self.plugin.inputs);
        let prompts = self.prompts(opened);
        let documents = self.documents(opened);
        let checks = self.checks(opened);
        let http = self.served(opened);
        let reading = &mut self.reading;
        let grants = opened.below("grants", "`grants`", reading.problems);
        let workspace = grants
            .as_ref()
            .and_then(|grants| grants.word("workspace", reading.problems, "values"));
        let writes_prompts = grants
            .as_ref()
            .and_then(|grants| grants.word::<String>("prompts", reading.problems, "values"));
        TestCase {
            inputs: reading.texts(opened, "inputs"),
            settings,
            prompts,
            answers: reading.texts(opened, "answers"),
            files,
            workspace,
            prompts_writable: grants.map(|_| writes_prompts.is_some()),
            documents,
            http,
            retries: opened.number("retries", reading.problems),
            checks,
            ..TestCase::default()
        }
    }

    fn documents(
        &mut self,
        opened: &Table<'_, '_>,
    ) -> BTreeMap<StepPath, BTreeMap<String, String>> {
        let mut documents = BTreeMap::new();
        let steps = opened.table("documents", self.reading.problems);
        let Some((steps, place)) = steps else {
            return documents;
        };
        let steps = Table::open_any(steps, place);
        for entry in opened.entries_of("documents", self.reading.problems) {
            match entry.key.parse::<StepPath>() {
                Ok(path) if path.ids().next() != Some(&self.plugin.name) => {
                    let texts = self.reading.texts(&steps, entry.key);
                    documents.insert(path, texts);
                }
                Ok(_) => {
                    let message =
                        format!("no step depends on itself, and `{}` is tested", entry.key);
                    let hint = "give the step before it another name";
                    let problems = &mut *self.reading.problems;
                    problems.error("bad-name", entry.place(), message, hint);
                }
                Err(error) => {
                    let problems = &mut *self.reading.problems;
                    let hint = "write the path of a step, such as `requirement` or `\"requirement/refine\"`";
                    problems.error("bad-name", entry.place(), error.to_string(), hint);
                }
            }
        }
        documents
    }

    /// Reports the names that the plugin doesn't know.
    fn check_names(&mut self, kind: &str, entries: &[Entry<'_, '_>], known: &[Field]) {
        let known = || known.iter().map(|field| field.name.as_str());
        for entry in entries {
            if !known().any(|name| name == entry.key) {
                let name = &self.plugin.name;
                let message = format!("the plugin `{name}` has no {kind} `{}`", entry.key);
                let hint = suggestion(entry.key, known(), &format!("{kind}s"));
                let problems = &mut *self.reading.problems;
                problems.error("unknown-name", entry.place(), message, hint);
            }
        }
    }

    /// Reports the inputs that the step can't do without.
    fn check_inputs(&mut self, defaults: &TestCase, own: &TestCase, opened: &Table<'_, '_>) {
        let given =
            |name: &String| defaults.inputs.contains_key(name) || own.inputs.contains_key(name);
        let required = self.plugin.inputs.iter().filter(|input| input.required);
        for missing in required.filter(|input| !given(&input.name)) {
            let name = &missing.name;
            let message = format!("the case `{}` lacks the input `{name}`", own.id);
            let hint = format!("write `inputs.{name} = \"…\"`: {}", missing.description);
            let problems = &mut *self.reading.problems;
            problems.error("missing-input", opened.place.clone(), message, hint);
        }
    }
}

/// Whether a case can be told by it.
fn is_id(text: &str) -> bool {
    !text.trim().is_empty() && !text.chars().any(char::is_control)
}

/// A case with what every case has laid under it.
fn laid_over(defaults: &TestCase, own: TestCase) -> TestCase {
    fn under<K: Ord + Clone, V: Clone>(
        defaults: &BTreeMap<K, V>,
        own: BTreeMap<K, V>,
    ) -> BTreeMap<K, V> {
        let mut laid = defaults.clone();
        laid.extend(own);
        laid
    }
    let mut checks = defaults.checks.clone();
    // The first one that is meant answers.
    let http = [own.http, defaults.http.clone()].concat();
    checks.extend(own.checks);
    let shared = defaults.answers.keys();
    let shared = shared.filter(|key| !own.answers.contains_key(*key));
    TestCase {
        shared_answers: shared.cloned().collect(),
        inputs: under(&defaults.inputs, own.inputs),
        settings: under(&defaults.settings, own.settings),
        prompts: under(&defaults.prompts, own.prompts),
        answers: under(&defaults.answers, own.answers),
        files: under(&defaults.files, own.files),
        documents: under(&defaults.documents, own.documents),
        workspace: own.workspace.or(defaults.workspace),
        prompts_writable: own.prompts_writable.or(defaults.prompts_writable),
        retries: own.retries.or(defaults.retries),
        checks,
        http,
        ..own
    }
}
