//! One provider, ready to be asked: its address, its key, its client, its queue and its circuit.
//!
//! It knows no models and retries nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use reqwest::{Client, Url, redirect};
use stepwell_contract::{ChatError, KeySent, ProviderKind, ProviderSettings, SentValue};

use crate::access::Access;
use crate::anthropic_messages::AnthropicMessages;
use crate::circuit::Circuit;
use crate::gemini_interactions::GeminiInteractions;
use crate::keys::{Keys, Secret};
use crate::openai_chat::OpenaiChat;
use crate::openai_responses::OpenaiResponses;
use crate::queue::Queue;
use crate::settings::{SettingsProblem, base_url};
use crate::wire::{Manner, Otherwise, WireFormat};

/// A provider of the registry.
pub(crate) struct Provider {
    pub(crate) name: String,
    pub(crate) settings: ProviderSettings,
    pub(crate) base_url: Url,
    pub(crate) client: Client,
    pub(crate) format: Box<dyn WireFormat>,
    pub(crate) queue: Queue,
    pub(crate) circuit: Circuit,
    /// What the variables hold that its settings name.
    secrets: Keys,
    /// How its models want to be asked, learnt from refusals. It isn't kept: a server that is mended is asked as before by
    /// the next process.
    manners: Mutex<BTreeMap<String, Manner>>,
    /// The models that wrote their thinking into an answer. It isn't kept either: one that always does shows it again.
    thinking: Mutex<BTreeSet<String>>,
    /// The models for which its server refused tools as such. It isn't kept: whoever sets the server up otherwise starts anew.
    without_tools: Mutex<BTreeSet<String>>,
}

impl Provider {
    pub(crate) fn new(
        name: &str,
        settings: ProviderSettings,
        keys: &Keys,
    ) -> Result<Self, SettingsProblem> {
        let base_url =
            base_url(&settings.base_url).map_err(|reason| SettingsProblem::BadBaseUrl {
                provider: name.to_owned(),
                reason,
            })?;
        let failed = |reason: String| SettingsProblem::Client {
            provider: name.to_owned(),
            reason,
        };
        let format = format(settings.kind);
        Ok(Self {
            client: client(&settings, &base_url).map_err(|error| failed(error.to_string()))?,
            secrets: keys.of(settings.variables()),
            queue: Queue::new(&settings),
            circuit: Circuit::new(settings.circuit_failures, settings.circuit_pause),
            name: name.to_owned(),
            base_url,
            format,
            settings,
            manners: Mutex::default(),
            thinking: Mutex::default(),
            without_tools: Mutex::default(),
        })
    }

    /// How this model wants to be asked, as far as that is known.
    pub(crate) fn manner(&self, model: &str) -> Manner {
        let manners = self.manners.lock().unwrap_or_else(PoisonError::into_inner);
        manners.get(model).copied().unwrap_or_default()
    }

    /// Its server said how it wants to be asked for this model.
    pub(crate) fn learn(&self, model: &str, wanted: Otherwise) {
        let mut manners = self.manners.lock().unwrap_or_else(PoisonError::into_inner);
        let known = manners.entry(model.to_owned()).or_default();
        *known = known.and(wanted).unwrap_or(*known);
    }

    /// Whether a model was seen to write its thinking into its answers.
    pub(crate) fn thinks(&self, model: &str) -> bool {
        let thinking = self.thinking.lock().unwrap_or_else(PoisonError::into_inner);
        thinking.contains(model)
    }

    /// A model wrote its thinking into an answer.
    pub(crate) fn thought(&self, model: &str) {
        let mut thinking = self.thinking.lock().unwrap_or_else(PoisonError::into_inner);
        thinking.insert(model.to_owned());
    }

    /// Whether nothing is known against offering tools to a model.
    pub(crate) fn takes_tools(&self, model: &str) -> bool {
        let without = self.without_tools.lock();
        let without = without.unwrap_or_else(PoisonError::into_inner);
        !without.contains(model)
    }

    /// Its server refused a request since it offered tools to this model.
    pub(crate) fn refused_tools(&self, model: &str) {
        let without = self.without_tools.lock();
        let mut without = without.unwrap_or_else(PoisonError::into_inner);
        without.insert(model.to_owned());
    }

    /// The first variable that its settings name and that isn't set.
    pub(crate) fn missing(&self) -> Option<&str> {
        let mut variables = self.settings.variables();
        variables.find(|variable| self.secrets.get(variable).is_none())
    }

    /// All that it is sent and nobody may see.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &Secret> {
        self.secrets.all()
    }

    /// The names of the headers that hold some of it, in lower case.
    pub(crate) fn secret_headers(&self) -> BTreeSet<String> {
        let headers = self.settings.headers.iter();
        let secret = headers.filter(|(_, value)| matches!(value, SentValue::Variable(_)));
        let mut names: BTreeSet<String> = secret.map(|(name, _)| name.clone()).collect();
        if let KeySent::Header(name) = &self.settings.key_sent {
            names.insert(name.clone());
        }
        names.iter().map(|name| name.to_lowercase()).collect()
    }

    /// What lets a request in.
    pub(crate) fn access(&self) -> Result<Access, ChatError> {
        Access::of(&self.name, &self.settings, &*self.format, &self.secrets)
    }

    /// The address of one of its paths, without what the settings add to it.
    pub(crate) fn address(&self, path: &str) -> Url {
        let mut url = self.base_url.clone();
        let joined = format!("{}/{path}", url.path().trim_end_matches('/'));
        url.set_path(&joined);
        url
    }

    /// Whether it is on this machine.
    pub(crate) fn is_here(&self) -> bool {
        is_loopback(&self.base_url)
    }

    /// The provider and the address that is asked for answers, for messages.
    pub(crate) fn shown(&self) -> String {
        format!("`{}` ({})", self.name, self.address(self.format.path()))
    }
}

/// The format that a kind names.
pub(crate) fn format(kind: ProviderKind) -> Box<dyn WireFormat> {
    match kind {
        ProviderKind::AnthropicMessages => Box::new(AnthropicMessages),
        ProviderKind::GeminiInteractions => Box::new(GeminiInteractions),
        ProviderKind::OpenaiChat => Box::new(OpenaiChat),
        ProviderKind::OpenaiResponses => Box::new(OpenaiResponses),
    }
}

fn client(settings: &ProviderSettings, base_url: &Url) -> reqwest::Result<Client> {
    // Fails where another provider of cryptography is installed already, which then serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = Client::builder()
        .user_agent(concat!("stepwell/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(settings.connect_timeout)
        // A redirect could carry the conversation to a host that the operator never named.
        .redirect(redirect::Policy::none())
        // Retries are this room's business, with a record of each.
        .retry(reqwest::retry::never());
    if is_loopback(base_url) {
        // A proxy's own loopback is another machine's.
        builder = builder.no_proxy();
    }
    builder.build()
}

fn is_loopback(url: &Url) -> bool {
    url.host_str().is_some_and(|host| {
        host == "localhost"
            || host
                .trim_matches(['[', ']'])
                .parse()
                .is_ok_and(|address: std::net::IpAddr| address.is_loopback())
    })
}
