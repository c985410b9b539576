//! What the operator says of models, checked; and what is assumed where they say nothing.
//!
//! The file `stepwell.toml` is not read here: its text and places are the business of the definitions' room.

use std::fmt;

use reqwest::Url;
use stepwell_contract::{
    KnownProvider, ModelSettings, ModelsSettings, ProviderKind, ProviderSettings, Remedy,
    did_you_mean,
};

use crate::{Keys, known_providers};

/// The provider that the usual variables set up.
const OPENAI: &str = "openai";

/// The model that is asked where neither `stepwell.toml` nor `OPENAI_MODEL` names one.
pub const DEFAULT_OPENAI_MODEL: &str = "gpt-5";

/// Settings from the usual variables, for who has no `stepwell.toml`: a provider `openai`, and a default
/// model under the short name `default`.
///
/// `OPENAI_API_KEY` is enough. `OPENAI_BASE_URL` names another server of the same format, and
/// `OPENAI_MODEL` another model than [`DEFAULT_OPENAI_MODEL`]; the two together work without a key, as local
/// servers need none. None where the variables say too little.
#[must_use]
pub fn settings_from_keys(keys: &Keys) -> Option<ModelsSettings> {
    let plain = |name| keys.get(name).map(|value| value.expose().to_owned());
    let has_key = keys.get("OPENAI_API_KEY").is_some();
    let (base_url, model) = (plain("OPENAI_BASE_URL"), plain("OPENAI_MODEL"));
    if !has_key && (base_url.is_none() || model.is_none()) {
        return None;
    }
    let provider = match base_url {
        Some(url) => ProviderSettings::new(ProviderKind::OpenaiChat, url),
        None => KnownProvider::find(known_providers(), OPENAI)?.settings(),
    };
    let provider = ProviderSettings {
        key_variable: has_key.then(|| "OPENAI_API_KEY".to_owned()),
        ..provider
    };
    let model = model.unwrap_or_else(|| DEFAULT_OPENAI_MODEL.to_owned());
    let model = ModelSettings::new(OPENAI, model);
    Some(ModelsSettings {
        providers: [(OPENAI.to_owned(), provider)].into(),
        models: [("default".to_owned(), model)].into(),
        default_model: Some("default".into()),
    })
}

/// Everything that is wrong with the settings, at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsError {
    /// Each problem, at least one.
    pub problems: Vec<SettingsProblem>,
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let problems: Vec<String> = self.problems.iter().map(ToString::to_string).collect();
        f.write_str(&problems.join("\n"))
    }
}

impl std::error::Error for SettingsError {}

/// One thing that is wrong with the settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsProblem {
    /// A model names a provider that isn't there.
    #[error("the model `{model}` names the provider `{provider}`, which isn't set up")]
    UnknownProvider {
        /// The short name of the model.
        model: String,
        /// What it names.
        provider: String,
        /// The name that was most likely meant, as a question.
        meant: Option<String>,
    },
    /// The default model isn't there.
    #[error("the default model is `{model}`, which isn't set up")]
    UnknownDefault {
        /// What is named.
        model: String,
        /// The name that was most likely meant, as a question.
        meant: Option<String>,
    },
    /// A model that is to answer instead of another isn't there.
    #[error("the model `{model}` falls back on `{fallback}`, which isn't set up")]
    UnknownFallback {
        /// The short name of the model.
        model: String,
        /// What it names.
        fallback: String,
        /// The name that was most likely meant, as a question.
        meant: Option<String>,
    },
    /// A model is to answer instead of itself.
    #[error("the model `{model}` falls back on itself")]
    OwnFallback {
        /// The short name of the model.
        model: String,
    },
    /// A base URL can't be used. It is not shown where it could hold a password.
    #[error("the base URL of the provider `{provider}` can't be used: {reason}")]
    BadBaseUrl {
        /// The provider.
        provider: String,
        /// What is wrong.
        reason: String,
    },
    /// A number that must be at least one is zero.
    #[error("`{setting}` of the provider `{provider}` is zero")]
    Zero {
        /// The provider.
        provider: String,
        /// The setting.
        setting: &'static str,
    },
    /// A model has no name at its provider.
    #[error("the model `{model}` has an empty name at its provider")]
    EmptyModel {
        /// The short name of the model.
        model: String,
    },
    /// The HTTP client of a provider can't be made.
    #[error("no connection can be made for the provider `{provider}`: {reason}")]
    Client {
        /// The provider.
        provider: String,
        /// What the client says.
        reason: String,
    },
}

impl SettingsProblem {
    /// What helps: the line of `stepwell.toml` that is to be written, which is the same for every face.
    #[must_use]
    pub fn remedy(&self) -> Remedy {
        Remedy::said(match self {
            Self::UnknownProvider {
                meant: Some(meant), ..
            }
            | Self::UnknownDefault {
                meant: Some(meant), ..
            }
            | Self::UnknownFallback {
                meant: Some(meant), ..
            } => meant.clone(),
            Self::UnknownProvider { provider, .. } => {
                format!("add `[providers.{provider}]` to stepwell.toml")
            }
            Self::OwnFallback { .. } => "leave it out, or name another model".into(),
            Self::UnknownDefault { model, .. }
            | Self::UnknownFallback {
                fallback: model, ..
            } => {
                format!("add `{model}` to `[models]` in stepwell.toml")
            }
            Self::BadBaseUrl { .. } => {
                "give it as `https://api.openai.com/v1`; keys stand in a variable, and parameters in `query` of the provider's section".into()
            }
            Self::Zero { setting, .. } => format!("set `{setting}` to 1 or more, or leave it out"),
            Self::EmptyModel { .. } => "write it as `provider/model`".into(),
            Self::Client { .. } => "check that the certificates of this machine can be read".into(),
        })
    }
}

/// All that is wrong, apart from keys: those are missed when they are used.
pub(crate) fn problems(settings: &ModelsSettings) -> Vec<SettingsProblem> {
    let mut problems = Vec::new();
    for (name, provider) in &settings.providers {
        if let Err(reason) = base_url(&provider.base_url) {
            problems.push(SettingsProblem::BadBaseUrl {
                provider: name.clone(),
                reason,
            });
        }
        let zero = [
            ("concurrency", provider.concurrency == 0),
            (
                "requests_per_minute",
                provider.requests_per_minute == Some(0),
            ),
            ("tokens_per_minute", provider.tokens_per_minute == Some(0)),
            ("circuit_pause", provider.circuit_pause.is_zero()),
            ("stall_timeout", provider.stall_timeout.is_zero()),
            ("connect_timeout", provider.connect_timeout.is_zero()),
        ];
        problems.extend(
            zero.into_iter()
                .filter(|(_, zero)| *zero)
                .map(|(setting, _)| SettingsProblem::Zero {
                    provider: name.clone(),
                    setting,
                }),
        );
    }
    for (name, model) in &settings.models {
        if !settings.providers.contains_key(&model.provider) {
            problems.push(SettingsProblem::UnknownProvider {
                model: name.clone(),
                provider: model.provider.clone(),
                meant: did_you_mean(
                    &model.provider,
                    settings.providers.keys().map(String::as_str),
                ),
            });
        }
        for other in &model.fallback {
            if let Some(problem) = fallback_problem(settings, name, other) {
                problems.push(problem);
            }
        }
        if model.model.trim().is_empty() {
            problems.push(SettingsProblem::EmptyModel {
                model: name.clone(),
            });
        }
    }
    if let Some(default) = &settings.default_model
        && !settings.models.contains_key(default)
    {
        problems.push(SettingsProblem::UnknownDefault {
            model: default.clone(),
            meant: did_you_mean(default, settings.models.keys().map(String::as_str)),
        });
    }
    problems
}

/// What is wrong with a model that answers instead of another.
fn fallback_problem(settings: &ModelsSettings, of: &str, other: &str) -> Option<SettingsProblem> {
    if other == of {
        return Some(SettingsProblem::OwnFallback {
            model: of.to_owned(),
        });
    }
    (!settings.models.contains_key(other)).then(|| SettingsProblem::UnknownFallback {
        model: of.to_owned(),
        fallback: other.to_owned(),
        meant: did_you_mean(other, settings.models.keys().map(String::as_str)),
    })
}

/// A base URL without the slash at its end.
///
/// A user name or password in it would end up in records and errors, so they are refused.
pub(crate) fn base_url(text: &str) -> Result<Url, String> {
    let mut url = Url::parse(text.trim()).map_err(|error| error.to_string())?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("`{}` is neither http nor https", url.scheme()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it holds a user name or a password".into());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("it has a `?` or a `#`".into());
    }
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(pairs: &[(&str, &str)]) -> Keys {
        pairs.iter().copied().collect()
    }

    #[test]
    fn the_usual_variables_are_enough() {
        assert_eq!(settings_from_keys(&keys(&[])), None);
        let settings = settings_from_keys(&keys(&[("OPENAI_API_KEY", "sk-secret-key")])).unwrap();
        assert_eq!(settings.models["default"].model, DEFAULT_OPENAI_MODEL);
        assert_eq!(
            settings.providers["openai"].base_url,
            "https://api.openai.com/v1"
        );
        assert!(problems(&settings).is_empty());
        let local = keys(&[
            ("OPENAI_BASE_URL", "http://localhost:1234/v1"),
            ("OPENAI_MODEL", "qwen"),
        ]);
        let settings = settings_from_keys(&local).unwrap();
        assert_eq!(settings.providers["openai"].key_variable, None);
        assert_eq!(settings.models["default"].model, "qwen");
    }

    #[test]
    fn all_problems_are_told_at_once_with_a_hint() {
        let mut settings =
            settings_from_keys(&keys(&[("OPENAI_API_KEY", "sk-secret-key")])).unwrap();
        let mut provider = settings.providers["openai"].clone();
        provider.base_url = "https://me:password@example.org/v1".into();
        provider.concurrency = 0;
        settings.providers.insert("other".into(), provider);
        settings.models.get_mut("default").unwrap().provider = "openia".into();
        settings.default_model = Some("writer".into());
        let found = SettingsError {
            problems: problems(&settings),
        };
        assert_eq!(found.problems.len(), 4, "{found}");
        let hints: Vec<Remedy> = found.problems.iter().map(SettingsProblem::remedy).collect();
        assert!(hints.contains(&Remedy::said("did you mean `openai`?")));
        assert!(!format!("{found} {found:?} {hints:?}").contains("password@"));
    }

    #[test]
    fn base_urls_lose_their_last_slash() {
        assert_eq!(
            base_url(" http://localhost:80/v1// ").unwrap().as_str(),
            "http://localhost/v1"
        );
        for bad in ["api.openai.com", "ftp://x", "https://x/?key=1", ""] {
            assert!(base_url(bad).is_err(), "{bad}");
        }
    }
}
