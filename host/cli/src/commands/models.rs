//! `stepwell models`: which models are set up, which providers are known, and what one of them has.

use serde::Serialize;
use stepwell_contract::{
    Clock, KnownAddress, KnownProvider, ModelsSettings, ProviderKind, ProviderSettings,
    did_you_mean,
};
use stepwell_llm::{ModelInfo, Models, known_providers};

use crate::arguments::{ModelsArguments, ModelsCommand};
use crate::errors::{CommandError, ModelsError};
use crate::exit::Exit;
use crate::remedy::CommandRemedy;
use crate::terminal::{Table, helped, now, plain_line, tokens};
use crate::wiring::{Asked, Context, Setting, how_to_set_up, models as models_of};

pub(super) async fn models(
    arguments: ModelsArguments,
    context: &Context,
) -> Result<Exit, CommandError> {
    let setting = context.setting()?;
    match arguments.command {
        None => set_up(setting, arguments.json, context),
        Some(ModelsCommand::Providers { json }) => providers(&setting, json, context),
        Some(ModelsCommand::List { provider, json }) => {
            offered(&setting, &provider, json, context).await
        }
    }
}

/// The models that can be named.
fn set_up(mut setting: Setting, json: bool, context: &Context) -> Result<Exit, CommandError> {
    let screen = &context.screen;
    let keys = context.environment.keys(&setting.configuration.models);
    let models = models_of(&mut setting.configuration, keys, &Asked::default())?.list();
    if json {
        screen.print_json(&models)?;
        return Ok(Exit::Success);
    }
    let mut table = Table::new();
    for model in &models {
        let default = if model.is_default { "default" } else { "" };
        table.row([
            model.name.clone(),
            format!("{}/{}", model.provider, model.model),
            model.kind.map_or("", ProviderKind::as_str).to_owned(),
            key_state(model.key_variable.as_deref(), model.key_present),
            default.to_owned(),
            asked_how(model),
        ]);
    }
    screen.print(&table.text())?;
    if models.is_empty() {
        screen.say("no model is set up\n");
        screen.hint(&helped(&how_to_set_up(&context.environment).into()));
    }
    Ok(Exit::Success)
}

/// How a model is asked, as far as its settings say, and who is asked instead of it.
fn asked_how(model: &ModelInfo) -> String {
    let inference = &model.inference;
    let instead = Some(&model.fallback).filter(|names| !names.is_empty());
    let said = [
        inference
            .effort
            .map(|effort| format!("effort {}", effort.word())),
        inference
            .temperature
            .map(|it| format!("temperature {}", it.value())),
        inference
            .thinking
            .map(|thinks| format!("thinking {thinks}")),
        inference
            .caching
            .map(|caching| format!("caching {}", <&str>::from(caching))),
        instead.map(|names| format!("falls back on {}", names.join(", "))),
    ];
    let said: Vec<_> = said.into_iter().flatten().collect();
    said.join(", ")
}

fn key_state(variable: Option<&str>, is_present: bool) -> String {
    match variable {
        None => "no key needed".to_owned(),
        Some(variable) if is_present => format!("{variable} is set"),
        Some(variable) => format!("{variable} is missing"),
    }
}

/// A provider for a list.
#[derive(Debug, Serialize)]
struct ListedProvider {
    /// The name in `PROVIDER/MODEL`.
    name: String,
    /// What it calls itself; none for one that isn't known by name.
    title: Option<&'static str>,
    /// The wire format.
    kind: &'static str,
    /// Where it is; none where an address of one's own is needed and isn't given.
    base_url: Option<String>,
    /// What such an address looks like.
    base_url_example: Option<&'static str>,
    /// The variable with its key; none where it needs none.
    key_variable: Option<String>,
    /// Whether the key and all other secrets are there, or none is needed.
    key_present: bool,
    /// Whether stepwell.toml has a section for it.
    is_declared: bool,
}

impl ListedProvider {
    fn of(
        name: &str,
        known: Option<&KnownProvider>,
        declared: Option<&ProviderSettings>,
        context: &Context,
    ) -> Option<Self> {
        let settings = match (declared, known) {
            (Some(declared), _) => declared.clone(),
            (None, known) => known?.settings(),
        };
        let has = |variable: &str| context.environment.get(variable).is_some();
        let key_present = settings.variables().all(has);
        Some(Self {
            name: name.to_owned(),
            title: known.map(|known| known.title),
            kind: settings.kind.as_str(),
            base_url_example: match known.map(|known| known.address) {
                Some(KnownAddress::Own(example)) => Some(example),
                _ => None,
            },
            key_present,
            base_url: Some(settings.base_url).filter(|url| !url.is_empty()),
            key_variable: settings.key_variable,
            is_declared: declared.is_some(),
        })
    }
}

/// The providers that are known by name, and those that stepwell.toml declares.
fn providers(setting: &Setting, json: bool, context: &Context) -> Result<Exit, CommandError> {
    let screen = &context.screen;
    // One that only a model names is there as it is known.
    let declared = &setting.configuration.models.providers;
    let of_known = known_providers().iter().filter_map(|known| {
        let own = declared
            .get(known.name)
            .filter(|own| **own != known.settings());
        ListedProvider::of(known.name, Some(known), own, context)
    });
    let others = declared.iter().filter_map(|(name, settings)| {
        let is_known = KnownProvider::find(known_providers(), name).is_some();
        let listed = || ListedProvider::of(name, None, Some(settings), context);
        (!is_known).then(listed).flatten()
    });
    let all: Vec<_> = of_known.chain(others).collect();
    if json {
        screen.print_json(&all)?;
        return Ok(Exit::Success);
    }
    let mut table = Table::new();
    for provider in &all {
        let own = || format!("{} (yours)", provider.base_url_example.unwrap_or_default());
        table.row([
            provider.name.clone(),
            provider.kind.to_owned(),
            key_state(provider.key_variable.as_deref(), provider.key_present),
            provider.base_url.clone().unwrap_or_else(own),
        ]);
    }
    screen.print(&table.text())?;
    screen.hint("name a model as `PROVIDER/MODEL` in stepwell.toml; `stepwell models list PROVIDER` asks which models it has");
    Ok(Exit::Success)
}

/// What a provider says that it has.
async fn offered(
    setting: &Setting,
    name: &str,
    json: bool,
    context: &Context,
) -> Result<Exit, CommandError> {
    let screen = &context.screen;
    let declared = &setting.configuration.models.providers;
    let settings = match (
        declared.get(name),
        KnownProvider::find(known_providers(), name),
    ) {
        (Some(settings), _) => settings.clone(),
        (None, Some(known)) => with_address(known)?,
        (None, None) => return Err(unknown(name, declared.keys().map(String::as_str)).into()),
    };
    // What is wrong with other providers or models doesn't matter here.
    let settings = ModelsSettings {
        providers: [(name.to_owned(), settings)].into(),
        ..ModelsSettings::default()
    };
    let keys = context.environment.keys(&settings);
    let models = Models::live(settings, keys).map_err(ModelsError::Settings)?;
    let offered = models.offered(name, &Clock::new(now)).await;
    let offered = offered.map_err(ModelsError::NotListed)?;
    if json {
        screen.print_json(&offered)?;
        return Ok(Exit::Success);
    }
    let mut table = Table::new();
    for model in &offered {
        let reads = model
            .input_tokens
            .map(|count| format!("reads {} tokens", tokens(count)));
        table.row([
            plain_line(&format!("{name}/{}", model.id)),
            plain_line(model.title.as_deref().unwrap_or_default()),
            reads.unwrap_or_default(),
        ]);
    }
    screen.print(&table.text())?;
    if offered.is_empty() {
        screen.say(&format!("{name} has no model\n"));
    }
    Ok(Exit::Success)
}

/// The settings of a known provider, where it has an address for everybody.
fn with_address(known: &KnownProvider) -> Result<ProviderSettings, ModelsError> {
    match known.address {
        KnownAddress::At(_) => Ok(known.settings()),
        KnownAddress::Own(example) => Err(ModelsError::NoBaseUrl {
            title: known.title.to_owned(),
            provider: known.name.to_owned(),
            example: example.to_owned(),
        }),
    }
}

fn unknown<'n>(name: &str, declared: impl Iterator<Item = &'n str>) -> ModelsError {
    let known = known_providers().iter().map(|known| known.name);
    let mut all: Vec<_> = known.collect();
    // One may be both.
    all.extend(declared.filter(|name| KnownProvider::find(known_providers(), name).is_none()));
    let helps = match KnownProvider::meant(known_providers(), name) {
        Some(known) => CommandRemedy::NameProvider {
            title: known.title.to_owned(),
            name: known.name.to_owned(),
        },
        None => CommandRemedy::ChooseProvider {
            question: did_you_mean(name, all.iter().copied()),
            names: all.iter().map(|name| (*name).to_owned()).collect(),
        },
    };
    ModelsError::NoProvider {
        name: name.to_owned(),
        helps,
    }
}
