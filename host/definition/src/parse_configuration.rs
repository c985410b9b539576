//! Reads the operator's `stepwell.toml`.
//!
//! A key of a provider doesn't belong into it. Where one stands there nevertheless, no message shows it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use stepwell_contract::{HttpInside, KnownProvider, Limits, Uses};
use toml::de::DeTable;

use crate::budgeted::budget;
use crate::configuration::{
    Budgets, Configuration, ConfigurationLines, Retention, SandboxSettings,
};
use crate::diagnostics::{Diagnostic, Problems, Source};
use crate::hosts::hosts;
use crate::keys;
use crate::parse::{checked_uses, limits};
use crate::parse_models::models;
use crate::parse_sources::sources;
use crate::reader::Table;
use crate::secrets::hide_secrets;
use crate::values;

/// Reads a configuration and finds every problem of it. It comes back only where there is no error. `known` are the providers
/// that need no section.
#[must_use]
pub fn parse_configuration(
    source: &str,
    file: &str,
    known: &[KnownProvider],
) -> (Option<Configuration>, Vec<Diagnostic>) {
    let source = Source::new(file, source);
    let mut problems = Problems::new(Arc::clone(&source));
    let configuration = values::document(&source, &mut problems)
        .map(|table| configuration(&table, known, &mut problems));
    let is_good = !problems.has_errors();
    let mut found = problems.into_sorted();
    hide_secrets(&source.text, &mut found);
    (configuration.filter(|_| is_good), found)
}

fn configuration(
    table: &DeTable<'_>,
    known: &[KnownProvider],
    problems: &mut Problems,
) -> Configuration {
    let root = Table::open(
        table,
        0..0,
        "the configuration",
        &keys::CONFIGURATION,
        problems,
    );
    Configuration {
        models: models(&root, known, problems),
        budgets: budgets(&root, problems),
        confirm_above: budget(&root, "confirm_above", "`confirm_above`", problems),
        in_doubt: root
            .word("in_doubt", problems, "values")
            .unwrap_or_default(),
        limits: limits(&root, problems).over(&Limits::default()),
        plugins: plugins(&root, problems),
        store: store(&root, problems),
        sandbox: sandbox(&root, problems),
        http_inside: http_inside(&root, problems),
        retention: retention(&root, problems),
        sources: sources(&root, problems),
        lines: lines(&root, problems),
    }
}

fn lines(root: &Table<'_, '_>, problems: &Problems) -> ConfigurationLines {
    let below = |table: &str, key: &str| {
        let table = root.entry(table)?.value.get_ref().as_table()?;
        let entries = values::entries(table);
        let entry = entries.into_iter().find(|entry| entry.key == key)?;
        Some(problems.source.span(entry.place()).start_line)
    };
    let limits = root.entry("limits");
    ConfigurationLines {
        default_model: below("defaults", "model"),
        run_budget: below("budgets", "run"),
        step_budget: below("budgets", "step"),
        day_budget: below("budgets", "day"),
        limits: limits.map(|entry| problems.source.span(entry.place()).start_line),
        http_inside: below("http", "inside"),
    }
}

fn budgets(root: &Table<'_, '_>, problems: &mut Problems) -> Budgets {
    let Some(table) = root.below("budgets", "`[budgets]`", problems) else {
        return Budgets::default();
    };
    Budgets {
        run: budget(&table, "run", "budget `run`", problems),
        step: budget(&table, "step", "budget `step`", problems),
        day: budget(&table, "day", "budget `day`", problems),
    }
}

/// The key `plugins`: what `uses` says, by the operator's names.
fn plugins(root: &Table<'_, '_>, problems: &mut Problems) -> BTreeMap<String, String> {
    let mut plugins = BTreeMap::new();
    for entry in root.entries_of("plugins", problems) {
        let name = values::key_name(&entry, problems);
        let uses = values::string(entry.value, entry.key, problems);
        let uses = uses.and_then(|uses| checked_uses(uses, problems));
        let (Some(name), Some(uses)) = (name, uses) else {
            continue;
        };
        // It would be another name, and what that means would depend on what else stands there.
        if !Uses::of(&uses.value).is_path() && Uses::of(&uses.value).is_file() {
            let message = format!("the plugin `{}` is `{}`, a name", name.value, uses.value);
            let hint = format!("say where it is, such as `\"./{}\"`", uses.value);
            problems.error("bad-uses", uses.span, message, hint);
            continue;
        }
        plugins.insert(name.value.to_string(), uses.value);
    }
    plugins
}

fn store(root: &Table<'_, '_>, problems: &mut Problems) -> Option<String> {
    let path = root.string("store", problems)?;
    if path.value.trim().is_empty() {
        let hint = "name a directory, such as `\".stepwell\"`";
        problems.error("bad-store", path.span, "`store` is empty", hint);
        return None;
    }
    Some(path.value)
}

fn sandbox(root: &Table<'_, '_>, problems: &mut Problems) -> SandboxSettings {
    let Some(table) = root.below("sandbox", "`[sandbox]`", problems) else {
        return SandboxSettings::default();
    };
    SandboxSettings {
        max_instances: table.number("max_instances", problems),
        compile_time: table.duration("compile_time", problems),
        compile_memory: table.size("compile_memory", problems),
        read: folders(&table, problems),
    }
}

/// The key `read`: absolute paths.
fn folders(table: &Table<'_, '_>, problems: &mut Problems) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for value in table.list("read", problems) {
        let Some(path) = values::string(value, "read", problems) else {
            continue;
        };
        if !path.value.starts_with('/') {
            let message = format!(
                "`sandbox.read` names `{}`, which isn't absolute",
                path.value
            );
            let hint = "what lies in the project needs no such line";
            problems.error("bad-read", path.span, message, hint);
        }
        folders.push(PathBuf::from(path.value));
    }
    folders
}

/// The key `inside` of the table `http`.
fn http_inside(root: &Table<'_, '_>, problems: &mut Problems) -> Vec<HttpInside> {
    let Some(table) = root.below("http", "`[http]`", problems) else {
        return Vec::new();
    };
    let read = hosts(&table, "inside", HttpInside::parse, problems);
    read.into_iter().map(|line| line.value).collect()
}

fn retention(root: &Table<'_, '_>, problems: &mut Problems) -> Retention {
    let Some(table) = root.below("retention", "`[retention]`", problems) else {
        return Retention::default();
    };
    Retention {
        days: table.number("days", problems),
        runs: table.number("runs", problems),
    }
}
