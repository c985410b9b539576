//! Reads the operator's `stepwell.toml`.
//!
//! A key of a provider doesn't belong into it. Where one stands there nevertheless, no message shows it.

use std::path::PathBuf;
use std::sync::Arc;

use stepwell_contract::{
    Budget, KnownAddress, KnownProvider, Limits, ModelSettings, ModelsSettings, Pricing, Rates,
    did_you_mean, listed, suggestion,
};
use toml::de::DeTable;

use crate::configuration::{Budgets, Configuration, Retention, SandboxSettings};
use crate::diagnostics::{Diagnostic, Problems, Source, UNKNOWN_MODEL};
use crate::inference::inference;
use crate::keys;
use crate::located::Located;
use crate::parse::limits;
use crate::parse_providers;
use crate::reader::Table;
use crate::secrets::hide_secrets;
use crate::values::{self, Entry};

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
        store: store(&root, problems),
        sandbox: sandbox(&root, problems),
        retention: retention(&root, problems),
    }
}

fn models(
    root: &Table<'_, '_>,
    known: &[KnownProvider],
    problems: &mut Problems,
) -> ModelsSettings {
    let mut settings = ModelsSettings::default();
    for entry in root.entries_of("providers", problems) {
        if let Some(provider) = parse_providers::provider(&entry, known, problems) {
            settings.providers.insert(entry.key.to_owned(), provider);
        }
    }
    let declared = root.keys_of("providers");
    let short_names = root.keys_of("models");
    let there = There {
        declared: &declared,
        models: &short_names,
        known,
    };
    for entry in root.entries_of("models", problems) {
        check_short_name(&entry, problems);
        let Some(Named { mut model, said }) = model_settings(&entry, &there, problems) else {
            continue;
        };
        if let Some(known) = KnownProvider::find(known, &model.provider) {
            let provider = settings.providers.entry(model.provider.clone());
            provider.or_insert_with(|| known.settings());
        }
        if let Some(provider) = settings.providers.get(&model.provider) {
            model.tools = said.tools.unwrap_or(provider.tools);
            model.schemas = said.schemas.unwrap_or(provider.schemas);
        }
        settings.models.insert(entry.key.to_owned(), model);
    }
    settings.default_model = default_model(root, problems);
    // Who names one model means it.
    if settings.default_model.is_none()
        && let [only] = root.keys_of("models")[..]
    {
        settings.default_model = Some(only.to_owned());
    }
    settings
}

/// The providers that a model can be at.
struct There<'t> {
    declared: &'t [&'t str],
    /// The short names of the models themselves.
    models: &'t [&'t str],
    known: &'t [KnownProvider],
}

/// A model, and what is said of it where its provider's word holds otherwise.
struct Named {
    model: ModelSettings,
    said: Understands,
}

/// What a model understands, as far as the file says so of it.
#[derive(Default)]
struct Understands {
    tools: Option<bool>,
    schemas: Option<bool>,
}

fn check_short_name(entry: &Entry<'_, '_>, problems: &mut Problems) {
    let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if entry.key.is_empty() || !entry.key.chars().all(fine) {
        problems.error(
            "bad-name",
            entry.place(),
            format!("`{}` can't be the short name of a model", entry.key),
            "use letters, digits, `-`, `_` and `.`, such as `writer`",
        );
    }
}

fn default_model(root: &Table<'_, '_>, problems: &mut Problems) -> Option<String> {
    let table = root.below("defaults", "`[defaults]`", problems)?;
    let model = table.string("model", problems)?;
    let known = root.keys_of("models");
    if !known.contains(&model.value.as_str()) {
        let message = format!("there is no model `{}`", model.value);
        let hint = suggestion(&model.value, known.iter().copied(), "models");
        problems.error(UNKNOWN_MODEL, model.span, message, hint);
    }
    Some(model.value)
}

fn model_settings(
    entry: &Entry<'_, '_>,
    there: &There<'_>,
    problems: &mut Problems,
) -> Option<Named> {
    if entry.value.get_ref().is_str() {
        let text = values::string(entry.value, entry.key, problems)?;
        let model = provider_and_model(&text, there, problems)?;
        let said = Understands::default();
        return Some(Named { model, said });
    }
    let Some(table) = entry.value.get_ref().as_table() else {
        values::wrong_type(entry.value, entry.key, "a text or a table", problems);
        return None;
    };
    let what = format!("model `{}`", entry.key);
    let table = Table::open(table, entry.place(), &what, &keys::MODEL, problems);
    let message = format!("{what} doesn't say which model it is");
    let hint = "add `model = \"PROVIDER/MODEL\"`";
    table.lacks("model", message, hint, problems);
    let prices = pricing(&table, &what, problems);
    let max_output_tokens = table.number("max_output_tokens", problems);
    let thinking_prefilled = table.flag("thinking_prefilled", problems);
    let inference = inference(&table, problems);
    let fallback = fallback(&table, entry.key, there, problems);
    let reuse_answers = table.duration("reuse_answers", problems);
    let said = Understands {
        tools: table.boolean("tools", problems),
        schemas: table.boolean("schemas", problems),
    };
    let text = table.string("model", problems)?;
    let model = ModelSettings {
        prices,
        max_output_tokens,
        thinking_prefilled,
        inference,
        fallback,
        reuse_answers,
        ..provider_and_model(&text, there, problems)?
    };
    Some(Named { model, said })
}

/// The key `fallback` of a model: short names of others.
fn fallback(
    table: &Table<'_, '_>,
    of: &str,
    there: &There<'_>,
    problems: &mut Problems,
) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for value in table.list("fallback", problems) {
        let Some(name) = values::string(value, "fallback", problems) else {
            continue;
        };
        let given = name.value;
        if given == of || names.contains(&given) {
            let message = match given == of {
                true => format!("the model `{of}` falls back on itself"),
                false => format!("the model `{of}` falls back on `{given}` twice"),
            };
            let hint = "leave it out, or name another model";
            problems.error("bad-fallback", name.span, message, hint);
        } else if !there.models.contains(&given.as_str()) {
            let message = format!("there is no model `{given}`");
            let hint = suggestion(&given, there.models.iter().copied(), "models");
            problems.error("unknown-model", name.span, message, hint);
        }
        names.push(given);
    }
    names
}

/// The model that a text names, of which nothing more is said.
fn provider_and_model(
    text: &Located<String>,
    there: &There<'_>,
    problems: &mut Problems,
) -> Option<ModelSettings> {
    let parts = text.value.split_once('/');
    let Some((provider, model)) =
        parts.filter(|(provider, model)| !provider.is_empty() && !model.is_empty())
    else {
        problems.error(
            "bad-model",
            text.span,
            format!("`{}` is not a provider and a model", text.value),
            "write `PROVIDER/MODEL`, such as `\"openai/gpt-5\"`",
        );
        return None;
    };
    if !there.declared.contains(&provider) {
        check_known(provider, text, there, problems);
    }
    Some(ModelSettings::new(provider, model))
}

/// A provider without a section has to be known, and to have an address that is the same for everybody.
fn check_known(provider: &str, text: &Located<String>, there: &There<'_>, problems: &mut Problems) {
    match KnownProvider::find(there.known, provider) {
        Some(known) => {
            if let KnownAddress::Own(example) = known.address {
                let message = format!("the provider `{provider}` has no `base_url`");
                let hint = parse_providers::own_address(known, example);
                problems.error("missing-key", text.span, message, hint);
            }
        }
        None => {
            let message = format!("there is no provider `{provider}`");
            let hint = there.hint(provider);
            problems.error("unknown-provider", text.span, message, hint);
        }
    }
}

impl There<'_> {
    /// What may have been meant by a provider that isn't there.
    fn hint(&self, provider: &str) -> String {
        if let Some(known) = KnownProvider::meant(self.known, provider) {
            return format!("{} is known as `{}`", known.title, known.name);
        }
        let known = self.known.iter().map(|it| it.name);
        let all = self.declared.iter().copied().chain(known.clone());
        did_you_mean(provider, all).unwrap_or_else(|| {
            format!(
                "declare it: `[providers.{provider}]` with `kind` and `base_url`; known without that are {}",
                listed(known)
            )
        })
    }
}

fn pricing(table: &Table<'_, '_>, what: &str, problems: &mut Problems) -> Option<Pricing> {
    let what = format!("`price` of {what}");
    if table
        .entry("price")
        .is_some_and(|entry| entry.value.get_ref().is_str())
    {
        let word = table.string("price", problems)?;
        if word.value == keys::UNKNOWN_PRICE {
            return Some(Pricing::Unknown);
        }
        let message = format!("{what} is no price");
        let hint =
            "write `{ input = …, output = … }` in dollars for a million tokens, or `\"unknown\"`";
        problems.error("bad-price", word.span, message, hint);
        return None;
    }
    let prices = table.below("price", &what, problems)?;
    for key in keys::PRICE.all().filter(|key| key.is_required) {
        // An unknown price is unknown, never nothing.
        let key = key.name;
        let hint = format!("add `{key} = …`, in dollars for a million tokens");
        prices.lacks(key, format!("{what} has no `{key}`"), hint, problems);
    }
    let (input, output) = (
        prices.money("input", problems),
        prices.money("output", problems),
    );
    let cache_read = prices.money("cache_read", problems);
    let cache_write = prices.money("cache_write", problems);
    let cache_write_hour = prices.money("cache_write_hour", problems);
    let rates = Rates {
        input: input?,
        output: output?,
        cache_read,
        cache_write,
        cache_write_hour,
    };
    Some(Pricing::Given(rates.into()))
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

fn budget(table: &Table<'_, '_>, key: &str, what: &str, problems: &mut Problems) -> Budget {
    let Some(table) = table.below(key, what, problems) else {
        return Budget::default();
    };
    Budget {
        tokens: table.number("tokens", problems),
        money: table.money("money", problems),
    }
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

fn retention(root: &Table<'_, '_>, problems: &mut Problems) -> Retention {
    let Some(table) = root.below("retention", "`[retention]`", problems) else {
        return Retention::default();
    };
    Retention {
        days: table.number("days", problems),
        runs: table.number("runs", problems),
    }
}
