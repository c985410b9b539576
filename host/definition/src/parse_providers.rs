//! Reads the providers of `stepwell.toml`: over what is known of one, each key says a single thing otherwise.
//!
//! No secret belongs here. What looks like one is refused, and no message shows it.

use std::collections::BTreeMap;

use stepwell_contract::{
    KeySent, KnownAddress, KnownProvider, ProviderKind, ProviderSettings, SentValue, TokenLimit,
    listed,
};

use crate::base_urls::base_url;
use crate::diagnostics::Problems;
use crate::keys;
use crate::located::Located;
use crate::reader::Table;
use crate::secrets::{SECRETS, is_like_a_key, names_a_secret, refuse_secrets};
use crate::values::{self, Entry};

/// The provider of an entry.
pub(crate) fn provider(
    entry: &Entry<'_, '_>,
    known: &[KnownProvider],
    problems: &mut Problems,
) -> Option<ProviderSettings> {
    let what = format!("provider `{}`", entry.key);
    let table = values::table(entry.value, entry.key, problems)?;
    refuse_secrets(table, entry.key, problems);
    let (place, keys) = (entry.place(), &keys::PROVIDER);
    let table = Table::open_except(table, place, &what, keys, SECRETS, problems);
    let kind = table.word::<ProviderKind>("kind", problems, "kinds");
    let row = KnownProvider::find(known, entry.key);
    lacks(&table, &what, (kind, row, known), problems);
    let mut base = match row {
        Some(row) => row.settings(),
        None => ProviderSettings::new(kind.unwrap_or(ProviderKind::OpenaiChat), ""),
    };
    let base_url = table
        .string("base_url", problems)
        .and_then(|url| base_url(&url, problems));
    let key_variable = table.string("key_variable", problems);
    let key_variable =
        key_variable.and_then(|variable| variable_name("key_variable", &variable, problems));
    // How the usual address wants it says nothing of another one.
    let is_elsewhere = base_url.is_some() && !base.base_url.is_empty();
    if is_elsewhere {
        base.token_limit = TokenLimit::default();
    }
    let key_sent = key_sent(&table, problems);
    let kind = kind.unwrap_or(base.kind);
    refuse_of_chat_alone(&table, kind, problems);
    if is_elsewhere || !kind.has_batches() {
        let usual = ProviderSettings::new(kind, "");
        (base.batch, base.batch_percent) = (usual.batch, usual.batch_percent);
    }
    base.kind = kind;
    base.base_url = base_url.unwrap_or(base.base_url);
    base.key_variable = key_variable.or(base.key_variable);
    base.key_sent = key_sent.unwrap_or(base.key_sent);
    Some(with_entries(base, &table, problems))
}

/// The settings with what the entries say that mean the same for every provider.
fn with_entries(
    base: ProviderSettings,
    table: &Table<'_, '_>,
    problems: &mut Problems,
) -> ProviderSettings {
    let batch = table.boolean("batch", problems);
    if batch == Some(true) && !base.kind.has_batches() {
        refuse_batches(table, base.kind, problems);
    }
    ProviderSettings {
        headers: sent_values(table, Sent::Headers, problems),
        query: sent_values(table, Sent::Query, problems),
        token_limit: table
            .word("token_limit", problems, "fields")
            .unwrap_or(base.token_limit),
        stream_options: table
            .boolean("stream_options", problems)
            .unwrap_or(base.stream_options),
        tools: table.boolean("tools", problems).unwrap_or(base.tools),
        schemas: table.boolean("schemas", problems).unwrap_or(base.schemas),
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
        tokens_per_minute: table.number("tokens_per_minute", problems),
        circuit_failures: table
            .number("circuit_failures", problems)
            .unwrap_or(base.circuit_failures),
        circuit_pause: table
            .duration("circuit_pause", problems)
            .unwrap_or(base.circuit_pause),
        batch: batch.unwrap_or(base.batch),
        batch_percent: table
            .number("batch_percent", problems)
            .unwrap_or(base.batch_percent),
        batch_pause: table
            .duration("batch_pause", problems)
            .unwrap_or(base.batch_pause),
        ..base
    }
}

/// Refuses what only a provider of chat completions can want: for another one it would do nothing.
fn refuse_of_chat_alone(table: &Table<'_, '_>, kind: ProviderKind, problems: &mut Problems) {
    if kind == ProviderKind::OpenaiChat {
        return;
    }
    for key in ["token_limit", "stream_options"] {
        if let Some(entry) = table.entry(key) {
            problems.error(
                "other-kind",
                entry.place(),
                format!(
                    "`{key}` is for providers of `kind = \"openai-chat\"`, and this one is of `{}`",
                    kind.as_str()
                ),
                "leave it out",
            );
        }
    }
}

/// Says that a format has no batches, so that nobody waits for a price that there isn't.
fn refuse_batches(table: &Table<'_, '_>, kind: ProviderKind, problems: &mut Problems) {
    if let Some(entry) = table.entry("batch") {
        problems.error(
            "no-batches",
            entry.place(),
            format!("no batches are sent in the format `{}`", kind.as_str()),
            "leave `batch` out",
        );
    }
}

/// Reports what a provider has to say and nobody knows otherwise.
fn lacks(
    table: &Table<'_, '_>,
    what: &str,
    (kind, row, known): (
        Option<ProviderKind>,
        Option<&KnownProvider>,
        &[KnownProvider],
    ),
    problems: &mut Problems,
) {
    let message = format!("{what} has no `base_url`");
    let Some(row) = row else {
        let names = listed(known.iter().map(|it| it.name));
        let hint = format!(
            "add `kind = \"openai-chat\"`, or the one that it speaks; known without that are {names}"
        );
        table.lacks("kind", format!("{what} has no `kind`"), hint, problems);
        let hint = match usual_address(kind, known) {
            Some(url) => format!("add `base_url = \"{url}\"`, or wherever it is"),
            None => "add `base_url = \"http://localhost:8080/v1\"`, or wherever it is".to_owned(),
        };
        table.lacks("base_url", message, hint, problems);
        return;
    };
    if let KnownAddress::Own(example) = row.address {
        table.lacks("base_url", message, own_address(row, example), problems);
    }
}

/// Where a format of one provider is spoken. Chat completions are spoken everywhere.
fn usual_address(kind: Option<ProviderKind>, known: &[KnownProvider]) -> Option<&'static str> {
    let kind = match kind? {
        ProviderKind::OpenaiChat => return None,
        // Its own provider is known by the other format of the two.
        ProviderKind::OpenaiResponses => ProviderKind::OpenaiChat,
        kind => kind,
    };
    known.iter().find_map(|row| match row.address {
        KnownAddress::At(url) if row.kind == kind => Some(url),
        _ => None,
    })
}

/// What to write for a provider at which each person has an address of their own.
pub(crate) fn own_address(known: &KnownProvider, example: &str) -> String {
    let KnownProvider {
        name,
        title,
        key_variable,
        key_header,
        ..
    } = known;
    let key = key_variable.map(|variable| match key_header {
        Some(header) => {
            format!(
                "; its key stands in the variable `{variable}` and goes into the header `{header}`"
            )
        }
        None => format!("; its key stands in the variable `{variable}`"),
    });
    format!(
        "{title} has an address for each account: add `[providers.{name}]` with `base_url = \"{example}\"`, where you fill in what stands in capitals{}",
        key.unwrap_or_default()
    )
}

fn variable_name(key: &str, variable: &Located<String>, problems: &mut Problems) -> Option<String> {
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
            format!("`{key}` must be the name of an environment variable, not a key"),
            "such as `\"OPENAI_API_KEY\"`",
        );
        return None;
    }
    Some(variable.value.clone())
}

/// How the key is sent, where that is said. One way alone can be meant.
fn key_sent(table: &Table<'_, '_>, problems: &mut Problems) -> Option<KeySent> {
    let bearer = table
        .flag("key_bearer", problems)
        .then_some(KeySent::Bearer);
    let header = table.string("key_header", problems);
    let header = header.and_then(|header| header_name("key_header", &header, problems));
    let query = table.string("key_query", problems);
    let query = query.filter(|name| is_there("key_query", name, problems));
    let said = [
        ("key_bearer", bearer),
        ("key_header", header.map(KeySent::Header)),
        ("key_query", query.map(|name| KeySent::Query(name.value))),
    ];
    let mut said = said.into_iter().filter_map(|(key, way)| Some((key, way?)));
    let (first, way) = said.next()?;
    if let Some((second, _)) = said.next()
        && let Some(entry) = table.entry(second)
    {
        problems.error(
            "two-ways",
            entry.place(),
            format!("`{first}` and `{second}` both say how the key is sent"),
            "leave one of them out",
        );
    }
    Some(way)
}

fn is_there(key: &str, text: &Located<String>, problems: &mut Problems) -> bool {
    let is_there = !text.value.trim().is_empty();
    if !is_there {
        problems.error(
            "bad-name",
            text.span,
            format!("`{key}` is empty"),
            "name the parameter, such as `\"key\"`",
        );
    }
    is_there
}

/// Headers that say how a request is written, which isn't a person's to set.
const OWN_HEADERS: [&str; 7] = [
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "host",
    "transfer-encoding",
];

fn header_name(key: &str, name: &Located<String>, problems: &mut Problems) -> Option<String> {
    let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let text = name.value.as_str();
    let (message, hint) = if text.is_empty() || !text.chars().all(fine) {
        (
            format!("`{key}` must be the name of a header"),
            "use letters, digits, `-` and `_`, such as `\"api-key\"`",
        )
    } else if OWN_HEADERS.contains(&text.to_lowercase().as_str()) {
        (
            format!("the header `{text}` says how a request is written"),
            "leave it out: it follows from the request",
        )
    } else {
        return Some(text.to_owned());
    };
    problems.error("bad-header", name.span, message, hint);
    None
}

/// Where a value is sent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sent {
    Headers,
    Query,
}

impl Sent {
    fn key(self) -> &'static str {
        match self {
            Self::Headers => "headers",
            Self::Query => "query",
        }
    }

    fn one(self) -> &'static str {
        match self {
            Self::Headers => "header",
            Self::Query => "parameter",
        }
    }
}

/// The values that are sent with every request, by name.
fn sent_values(
    table: &Table<'_, '_>,
    sent: Sent,
    problems: &mut Problems,
) -> BTreeMap<String, SentValue> {
    let mut values = BTreeMap::new();
    for entry in table.entries_of(sent.key(), problems) {
        let name = Located {
            value: entry.key.to_owned(),
            span: problems.source.span(entry.place()),
        };
        let is_good = match sent {
            Sent::Headers => header_name("headers", &name, problems).is_some(),
            Sent::Query => is_there("query", &name, problems),
        };
        if let Some(value) = sent_value(&entry, sent, problems)
            && is_good
        {
            values.insert(name.value, value);
        }
    }
    values
}

fn sent_value(entry: &Entry<'_, '_>, sent: Sent, problems: &mut Problems) -> Option<SentValue> {
    let (name, one) = (entry.key, sent.one());
    if let Some(table) = entry.value.get_ref().as_table() {
        let what = format!("{one} `{name}`");
        let table = Table::open(table, entry.place(), &what, &keys::FROM_VARIABLE, problems);
        let message = format!("the {what} has no `variable`");
        table.lacks("variable", message, "add `variable = \"…\"`", problems);
        let variable = table.string("variable", problems)?;
        return variable_name("variable", &variable, problems).map(SentValue::Variable);
    }
    if !entry.value.get_ref().is_str() {
        let expected = "a text, or a table with `variable`";
        values::wrong_type(entry.value, name, expected, problems);
        return None;
    }
    let text = values::string(entry.value, name, problems)?;
    if names_a_secret(name) || text.value.split_whitespace().any(is_like_a_key) {
        problems.error(
            "literal-key",
            entry.place(),
            format!("the {one} `{name}` holds a secret: it doesn't belong into this file"),
            format!("put it into an environment variable and name that: `{name} = {{ variable = \"…\" }}`"),
        );
        return None;
    }
    if sent == Sent::Headers && !text.value.bytes().all(|b| matches!(b, b' '..=b'~')) {
        problems.error(
            "bad-header",
            text.span,
            format!("the header `{name}` has characters that no header takes"),
            "write it in one line of ASCII",
        );
        return None;
    }
    Some(SentValue::Text(text.value))
}
