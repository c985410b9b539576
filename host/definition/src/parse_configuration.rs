//! Reads the operator's `stepwell.toml`.
//!
//! A key of a provider doesn't belong into it. Where one stands there nevertheless, no message shows it.

use std::sync::Arc;

use stepwell_contract::{
    Budget, Limits, ModelSettings, ModelsSettings, Prices, ProviderKind, ProviderSettings,
};
use toml::de::DeTable;

use crate::configuration::{
    Budgets, Configuration, InDoubt, KNOWN_PROVIDERS, SandboxSettings, known_provider, provider,
};
use crate::definition::Located;
use crate::diagnostics::{Diagnostic, Problems, Source};
use crate::keys;
use crate::nearest::suggestion;
use crate::parse::limits;
use crate::reader::{self, Entry, Table};

/// Names under which people write a key into a file.
const SECRETS: &[&str] = &[
    "api_key",
    "apikey",
    "api-key",
    "key",
    "token",
    "secret",
    "password",
    "access_token",
    "auth_token",
    "bearer",
    "authorization",
    "openai_api_key",
];

/// Reads a configuration and finds every problem of it. It comes back only where there is no error.
#[must_use]
pub fn parse_configuration(source: &str, file: &str) -> (Option<Configuration>, Vec<Diagnostic>) {
    let source = Source::new(file, source);
    let mut problems = Problems::new(Arc::clone(&source));
    let configuration =
        reader::document(&source, &mut problems).map(|table| configuration(&table, &mut problems));
    let is_good = !problems.has_errors();
    let mut found = problems.into_sorted();
    hide_secrets(&source.text, &mut found);
    (configuration.filter(|_| is_good), found)
}

/// A line that may hold a key is never shown, nor is a word of a message that may be one, whatever it is about.
fn hide_secrets(source: &str, problems: &mut [Diagnostic]) {
    for problem in problems {
        problem.message = without_keys(&problem.message);
        problem.hint = problem.hint.as_deref().map(without_keys);
        let Some(span) = problem.span else { continue };
        let lines = source.split('\n').skip(span.start_line - 1);
        let mut shown = lines.take(span.end_line - span.start_line + 1);
        problem.secret = shown.any(looks_secret);
    }
}

fn looks_secret(line: &str) -> bool {
    words(line).any(|word| SECRETS.contains(&word.to_lowercase().as_str()) || is_like_a_key(word))
}

fn without_keys(text: &str) -> String {
    words(text)
        .filter(|word| is_like_a_key(word))
        .fold(text.to_owned(), |text, word| text.replace(word, "…"))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-')
}

/// Keys are long and mix letters with digits, or start as those of the known providers do.
fn is_like_a_key(word: &str) -> bool {
    let has = |kind: fn(&char) -> bool| word.chars().any(|c| kind(&c));
    word.to_lowercase().contains("sk-")
        || word.len() >= 24 && has(char::is_ascii_digit) && has(char::is_ascii_alphabetic)
}

fn configuration(table: &DeTable<'_>, problems: &mut Problems) -> Configuration {
    let root = Table::open(
        table,
        0..0,
        "the configuration",
        keys::CONFIGURATION,
        problems,
    );
    Configuration {
        models: models(&root, problems),
        budgets: budgets(&root, problems),
        in_doubt: in_doubt(&root, problems),
        limits: limits(&root, problems).over(&Limits::default()),
        store: store(&root, problems),
        sandbox: sandbox(&root, problems),
    }
}

fn models(root: &Table<'_, '_>, problems: &mut Problems) -> ModelsSettings {
    let mut settings = ModelsSettings::default();
    for entry in root.entries_of("providers", problems) {
        if let Some(provider) = provider_settings(&entry, problems) {
            settings.providers.insert(entry.key.to_owned(), provider);
        }
    }
    let declared: Vec<&str> = root
        .entry("providers")
        .and_then(|entry| entry.value.get_ref().as_table())
        .map(|table| table.keys().map(|key| key.get_ref().as_ref()).collect())
        .unwrap_or_default();
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
            "use letters, digits, `-`, `_` and `.`, such as `writer`".to_owned(),
        );
    }
}

fn default_model(root: &Table<'_, '_>, problems: &mut Problems) -> Option<String> {
    let (table, place) = root.table("defaults", problems)?;
    let table = Table::open(
        table,
        place,
        "`[defaults]`",
        keys::CONFIGURATION_DEFAULTS,
        problems,
    );
    let model = table.string("model", problems)?;
    let known: Vec<&str> = root
        .entry("models")
        .and_then(|entry| entry.value.get_ref().as_table())
        .map(|table| table.keys().map(|key| key.get_ref().as_ref()).collect())
        .unwrap_or_default();
    if !known.contains(&model.value.as_str()) {
        let message = format!("there is no model `{}`", model.value);
        let hint = suggestion(&model.value, known.iter().copied(), "models");
        problems.error("unknown-model", model.span, message, hint);
    }
    Some(model.value)
}

fn provider_settings(entry: &Entry<'_, '_>, problems: &mut Problems) -> Option<ProviderSettings> {
    let what = format!("provider `{}`", entry.key);
    let table = reader::table(entry.value, entry.key, problems)?;
    refuse_secrets(table, entry.key, problems);
    let table = Table::open_except(
        table,
        entry.place(),
        &what,
        keys::PROVIDER,
        SECRETS,
        problems,
    );
    let known = known_provider(entry.key);
    let kind = kind(&table, problems);
    if table.entry("kind").is_none() && known.is_none() {
        let hint = format!(
            "add `kind = \"openai-chat\"`; only {} need none",
            listed_providers()
        );
        problems.error(
            "missing-key",
            entry.place(),
            format!("{what} has no `kind`"),
            hint,
        );
    }
    let base_url = table
        .string("base_url", problems)
        .and_then(|url| base_url(&url, problems));
    if table.entry("base_url").is_none() && known.is_none() {
        let hint = "add `base_url = \"http://localhost:8080/v1\"`, or wherever it is".to_owned();
        problems.error(
            "missing-key",
            entry.place(),
            format!("{what} has no `base_url`"),
            hint,
        );
    }
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
        retries: table
            .number("retries", 0, problems)
            .map_or(base.retries, |it| it.value),
        concurrency: table
            .number("concurrency", 1, problems)
            .map_or(base.concurrency, |it| it.value),
        requests_per_minute: table
            .number("requests_per_minute", 1, problems)
            .map(|it| it.value),
    })
}

fn listed_providers() -> String {
    crate::nearest::listed(KNOWN_PROVIDERS.iter().copied())
}

/// A key in the file would be read by every step's author, every backup and every diff.
fn refuse_secrets(table: &DeTable<'_>, provider: &str, problems: &mut Problems) {
    for entry in reader::entries(table) {
        if SECRETS.contains(&entry.key.to_lowercase().as_str()) {
            let variable = format!("{}_API_KEY", provider.to_uppercase().replace('-', "_"));
            problems.error(
                "literal-key",
                entry.place(),
                format!("`{}` of provider `{provider}`: a key doesn't belong into this file", entry.key),
                format!("put it into an environment variable and name that: `key_variable = \"{variable}\"`; if this file was ever shared, have the key replaced"),
            );
        }
    }
}

fn kind(table: &Table<'_, '_>, problems: &mut Problems) -> Option<ProviderKind> {
    let kinds = [("openai-chat", ProviderKind::OpenaiChat)];
    choice(table, "kind", &kinds, "kinds", problems)
}

fn in_doubt(root: &Table<'_, '_>, problems: &mut Problems) -> InDoubt {
    let choices = [
        ("resend", InDoubt::Resend),
        ("ask", InDoubt::Ask),
        ("fail", InDoubt::Fail),
    ];
    choice(root, "in_doubt", &choices, "values", problems).unwrap_or_default()
}

fn choice<T: Copy>(
    table: &Table<'_, '_>,
    key: &str,
    choices: &[(&str, T)],
    kind: &str,
    problems: &mut Problems,
) -> Option<T> {
    let text = table.string(key, problems)?;
    let found = choices.iter().find(|(word, _)| *word == text.value);
    if found.is_none() {
        let hint = suggestion(&text.value, choices.iter().map(|(word, _)| *word), kind);
        let message = format!("`{key}` can't be `{}`", text.value);
        problems.error("unknown-value", text.span, message, hint);
    }
    found.map(|(_, value)| *value)
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
            "such as `\"https://api.openai.com/v1\"`".to_owned(),
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
            "name the environment variable that holds the key: `key_variable = \"…\"`".to_owned(),
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
            "such as `\"OPENAI_API_KEY\"`".to_owned(),
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
        let text = reader::string(entry.value, entry.key, problems)?;
        let (provider, model) = provider_and_model(&text, declared, problems)?;
        return Some(ModelSettings {
            provider,
            model,
            prices: None,
            max_output_tokens: None,
        });
    }
    let Some(table) = entry.value.get_ref().as_table() else {
        reader::wrong_type(entry.value, entry.key, "a text or a table", problems);
        return None;
    };
    let what = format!("model `{}`", entry.key);
    let table = Table::open(table, entry.place(), &what, keys::MODEL, problems);
    if table.entry("model").is_none() {
        let hint = "add `model = \"PROVIDER/MODEL\"`".to_owned();
        problems.error(
            "missing-key",
            entry.place(),
            format!("{what} doesn't say which model it is"),
            hint,
        );
    }
    let prices = prices(&table, &what, problems);
    let max_output_tokens = table
        .number("max_output_tokens", 1, problems)
        .map(|it| it.value);
    let text = table.string("model", problems)?;
    let (provider, model) = provider_and_model(&text, declared, problems)?;
    Some(ModelSettings {
        provider,
        model,
        prices,
        max_output_tokens,
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
            "write `PROVIDER/MODEL`, such as `\"openai/gpt-5\"`".to_owned(),
        );
        return None;
    };
    if !declared.contains(&provider) && known_provider(provider).is_none() {
        let all = declared.iter().chain(KNOWN_PROVIDERS).copied();
        let hint = match crate::nearest::nearest(provider, all) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("declare it: `[providers.{provider}]` with `kind` and `base_url`"),
        };
        let message = format!("there is no provider `{provider}`");
        problems.error("unknown-provider", text.span, message, hint);
    }
    Some((provider.to_owned(), model.to_owned()))
}

fn prices(table: &Table<'_, '_>, what: &str, problems: &mut Problems) -> Option<Prices> {
    let (prices, place) = table.table("price", problems)?;
    let what = format!("`price` of {what}");
    let prices = Table::open(prices, place, &what, keys::PRICE, problems);
    for key in ["input", "output"] {
        if prices.entry(key).is_none() {
            // An unknown price is unknown, never nothing.
            let hint = format!("add `{key} = …`, in dollars for a million tokens");
            problems.error(
                "missing-key",
                prices.place.clone(),
                format!("{what} has no `{key}`"),
                hint,
            );
        }
    }
    let (input, output) = (
        prices.money("input", problems),
        prices.money("output", problems),
    );
    let cache_read = prices.money("cache_read", problems);
    let cache_write = prices.money("cache_write", problems);
    Some(Prices {
        input: input?,
        output: output?,
        cache_read,
        cache_write,
    })
}

fn budgets(root: &Table<'_, '_>, problems: &mut Problems) -> Budgets {
    let Some((table, place)) = root.table("budgets", problems) else {
        return Budgets::default();
    };
    let table = Table::open(table, place, "`[budgets]`", keys::BUDGETS, problems);
    Budgets {
        run: budget(&table, "run", problems),
        step: budget(&table, "step", problems),
        day: budget(&table, "day", problems),
    }
}

fn budget(table: &Table<'_, '_>, key: &str, problems: &mut Problems) -> Budget {
    let Some((table, place)) = table.table(key, problems) else {
        return Budget::default();
    };
    let what = format!("budget `{key}`");
    let table = Table::open(table, place, &what, keys::BUDGET, problems);
    Budget {
        tokens: table
            .large_number("tokens", 0, i64::MAX as u64, problems)
            .map(|it| it.value),
        money: table.money("money", problems),
    }
}

fn store(root: &Table<'_, '_>, problems: &mut Problems) -> Option<String> {
    let path = root.string("store", problems)?;
    if path.value.trim().is_empty() {
        let hint = "name a directory, such as `\".stepwell\"`".to_owned();
        problems.error("bad-store", path.span, "`store` is empty", hint);
        return None;
    }
    Some(path.value)
}

fn sandbox(root: &Table<'_, '_>, problems: &mut Problems) -> SandboxSettings {
    let Some((table, place)) = root.table("sandbox", problems) else {
        return SandboxSettings::default();
    };
    let table = Table::open(table, place, "`[sandbox]`", keys::SANDBOX, problems);
    SandboxSettings {
        max_instances: table
            .number("max_instances", 1, problems)
            .map(|it| it.value),
    }
}
