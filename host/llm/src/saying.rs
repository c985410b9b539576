//! What to do about an error that stays, as a sentence: the setting or the variable that mends it is named.
//!
//! What went wrong is said where it is found; here is only the mend.

use std::time::Duration;

use stepwell_contract::{ChatError, ChatErrorKind, Clock, KnownProvider, ProviderKind};

use crate::call::Call;
use crate::circuit::{Down, PROVIDER_DOWN};
use crate::provider::Provider;
use crate::scrub::Scrubs;
use crate::set_by::Sent;
use crate::wire::{About, Problem, shortened};

/// What a person is told of a problem with something else than a call, at a path below the provider's address. Keys are taken out of what
/// the provider says.
pub(crate) fn told(problem: &mut Problem, provider: &Provider, path: &str) -> ChatError {
    problem.message = shortened(&Scrubs::new(provider.secrets()).text(&problem.message));
    let kind = problem.kind.clone();
    let message = format!(
        "`{}` ({}): {}; {}",
        provider.name,
        provider.address(path),
        problem.message,
        mend(problem, &kind, provider, None)
    );
    ChatError::new(kind, message)
}

/// What to do about an error that stays. `sent` is what it came of, where that was a call.
pub(crate) fn mend(
    problem: &Problem,
    kind: &ChatErrorKind,
    provider: &Provider,
    sent: Option<Sent<'_>>,
) -> String {
    let of_request = sent.zip(problem.about);
    let of_request = of_request.and_then(|(sent, about)| sent.mend(about, provider));
    let setting = of_request.or_else(|| setting(problem.about?, provider));
    if let Some(setting) = setting {
        return setting;
    }
    match kind {
        ChatErrorKind::Authentication => match &provider.settings.key_variable {
            Some(variable) => format!("check the key in the environment variable `{variable}`"),
            None => format!(
                "it wants a key: set `key_variable` of `[providers.{}]` in stepwell.toml",
                provider.name
            ),
        },
        ChatErrorKind::OutOfCredit => {
            "add credit to the account, or use another provider, and resume".into()
        }
        ChatErrorKind::UnknownModel => format!(
            "check the model's name in stepwell.toml, and the `base_url` of the provider `{}`",
            provider.name
        ),
        ChatErrorKind::RateLimited => {
            "lower `concurrency` or `requests_per_minute` of the provider in stepwell.toml, and resume later".into()
        }
        ChatErrorKind::Overloaded => "resume later, or use another provider".into(),
        ChatErrorKind::Timeout => {
            "resume later, or raise `stall_timeout` of the provider in stepwell.toml".into()
        }
        ChatErrorKind::Network if provider.is_here() => {
            "check that the server is running, and the provider's `base_url` in stepwell.toml, and resume".into()
        }
        ChatErrorKind::Network => {
            "check the network and the provider's `base_url` in stepwell.toml, and resume".into()
        }
        ChatErrorKind::ContextLength => {
            "shorten the prompt or the documents in it, or use a model that reads more".into()
        }
        ChatErrorKind::ContentFiltered => "change the prompt, or use another provider".into(),
        _ => "change the request, or use another model".into(),
    }
}

/// Why a call isn't sent to a provider that is down.
pub(crate) fn down(down: &Down, provider: &Provider, call: &Call<'_>) -> ChatError {
    let now = call.clock.now();
    let until = now.checked_add(down.wait).unwrap_or(now);
    let mut message = format!(
        "{}: it is down, and not asked for now: {}; it is asked again from {until:.0} on",
        provider.shown(),
        down.last,
    );
    // Whoever has named some is told what became of them.
    if call.fallback.is_empty() {
        message.push_str(&format!(
            ": resume after that. `fallback` of the model `{}` in stepwell.toml names models that answer instead, in runs that begin later",
            call.model.name
        ));
    }
    // A kind of its own: a step that tries again what may pass would ask again at once.
    ChatError::new(ChatErrorKind::Other(PROVIDER_DOWN.into()), message)
}

/// That a provider isn't asked by anybody, since it is down, and until when.
pub(crate) fn left_alone(provider: &Provider, pause: Duration, clock: &Clock) -> String {
    let now = clock.now();
    let until = now.checked_add(pause).unwrap_or(now);
    format!(
        "it counts as down (`circuit_failures` is {}), and nothing is sent to it until {until:.0}",
        provider.settings.circuit_failures
    )
}

/// For what a call waits before a provider that is down.
pub(crate) fn waits(down: &Down, provider: &Provider) -> String {
    format!("{} is down: {}", provider.shown(), down.last)
}

/// The setting that mends what an error is about; none where the format has none.
pub(crate) fn setting(about: About, provider: &Provider) -> Option<String> {
    let is_chat = provider.settings.kind == ProviderKind::OpenaiChat;
    let section = format!("`[providers.{}]` in stepwell.toml", provider.name);
    Some(match about {
        About::Address => address(provider),
        About::StreamOptions => format!("`stream_options = false` of {section} leaves it out"),
        About::TokenLimit if is_chat => format!(
            "`token_limit = \"{}\"` of {section} gives it by the other name",
            provider.settings.token_limit.other().as_str()
        ),
        About::TokenLimit | About::Setting(_) => return None,
        About::Tools => format!("`tools = false` of {section}, or of the model, sends none"),
        About::Schemas => {
            format!("`schemas = false` of {section}, or of the model, says it in words")
        }
    })
}

/// What may be wrong with an address at which nothing answers.
fn address(provider: &Provider) -> String {
    let path = provider.format.path();
    let base = provider.base_url.path().trim_end_matches('/');
    let whose = format!("`base_url` of the provider `{}`", provider.name);
    if base.ends_with(&format!("/{path}")) {
        return format!("leave `/{path}` out of the {whose}: it is added to that");
    }
    let is_version = |part: &str| {
        let rest = part.strip_prefix('v');
        rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    if base.split('/').any(is_version) {
        return format!(
            "check the {whose} and its `kind`: servers of another format answer elsewhere"
        );
    }
    let url = provider.base_url.as_str().trim_end_matches('/');
    format!("check the {whose}: most servers answer below a version, as in `{url}/v1`")
}

/// What to do where no model is set up. Whoever has a key already is told what to write.
pub(crate) fn no_model(keyed: &[&KnownProvider]) -> String {
    match keyed.first() {
        Some(KnownProvider {
            name,
            key_variable: Some(variable),
            ..
        }) => format!(
            "no model is set up; `{variable}` is set, so that a line in stepwell.toml is enough: `models.writer = \"{name}/MODEL\"`"
        ),
        _ => "no model is set up; set the environment variable `OPENAI_API_KEY`, or describe providers and models in stepwell.toml, or replay a cassette".into(),
    }
}
