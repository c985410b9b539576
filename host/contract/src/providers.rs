//! Providers of models: what the operator says of one, and how what is known of one is written down.
//!
//! Keys are not here: a setting names the environment variable that holds a secret, and only the room that talks to providers
//! ever reads it. Which providers are known is that room's, too.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The wire format that a provider speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ProviderKind {
    /// OpenAI chat completions, at any compatible base URL.
    OpenaiChat,
    /// Anthropic's Messages API, at any compatible base URL.
    AnthropicMessages,
    /// OpenAI's Responses API without state at the server, at any compatible base URL.
    OpenaiResponses,
    /// Google's Gemini Interactions API without state at the server.
    GeminiInteractions,
}

impl ProviderKind {
    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OpenaiChat => "openai-chat",
            Self::AnthropicMessages => "anthropic-messages",
            Self::OpenaiResponses => "openai-responses",
            Self::GeminiInteractions => "gemini-interactions",
        }
    }

    /// Whether many requests of this format can be sent as one batch, where the provider takes batches.
    #[must_use]
    pub fn has_batches(self) -> bool {
        match self {
            Self::OpenaiChat | Self::AnthropicMessages | Self::OpenaiResponses => true,
            Self::GeminiInteractions => false,
        }
    }
}

/// How long a provider may be silent where nothing is said. Models that think, and servers that load one, are silent for
/// minutes; who is cut off has paid and asks again. A machine that is gone is noticed sooner, by the connection.
pub const STALL_TIMEOUT: Duration = Duration::from_secs(600);

/// How long a connection may take where nothing is said.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// After so many requests in a row that failed as those of a provider that is down, it is left alone for a while.
const CIRCUIT_FAILURES: u32 = 5;

/// How long a provider that is down is left alone.
const CIRCUIT_PAUSE: Duration = Duration::from_secs(30);

/// What a request in a batch costs where nothing is said, in percent of the ordinary price: nobody knows that it costs less.
const BATCH_PERCENT: u32 = 100;

/// How long a batch is left alone after it was sent, and at first between two looks at it.
const BATCH_PAUSE: Duration = Duration::from_secs(10);

/// How a key is sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeySent {
    /// As the wire format says.
    #[default]
    Usual,
    /// As `Authorization: Bearer …`.
    Bearer,
    /// As it is, in this header.
    Header(String),
    /// As it is, in this parameter of the address.
    Query(String),
}

/// The field of chat completions that bounds an answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenLimit {
    /// The older one, which most servers know.
    #[default]
    MaxTokens,
    /// The newer one, which counts reasoning, too. OpenAI's newer models refuse the other.
    MaxCompletionTokens,
}

impl TokenLimit {
    /// The field's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MaxTokens => "max_tokens",
            Self::MaxCompletionTokens => "max_completion_tokens",
        }
    }

    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::MaxTokens => Self::MaxCompletionTokens,
            Self::MaxCompletionTokens => Self::MaxTokens,
        }
    }
}

/// The value of a header, or of a parameter of the address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SentValue {
    /// This text.
    Text(String),
    /// What this environment variable holds. It is a secret, as a key is.
    Variable(String),
}

/// One provider of models.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderSettings {
    /// The wire format.
    pub kind: ProviderKind,
    /// Such as `https://api.openai.com/v1`.
    pub base_url: String,
    /// The name of the environment variable that holds the key; none for a server that needs no key.
    pub key_variable: Option<String>,
    /// How the key is sent.
    pub key_sent: KeySent,
    /// Headers that every request has besides the usual ones, by name.
    pub headers: BTreeMap<String, SentValue>,
    /// Parameters that every address has, by name.
    pub query: BTreeMap<String, SentValue>,
    /// The field that bounds an answer, of chat completions alone.
    pub token_limit: TokenLimit,
    /// Whether chat completions are asked to tell their tokens at a stream's end.
    pub stream_options: bool,
    /// Whether its models can call tools, where nothing else is said of one.
    pub tools: bool,
    /// Whether its models take a JSON Schema for their answers, where nothing else is said of one.
    pub schemas: bool,
    /// The longest silence: before the first byte, and between two pieces of a stream. How long an answer takes in all
    /// doesn't count.
    pub stall_timeout: Duration,
    /// The longest wait for a connection.
    pub connect_timeout: Duration,
    /// How often a call is tried again after an error that may pass.
    pub retries: u32,
    /// The most requests under way at once.
    pub concurrency: u32,
    /// The most requests in a minute.
    pub requests_per_minute: Option<u32>,
    /// The most tokens in a minute, input and output together.
    pub tokens_per_minute: Option<u32>,
    /// After so many requests in a row that failed as those of a provider that is down, it is left alone for a while; zero
    /// never does.
    pub circuit_failures: u32,
    /// For how long.
    pub circuit_pause: Duration,
    /// Whether it takes many requests as one batch, which it answers when it pleases.
    pub batch: bool,
    /// What a request in a batch costs, in percent of the ordinary price.
    pub batch_percent: u32,
    /// The first pause between two looks at a batch. Later ones grow.
    pub batch_pause: Duration,
}

impl ProviderSettings {
    /// A provider of which nothing more is said: it needs no key.
    #[must_use]
    pub fn new(kind: ProviderKind, base_url: impl Into<String>) -> Self {
        Self {
            kind,
            base_url: base_url.into(),
            key_variable: None,
            key_sent: KeySent::Usual,
            headers: BTreeMap::new(),
            query: BTreeMap::new(),
            token_limit: TokenLimit::default(),
            stream_options: true,
            tools: true,
            schemas: true,
            stall_timeout: STALL_TIMEOUT,
            connect_timeout: CONNECT_TIMEOUT,
            retries: 4,
            concurrency: 8,
            requests_per_minute: None,
            tokens_per_minute: None,
            circuit_failures: CIRCUIT_FAILURES,
            circuit_pause: CIRCUIT_PAUSE,
            batch: false,
            batch_percent: BATCH_PERCENT,
            batch_pause: BATCH_PAUSE,
        }
    }

    /// The environment variables that hold its secrets: that of the key, and those of headers and parameters.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        let values = self.headers.values().chain(self.query.values());
        let named = values.filter_map(|value| match value {
            SentValue::Variable(name) => Some(name.as_str()),
            SentValue::Text(_) => None,
        });
        self.key_variable.as_deref().into_iter().chain(named)
    }
}

/// Where a known provider is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KnownAddress {
    /// At this base URL, for everybody.
    At(&'static str),
    /// At one of each person's own, such as this. What is written in capitals is theirs to fill in.
    Own(&'static str),
}

/// A provider that is known by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownProvider {
    /// The name in `PROVIDER/MODEL`, and of its section.
    pub name: &'static str,
    /// What it calls itself.
    pub title: &'static str,
    /// Other names under which people look for it.
    pub also: &'static [&'static str],
    /// The wire format.
    pub kind: ProviderKind,
    /// Where it is.
    pub address: KnownAddress,
    /// The usual variable with its key; none for a server of one's own that needs none.
    pub key_variable: Option<&'static str>,
    /// The header that carries the key as it is, where that isn't the format's.
    pub key_header: Option<&'static str>,
    /// The field that bounds an answer.
    pub token_limit: TokenLimit,
    /// What a request in a batch costs there, in percent of the ordinary price; none where it takes no batches, as far as is known
    /// here.
    pub batch_percent: Option<u32>,
}

impl KnownProvider {
    /// Its settings. The base URL is empty where each person has one of their own.
    #[must_use]
    pub fn settings(&self) -> ProviderSettings {
        let base_url = match self.address {
            KnownAddress::At(url) => url,
            KnownAddress::Own(_) => "",
        };
        let header = self.key_header.map(str::to_owned);
        ProviderSettings {
            key_variable: self.key_variable.map(str::to_owned),
            key_sent: header.map_or(KeySent::Usual, KeySent::Header),
            token_limit: self.token_limit,
            batch: self.batch_percent.is_some(),
            batch_percent: self.batch_percent.unwrap_or(BATCH_PERCENT),
            ..ProviderSettings::new(self.kind, base_url)
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn find<'k>(known: &'k [Self], name: &str) -> Option<&'k Self> {
        known.iter().find(|it| it.name == name)
    }

    /// The one of another name of which somebody may have thought.
    #[must_use]
    pub fn meant<'k>(known: &'k [Self], name: &str) -> Option<&'k Self> {
        let name = name.to_lowercase();
        known.iter().find(|it| it.also.contains(&name.as_str()))
    }
}
