//! The registry of models: short names, and what answers them.
//!
//! How a call is sent and retried is next door in `sending`, how it is answered from a file in `replay`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::{
    ChatError, ChatErrorKind, ChatRequest, ChatResponse, Clock, Inference, KnownProvider,
    ModelSettings, ModelsSettings, Price, PriceSource, Prices, Pricing, ProviderKind, REPLAY,
    TextService, did_you_mean, listed,
};
use stepwell_workers::off_the_workers;

use crate::answer_schema::AnswerSchema;
use crate::call::{Call, CallFailure, CallObserver, Origin};
use crate::cassette::{CallEnd, CallPlace, Cassette, RecordedCall};
use crate::price;
use crate::provider::Provider;
use crate::resolved::ResolvedModel;
use crate::settings::{SettingsError, problems};
use crate::{
    BatchOffice, Keys, OfferedModel, Patience, Recorder, canonical_request, in_turn,
    known_providers, offered, price_list, replay, saying, sending, taking,
};

/// The short name of a replay's default model, where its cassette names none.
const DEFAULT: &str = "default";

/// The registry.
pub struct Models {
    pub(crate) source: Source,
    default: Option<String>,
    patience: Patience,
    recorder: Option<Arc<Recorder>>,
    /// The known providers whose key is there, for who has set no model up.
    keyed: Vec<&'static KnownProvider>,
}

pub(crate) enum Source {
    Live {
        models: BTreeMap<String, ModelSettings>,
        providers: BTreeMap<String, Provider>,
    },
    Replay(Cassette),
}

/// A model for a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ModelInfo {
    /// The short name.
    pub name: String,
    /// The provider's name in the settings, or `replay`.
    pub provider: String,
    /// The model's name at the provider.
    pub model: String,
    /// Where the provider is; none in a replay.
    pub base_url: Option<String>,
    /// The variable that holds the key, or another secret of the provider that is missing; none for a server that needs none.
    pub key_variable: Option<String>,
    /// Whether the key and all other secrets are there, or none is needed.
    pub key_present: bool,
    /// Whether it answers a step that names none.
    pub is_default: bool,
    /// The wire format of its provider; none in a replay.
    #[serde(default)]
    pub kind: Option<ProviderKind>,
    /// How it is asked, where neither definition nor step say otherwise.
    #[serde(default)]
    pub inference: Inference,
    /// The short names of the models that are asked instead where it can't answer, in this order.
    #[serde(default)]
    pub fallback: Vec<String>,
    /// What it costs, and who says so; none is not known.
    #[serde(default)]
    pub price: Option<Price>,
}

impl Models {
    /// Models at real providers.
    ///
    /// No connection is made, and a missing key is an error only when its provider is asked.
    ///
    /// # Errors
    /// [`SettingsError`] with all that is wrong with the settings.
    pub fn live(settings: ModelsSettings, keys: Keys) -> Result<Self, SettingsError> {
        let keyed = keyed(&keys);
        let mut problems = problems(&settings);
        let mut providers = BTreeMap::new();
        for (name, provider) in settings.providers {
            match Provider::new(&name, provider, &keys) {
                Ok(provider) => {
                    providers.insert(name, provider);
                }
                Err(problem) if problems.contains(&problem) => {}
                Err(problem) => problems.push(problem),
            }
        }
        if !problems.is_empty() {
            return Err(SettingsError { problems });
        }
        Ok(Self {
            source: Source::Live {
                models: settings.models,
                providers,
            },
            default: settings.default_model,
            patience: Patience::default(),
            recorder: None,
            keyed,
        })
    }

    /// Models whose answers come from a cassette, whatever short name is asked for. Nothing is sent.
    #[must_use]
    pub fn replaying(cassette: Cassette) -> Self {
        Self {
            default: Some(
                cassette
                    .default_model()
                    .map_or_else(|| DEFAULT.to_owned(), str::to_owned),
            ),
            source: Source::Replay(cassette),
            patience: Patience::default(),
            recorder: None,
            keyed: Vec::new(),
        }
    }

    /// The same models; every call and its outcome is written to a cassette as well.
    #[must_use]
    pub fn recording(mut self, recorder: Arc<Recorder>) -> Self {
        recorder.set_default_model(self.default.as_deref());
        self.recorder = Some(recorder);
        self
    }

    /// The same models, with other waits between attempts.
    #[must_use]
    pub fn with_patience(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }

    /// Whether answers come from a cassette.
    #[must_use]
    pub fn is_replay(&self) -> bool {
        matches!(self.source, Source::Replay(_))
    }

    /// The model behind a short name; none is the default model.
    ///
    /// # Errors
    /// [`ChatErrorKind::UnknownModel`], with the names that are alike.
    pub fn resolve(&self, name: Option<&str>) -> Result<ResolvedModel, ChatError> {
        let models = match &self.source {
            Source::Live { models, .. } => models,
            Source::Replay(_) => {
                let name = name.or(self.default.as_deref()).unwrap_or(DEFAULT);
                return Ok(ResolvedModel::new(name, REPLAY, name));
            }
        };
        let unknown = |message: String| ChatError::new(ChatErrorKind::UnknownModel, message);
        if models.is_empty() {
            return Err(unknown(saying::no_model(&self.keyed)));
        }
        let known = || format!("the models are {}", listed(models.keys()));
        let Some(name) = name.or(self.default.as_deref()) else {
            return Err(unknown(format!(
                "the step names no model, and there is no default model; name one in the definition, or set `model` of `[defaults]` in stepwell.toml; {}",
                known()
            )));
        };
        let Some(model) = models.get(name) else {
            let names = models.keys().map(String::as_str);
            let hint = did_you_mean(name, names).unwrap_or_else(known);
            return Err(unknown(format!(
                "there is no model `{name}`: {hint} (models are described in stepwell.toml)"
            )));
        };
        Ok(ResolvedModel {
            name: name.to_owned(),
            provider: model.provider.clone(),
            provider_model: model.model.clone(),
            prices: self.price(name, &model.model),
            max_output_tokens: model.max_output_tokens,
            thinking_prefilled: model.thinking_prefilled,
            tools: model.tools,
            schemas: model.schemas,
            inference: model.inference,
            fallback: model.fallback.clone(),
            reuse_answers: model.reuse_answers,
        })
    }

    /// What a model costs that is called so at the provider of a short name: what the operator says of the short name, or else
    /// the list of the known providers. None is not known.
    #[must_use]
    pub fn price(&self, name: &str, provider_model: &str) -> Option<Price> {
        let Source::Live { models, providers } = &self.source else {
            return None;
        };
        let model = models.get(name)?;
        match model.prices {
            Some(Pricing::Given(prices)) => Some(Price {
                prices,
                source: PriceSource::You,
            }),
            Some(Pricing::Unknown) => None,
            None => price_list::listed(&providers.get(&model.provider)?.base_url, provider_model),
        }
    }

    /// What a model costs in a batch of its provider, for what it costs by itself.
    #[must_use]
    pub fn prices_in_batch(&self, name: &str, prices: Prices) -> Prices {
        let Source::Live { models, providers } = &self.source else {
            return prices;
        };
        let provider = models.get(name).map(|model| &model.provider);
        let provider = provider.and_then(|provider| providers.get(provider));
        provider.map_or(prices, |provider| {
            price::in_batch(prices, provider.settings.batch_percent)
        })
    }

    /// Whether a model can be asked: its provider is set up and its key is there. For who wants to fail
    /// before work begins; [`Models::complete`] checks it again.
    ///
    /// # Errors
    /// [`ChatErrorKind::Authentication`] names the variable that is missing.
    pub fn check(&self, model: &ResolvedModel) -> Result<(), ChatError> {
        match &self.source {
            Source::Replay(_) => Ok(()),
            Source::Live { providers, .. } => provider(providers, model)?.access().map(drop),
        }
    }

    /// Whether a model's wire format has words for how it is to be asked: as its settings say and, before that, as `step` does. For who wants
    /// to fail before work begins; a call checks it again. Nothing is sent.
    ///
    /// # Errors
    /// [`ChatErrorKind::InvalidRequest`] with what to set instead.
    pub fn check_inference(&self, model: &ResolvedModel, step: Inference) -> Result<(), ChatError> {
        match &self.source {
            Source::Replay(_) => Ok(()),
            Source::Live { providers, .. } => match providers.get(&model.provider) {
                Some(provider) => sending::check_inference(provider, model, step),
                None => Ok(()),
            },
        }
    }

    /// Refuses a request that offers tools to a model that has none, as the operator says or its server has said in this process. Nothing is
    /// sent for it.
    ///
    /// # Errors
    /// [`ChatErrorKind::Other`] with the code that the contract has for it.
    pub fn check_tools(
        &self,
        model: &ResolvedModel,
        request: &ChatRequest,
    ) -> Result<(), ChatError> {
        let provider = match &self.source {
            Source::Live { providers, .. } => providers.get(&model.provider),
            Source::Replay(_) => None,
        };
        match provider {
            Some(provider) => taking::check_tools(provider, model, request),
            None => model.check_tools(request),
        }
    }

    /// Whether a model's provider keeps what repeats only where a call says what that is ([`Call::repeats`]).
    #[must_use]
    pub fn takes_marks(&self, model: &ResolvedModel) -> bool {
        match &self.source {
            Source::Live { providers, .. } => {
                let provider = providers.get(&model.provider);
                provider.is_some_and(|provider| provider.format.takes_marks())
            }
            Source::Replay(_) => false,
        }
    }

    /// Whether a model's provider takes many requests as one batch. In a replay nothing is sent either way.
    #[must_use]
    pub fn takes_batches(&self, model: &ResolvedModel) -> bool {
        match &self.source {
            Source::Live { providers, .. } => {
                let provider = providers.get(&model.provider);
                provider.is_some_and(|provider| {
                    provider.settings.batch && provider.settings.kind.has_batches()
                })
            }
            Source::Replay(_) => true,
        }
    }

    /// The batches of a provider, by its name in the settings.
    ///
    /// # Errors
    /// [`ChatErrorKind::UnknownModel`] where it is set up no longer.
    pub fn batches<'m>(
        &'m self,
        provider: &str,
        clock: &'m Clock,
    ) -> Result<BatchOffice<'m>, ChatError> {
        let found = match &self.source {
            Source::Live { providers, .. } => providers.get(provider),
            Source::Replay(_) => None,
        };
        let found = found.filter(|found| found.settings.kind.has_batches());
        found.map(|found| BatchOffice::of(found, clock)).ok_or_else(|| {
            ChatError::new(
                ChatErrorKind::UnknownModel,
                format!("a batch is at the provider `{provider}`, which is not set up as it was; add `[providers.{provider}]` to stepwell.toml again"),
            )
        })
    }

    /// Makes one call, with as many attempts as its provider's settings allow. `texts` holds an answer against the schema
    /// that the call gives.
    ///
    /// It may be dropped at any await: what is reserved for it is free again until it is sent, and held from then on; nothing
    /// more is told to the observer.
    ///
    /// # Errors
    /// [`CallFailure`]: the error that the step is told, or that the observer stopped the call.
    pub async fn complete(
        &self,
        call: Call<'_>,
        texts: &dyn TextService,
        observer: &dyn CallObserver,
    ) -> Result<ChatResponse, CallFailure> {
        let schema = match &call.request.answer_schema {
            Some(schema) => Some(AnswerSchema::parse(schema, texts).await?),
            None => None,
        };
        match &self.source {
            Source::Replay(cassette) => {
                replay::complete(cassette, &call, schema.as_ref(), observer).await
            }
            Source::Live { providers, .. } => {
                let ended =
                    in_turn::complete(providers, self.patience, &call, schema.as_ref(), observer)
                        .await;
                if let (Some(recorder), Some(outcome)) = (&self.recorder, ended.recorded) {
                    let recorder = Arc::clone(recorder);
                    let outcome = match outcome {
                        Ok(answer) => CallEnd::Answer(Arc::unwrap_or_clone(answer)),
                        Err(error) => CallEnd::Error(error),
                    };
                    let mut recorded = recorded(call.model, call.request, &call.origin, outcome);
                    recorded.instead = ended.instead;
                    off_the_workers(move || recorder.call(recorded)).await;
                }
                ended.result.map(Arc::unwrap_or_clone)
            }
        }
    }

    /// Records an answer that was not asked for, since an equal question had got it: a cassette holds all that a run was given.
    pub async fn record_given(
        &self,
        (model, request, origin): (&ResolvedModel, &ChatRequest, Origin),
        answer: ChatResponse,
    ) {
        let Some(recorder) = self.recorder.clone() else {
            return;
        };
        let recorded = recorded(model, request, &origin, CallEnd::Answer(answer));
        off_the_workers(move || recorder.call(recorded)).await;
    }

    /// Asks a provider which models it has. Nothing is paid for that.
    ///
    /// # Errors
    /// [`ChatError`], with what to do about it.
    pub async fn offered(
        &self,
        provider: &str,
        clock: &Clock,
    ) -> Result<Vec<OfferedModel>, ChatError> {
        let found = match &self.source {
            Source::Live { providers, .. } => providers.get(provider),
            Source::Replay(_) => None,
        };
        match found {
            Some(provider) => offered::offered(provider, clock).await,
            None => Err(ChatError::new(
                ChatErrorKind::UnknownModel,
                format!("the provider `{provider}` is not set up"),
            )),
        }
    }

    /// Every model that can be named.
    #[must_use]
    pub fn list(&self) -> Vec<ModelInfo> {
        let names: Vec<String> = match &self.source {
            Source::Live { models, .. } => models.keys().cloned().collect(),
            Source::Replay(cassette) => cassette.model_names().into_iter().collect(),
        };
        let info = |name: String| {
            let model = self.resolve(Some(&name)).ok()?;
            let provider = match &self.source {
                Source::Live { providers, .. } => providers.get(&model.provider),
                Source::Replay(_) => None,
            };
            Some(ModelInfo {
                is_default: self.default.as_ref() == Some(&name),
                price: model.prices,
                kind: provider.map(|provider| provider.settings.kind),
                inference: model.inference,
                fallback: model.fallback,
                name,
                provider: model.provider,
                model: model.provider_model,
                base_url: provider.map(|provider| provider.base_url.to_string()),
                key_variable: provider.and_then(|provider| {
                    let missing = provider.missing().map(str::to_owned);
                    missing.or_else(|| provider.settings.key_variable.clone())
                }),
                key_present: self.is_replay()
                    || provider.is_some_and(|provider| provider.missing().is_none()),
            })
        };
        names.into_iter().filter_map(info).collect()
    }
}

pub(crate) fn provider<'a>(
    providers: &'a BTreeMap<String, Provider>,
    model: &ResolvedModel,
) -> Result<&'a Provider, ChatError> {
    providers.get(&model.provider).ok_or_else(|| {
        ChatError::new(
            ChatErrorKind::UnknownModel,
            format!(
                "the model `{}` belongs to the provider `{}`, which is no longer set up; add `[providers.{}]` to stepwell.toml, or run the step with another model",
                model.name, model.provider, model.provider
            ),
        )
    })
}

/// The known providers whose key is there.
#[must_use]
pub fn keyed(keys: &Keys) -> Vec<&'static KnownProvider> {
    let has_key = |variable: &str| keys.get(variable).is_some();
    let known = known_providers().iter();
    known
        .filter(|known| known.key_variable.is_some_and(has_key))
        .collect()
}

fn recorded(
    model: &ResolvedModel,
    request: &ChatRequest,
    origin: &Origin,
    outcome: CallEnd,
) -> RecordedCall {
    RecordedCall {
        place: CallPlace::of(origin),
        model: Some(model.name.clone()),
        instead: None,
        request: Some(canonical_request(request, &model.name)),
        outcome,
    }
}

impl fmt::Debug for Models {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Models")
            .field("replay", &self.is_replay())
            .field("models", &self.list())
            .finish_non_exhaustive()
    }
}
