//! Reads the operator's `stepwell.toml`.
//!
//! A key of a provider doesn't belong into it. Where one stands there nevertheless, no message shows it.

use std::path::PathBuf;
use std::sync::Arc;

use stepwell_contract::{
    Budget, Limits, ModelSettings, ModelsSettings, Pricing, ProviderSettings, Rates, did_you_mean,
    listed, suggestion,
};
use toml::de::DeTable;

use crate::configuration::{
    Budgets, Configuration, KNOWN_PROVIDERS, Retention, SandboxSettings, known_provider, provider,
};
use crate::definition::Located;
use crate::diagnostics::{Diagnostic, Problems, Source};
use crate::keys;
use crate::parse::limits;
use crate::reader::Table;
use crate::secrets::{SECRETS, hide_secrets, refuse_secrets};
use crate::values::{self, Entry};

/// Reads a configuration and finds every problem of it. It comes back only where there is no error.
#[must_use]
pub fn parse_configuration(source: &str, file: &str) -> (Option<Configuration>, Vec<Diagnostic>) {
    let source = Source::new(file, source);
    let mut problems = Problems::new(Arc::clone(&source));
    let configuration =
        values::document(&source, &mut problems).map(|table| configuration(&table, &mut problems));
    let is_good = !problems.has_errors();
    let mut found = problems.into_sorted();
    hide_secrets(&source.text, &mut found);
    (configuration.filter(|_| is_good), found)
}

fn configuration(table: &DeTable<'_>, problems: &mut Problems) -> Configuration {
    let root = Table::open(
        table,
        0..0,
        "the configuration",
        &keys::CONFIGURATION,
        problems,
    );
    Configuration {
        models: models(&root, problems),
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

fn models(root: &Table<'_, '_>, problems: &mut Problems) -> ModelsSettings {
    let mut settings = ModelsSettings::default();
    for entry in root.entries_of("providers", problems) {
        if let Some(provider) = provider_settings(&entry, problems) {
            settings.providers.insert(entry.key.to_owned(), provider);
        }
    }
    let declared = root.keys_of("providers");
    for entry in root.entries_of("models", problems) {
        check_short_name(&entry, problems);
        let Some(model) = model_settings(&entry, &declared, problems) else {
            continue;
        };
        if let Some(known) = known_provider(&model.provider) {
            settings
                .providers
                .entry(model.provider.clone())
                .or_insert(known);
        }
        settings.models.insert(entry.key.to_owned(), model);
    }
    settings.default_model = default_model(root, problems);
    settings
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
        problems.error("unknown-model", model.span, message, hint);
    }
    Some(model.value)
}

fn provider_settings(entry: &Entry<'_, '_>, problems: &mut Problems) -> Option<ProviderSettings> {
    let what = format!("provider `{}`", entry.key);
    let table = values::table(entry.value, entry.key, problems)?;
    refuse_secrets(table, entry.key, problems);
    let table = Table::open_except(
        table,
        entry.place(),
        &what,
        &keys::PROVIDER,
        SECRETS,
        problems,
    );
    let known = known_provider(entry.key);
    if known.is_none() {
        let needs_none = listed(KNOWN_PROVIDERS);
        let hint = format!("add `kind = \"openai-chat\"`; only {needs_none} need none");
        table.lacks("kind", format!("{what} has no `kind`"), hint, problems);
        let hint = "add `base_url = \"http://localhost:8080/v1\"`, or wherever it is";
        let message = format!("{what} has no `base_url`");
        table.lacks("base_url", message, hint, problems);
    }
    let kind = table.word("kind", problems, "kinds");
    let base_url = table
        .string("base_url", problems)
        .and_then(|url| base_url(&url, problems));
    let key_variable = table.string("key_variable", problems);
    let key_variable = key_variable.and_then(|variable| variable_name(&variable, problems));
    let base = known.unwrap_or_else(|| provider(String::new(), None));
    Some(ProviderSettings {
        kind: kind.unwrap_or(base.kind),
        base_url: base_url.unwrap_or(base.base_url),
        key_variable: key_variable.or(base.key_variable),
        stall_timeout: table
            .duration("stall_timeout", problems)
            .unwrap_or(base.stall_timeout),
        connect_timeout: table
            .duration("connect_timeout", problems)
            .unwrap_or(base.connect_timeout),
        retries: table.number("retries", problems).unwrap_or(base.retries),
        concurrency: table
            .number("concurrency", problems)
            .unwrap_or(base.concurrency),
        requests_per_minute: table.number("requests_per_minute", problems),
    })
}

fn base_url(url: &Located<String>, problems: &mut Problems) -> Option<String> {
    let trimmed = url.value.trim_end_matches('/');
    let host = trimmed
        .strip_prefix("https://")
        .or_else(|| trimmed.strip_prefix("http://"));
    let Some(host) = host.filter(|host| !host.is_empty() && !host.contains(char::is_whitespace))
    else {
        problems.error(
            "bad-url",
            url.span,
            "`base_url` must be a web address",
            "such as `\"https://api.openai.com/v1\"`",
        );
        return None;
    };
    if host
        .split('/')
        .next()
        .is_some_and(|authority| authority.contains('@'))
    {
        problems.error(
            "literal-key",
            url.span,
            "`base_url` holds a name or a password",
            "name the environment variable that holds the key: `key_variable = \"…\"`",
        );
        return None;
    }
    Some(trimmed.to_owned())
}

fn variable_name(variable: &Located<String>, problems: &mut Problems) -> Option<String> {
    let mut characters = variable.value.chars();
    let good = characters
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && characters.all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !good {
        // The value isn't shown: it may be the key itself.
        problems.error(
            "bad-variable",
            variable.span,
            "`key_variable` must be the name of an environment variable, not a key",
            "such as `\"OPENAI_API_KEY\"`",
        );
        return None;
    }
    Some(variable.value.clone())
}

fn model_settings(
    entry: &Entry<'_, '_>,
    declared: &[&str],
    problems: &mut Problems,
) -> Option<ModelSettings> {
    if entry.value.get_ref().is_str() {
        let text = values::string(entry.value, entry.key, problems)?;
        let (provider, model) = provider_and_model(&text, declared, problems)?;
        return Some(ModelSettings {
            provider,
            model,
            prices: None,
            max_output_tokens: None,
            thinking_prefilled: false,
            tools: true,
        });
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
    let tools = table.boolean("tools", problems).unwrap_or(true);
    let text = table.string("model", problems)?;
    let (provider, model) = provider_and_model(&text, declared, problems)?;
    Some(ModelSettings {
        provider,
        model,
        prices,
        max_output_tokens,
        thinking_prefilled,
        tools,
    })
}

fn provider_and_model(
    text: &Located<String>,
    declared: &[&str],
    problems: &mut Problems,
) -> Option<(String, String)> {
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
    if !declared.contains(&provider) && known_provider(provider).is_none() {
        let all = declared.iter().chain(KNOWN_PROVIDERS).copied();
        let hint = did_you_mean(provider, all).unwrap_or_else(|| {
            format!("declare it: `[providers.{provider}]` with `kind` and `base_url`")
        });
        let message = format!("there is no provider `{provider}`");
        problems.error("unknown-provider", text.span, message, hint);
    }
    Some((provider.to_owned(), model.to_owned()))
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
