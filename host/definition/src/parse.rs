//! Reads a workflow definition: keys, types and names. What its references mean is for the check.

use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::IndexMap;
use stepwell_contract::{Name, Publish, Remedy};
use toml::de::{DeTable, DeValue};

use crate::bounds;
use crate::budgeted::budget;
use crate::condition::when;
use crate::definition::{Defaults, Definition, InputDefinition, LimitOverrides, StepDefinition};
use crate::diagnostics::{Diagnostic, Problems, Source};
use crate::granted::grants;
use crate::inference::inference;
use crate::keeping::{file, keep};
use crate::keys;
use crate::located::Located;
use crate::reader::{Refused, Table};
use crate::repetition::{for_each, repeat};
use crate::template::RawTemplate;
use crate::text_places::TextPlaces;
use crate::values::{self, Entry, TomlValue};

/// The most bytes of a definition's text. What is large goes into a file that an input names.
pub const LARGEST_DEFINITION: usize = 1 << 20;

/// The most bytes of what names a plugin: as many as a path may have.
const LONGEST_USES: usize = 4096;

/// Reads a definition and finds every problem of it.
///
/// A definition comes back also where there are errors, as long as there is something to check further; no plan
/// is ever made of it then.
#[must_use]
pub fn parse_definition(source: &str, file: &str) -> (Option<Definition>, Vec<Diagnostic>) {
    if source.len() > LARGEST_DEFINITION {
        return (None, vec![too_large(source, file)]);
    }
    let source = Source::new(file, source);
    let mut problems = Problems::new(Arc::clone(&source));
    if !bounds::few_references(&source, &mut problems) {
        return (None, problems.into_sorted());
    }
    let definition = values::document(&source, &mut problems).and_then(|table| {
        if !bounds::few_steps(&table, &mut problems) {
            return None;
        }
        let mut definition = definition(&table, &source, &mut problems)?;
        definition.broken = problems.has_errors();
        Some(definition)
    });
    (definition, problems.into_sorted())
}

/// The one problem of a text that isn't even looked at.
fn too_large(source: &str, file: &str) -> Diagnostic {
    let mut problems = Problems::new(Source::new(file, ""));
    problems.error(
        "too-large",
        None,
        format!(
            "the definition has {} bytes; at most {LARGEST_DEFINITION} are read",
            source.len()
        ),
        "put what is large into a file, and give it as an input",
    );
    problems.mended_by(Remedy::GiveAsInput);
    problems.into_sorted().remove(0)
}

fn definition(
    table: &DeTable<'_>,
    source: &Arc<Source>,
    problems: &mut Problems,
) -> Option<Definition> {
    let root = Table::open(table, 0..0, "a definition", &keys::DEFINITION, problems);
    let name = root.name("name", problems).map(|name| name.value);
    if root.entry("name").is_none() {
        problems.error(
            "missing-key",
            None,
            "the workflow has no name",
            "begin the file with `name = \"my_workflow\"`",
        );
    }
    let mut incomplete = false;
    let mut inputs = IndexMap::new();
    for entry in root.entries_of("inputs", problems) {
        match input(&entry, problems) {
            Some((name, input)) => {
                inputs.insert(name, input);
            }
            None => incomplete = true,
        }
    }
    let workspace = root.string("workspace", problems);
    if let Some(path) = &workspace {
        check_workspace(path, problems);
    }
    let publish = publish(&root, problems);
    let (steps, lost) = steps(&root, "the workflow", problems);
    if root.entry("steps").is_none() {
        problems.error(
            "no-steps",
            None,
            "the workflow has no steps",
            "add one: `[[steps]]`, `id = \"…\"`, `uses = \"builtin:…\"`",
        );
    }
    Some(Definition {
        // A name is needed to check on; no plan is made of a definition without one.
        name: name.or_else(|| Name::new("unnamed").ok())?,
        description: root.text("description", problems).unwrap_or_default(),
        inputs,
        workspace,
        publish,
        defaults: defaults(&root, problems),
        incomplete: incomplete || lost,
        steps,
        source: Arc::clone(source),
        broken: false,
    })
}

/// The key `publish`.
fn publish(root: &Table<'_, '_>, problems: &mut Problems) -> Option<Publish> {
    let word = root.word_or("publish", problems, |given| Refused {
        code: "bad-publish",
        message: format!("`publish` can't be `{given}`"),
        kind: "values",
    });
    word.map(|word| word.value)
}

fn check_workspace(path: &Located<String>, problems: &mut Problems) {
    let text = path.value.as_str();
    let absolute = text.starts_with(['/', '\\', '~']) || text.get(1..2) == Some(":");
    if text.is_empty() || absolute {
        problems.error(
            "bad-workspace",
            path.span,
            format!("`workspace` must be a relative path, not `{text}`"),
            "it counts from the project's directory, such as `\"src\"`; another directory is given with the run",
        );
        problems.mended_by(Remedy::NameWorkspaceBelow);
    }
}

fn input(entry: &Entry<'_, '_>, problems: &mut Problems) -> Option<(Name, InputDefinition)> {
    let name = values::key_name(entry, problems);
    let Some(table) = entry.value.get_ref().as_table() else {
        values::wrong_type(entry.value, entry.key, "a table", problems);
        problems.hint(format!("write `{} = {{ description = \"…\" }}`", entry.key));
        return None;
    };
    let what = format!("input `{}`", entry.key);
    let table = Table::open(table, entry.place(), &what, &keys::INPUT, problems);
    let description = table.text("description", problems).unwrap_or_default();
    let default = table.text("default", problems);
    let file = file(&table, problems);
    let Located { value, span } = name?;
    let input = InputDefinition {
        description,
        default,
        file,
        span,
    };
    Some((value, input))
}

fn defaults(root: &Table<'_, '_>, problems: &mut Problems) -> Defaults {
    let Some(table) = root.below("defaults", "`[defaults]`", problems) else {
        return Defaults::default();
    };
    Defaults {
        model: table.string("model", problems),
        retries: table.number("retries", problems),
        limits: limits(&table, problems),
        limits_place: table
            .entry("limits")
            .map(|entry| problems.source.span(entry.place())),
    }
}

fn concurrency(table: &Table<'_, '_>, problems: &mut Problems) -> Option<Located<u32>> {
    let value = table.number("concurrency", problems)?;
    let span = table.entry("concurrency")?.value.span();
    let span = problems.source.span(span);
    Some(Located { value, span })
}

/// The table `limits`.
pub(crate) fn limits(table: &Table<'_, '_>, problems: &mut Problems) -> LimitOverrides {
    let Some(table) = table.below("limits", "`limits`", problems) else {
        return LimitOverrides::default();
    };
    LimitOverrides::read(&table, problems)
}

/// The steps below a table, and whether some couldn't be read.
fn steps(
    table: &Table<'_, '_>,
    owner: &str,
    problems: &mut Problems,
) -> (Vec<StepDefinition>, bool) {
    let Some(entry) = table.entry("steps") else {
        return (Vec::new(), false);
    };
    let Some(items) = entry.value.get_ref().as_array() else {
        values::wrong_type(entry.value, "steps", "an array of tables", problems);
        problems.hint("write `[[steps]]`, with two brackets");
        return (Vec::new(), true);
    };
    if items.is_empty() {
        problems.error(
            "no-steps",
            entry.place(),
            format!("{owner} has no steps"),
            None,
        );
    }
    let mut steps: Vec<StepDefinition> = Vec::new();
    let mut lost = false;
    for item in items {
        let Some(step) = step(item, problems) else {
            lost = true;
            continue;
        };
        if let Some(twin) = steps.iter().find(|twin| twin.id.value == step.id.value) {
            problems.error(
                "duplicate-id",
                step.id.span,
                format!("{owner} has two steps with the id `{}`", step.id.value),
                format!(
                    "the other one is on line {}; give one of them another id",
                    twin.id.span.start_line
                ),
            );
            continue;
        }
        steps.push(step);
    }
    (steps, lost)
}

fn step(item: &TomlValue<'_>, problems: &mut Problems) -> Option<StepDefinition> {
    let table = values::table(item, "steps", problems)?;
    let what = match table.get("id").and_then(|id| id.get_ref().as_str()) {
        Some(id) => format!("step `{id}`"),
        None => "a step".to_owned(),
    };
    let table = Table::open(table, item.span(), &what, &keys::STEP, problems);
    let id = table.name("id", problems);
    table.lacks("id", "a step has no id", "add `id = \"…\"`", problems);
    let (steps, lost_steps) = steps(&table, &what, problems);
    let uses = table.string("uses", problems);
    let uses = uses.and_then(|uses| checked_uses(uses, problems));
    let step = StepDefinition {
        lost_uses: uses.is_none() && table.has_something_like("uses"),
        uses,
        model: table.string("model", problems),
        inference: inference(&table, problems),
        settings: settings(&table, problems),
        prompts: prompts(&table, problems),
        keep: keep(&table, problems),
        grants: grants(&table, &what, problems),
        budget: budget(&table, "budget", &format!("`budget` of {what}"), problems),
        limits: limits(&table, problems),
        retries: table.number("retries", problems),
        for_each: for_each(&table, problems),
        repeat: repeat(&table, &what, problems),
        when: when(&table, &what, problems),
        concurrency: concurrency(&table, problems),
        optional: table.flag("optional", problems),
        inputs: step_inputs(&table, problems),
        keys: keys::STEP
            .names()
            .filter_map(|key| {
                let entry = table.entry(key)?;
                Some((key, problems.source.span(entry.place())))
            })
            .collect(),
        steps,
        lost_steps,
        id: id?,
    };
    Some(step)
}

/// What names a plugin: none where nothing can be meant by it.
pub(crate) fn checked_uses(
    uses: Located<String>,
    problems: &mut Problems,
) -> Option<Located<String>> {
    let is_what = if uses.value.trim().is_empty() {
        "`uses` is empty".to_owned()
    } else if uses.value.len() > LONGEST_USES {
        format!(
            "`uses` has {} bytes: a path has at most {LONGEST_USES}",
            uses.value.len()
        )
    } else {
        return Some(uses);
    };
    let hint = "name a plugin, such as `\"builtin:requirement\"` or `\"plugins/mine.wasm\"`";
    problems.error("bad-uses", uses.span, is_what, hint);
    None
}

fn step_inputs(
    table: &Table<'_, '_>,
    problems: &mut Problems,
) -> Vec<(Located<Name>, RawTemplate)> {
    let mut inputs = Vec::new();
    for entry in table.entries_of("inputs", problems) {
        let name = values::key_name(&entry, problems);
        let template = match entry.value.get_ref() {
            DeValue::String(text) => {
                let places = TextPlaces::new(&problems.source, entry.value.span(), text);
                RawTemplate::parse(text, &|range| places.place(range), problems)
            }
            _ => {
                refuse_references(entry.value, problems);
                let json = values::json(entry.value, problems);
                RawTemplate::literal(json.map(|json| json.to_string()).unwrap_or_default())
            }
        };
        if let Some(name) = name {
            inputs.push((name, template));
        }
    }
    inputs
}

/// Inside of arrays and tables a reference would silently stay as it is.
fn refuse_references(value: &TomlValue<'_>, problems: &mut Problems) {
    match value.get_ref() {
        DeValue::String(text) if text.contains("{{") => problems.error(
            "nested-reference",
            value.span(),
            "references don't work inside of arrays and tables",
            "write the whole input as one text, such as `'{\"title\": {{ inputs.title | tojson }}}'`",
        ),
        DeValue::Array(items) => items.iter().for_each(|item| refuse_references(item, problems)),
        DeValue::Table(table) => table
            .iter()
            .for_each(|(_, value)| refuse_references(value, problems)),
        _ => {}
    }
}

fn settings(
    table: &Table<'_, '_>,
    problems: &mut Problems,
) -> BTreeMap<String, Located<serde_json::Value>> {
    let mut settings = BTreeMap::new();
    for entry in table.entries_of("settings", problems) {
        if let Some(value) = values::json(entry.value, problems) {
            let span = problems.source.span(entry.place());
            settings.insert(entry.key.to_owned(), Located { value, span });
        }
    }
    settings
}

fn prompts(
    table: &Table<'_, '_>,
    problems: &mut Problems,
) -> BTreeMap<String, (crate::Span, Located<Name>)> {
    let Some((prompts, place)) = table.table("prompts", problems) else {
        return BTreeMap::new();
    };
    let names = Table::open_any(prompts, place);
    let mut found = BTreeMap::new();
    for entry in values::entries(prompts) {
        if let Some(name) = names.name(entry.key, problems) {
            let span = problems.source.span(entry.place());
            found.insert(entry.key.to_owned(), (span, name));
        }
    }
    found
}
