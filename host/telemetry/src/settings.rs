//! What the usual variables say: whether anything is told, to whom, and how.
//!
//! They are handed in: the environment is read at the command's edge.

use std::fmt;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

/// How long the collector may take for one request, where nothing is said.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How often metrics are sent, where nothing is said.
const INTERVAL: Duration = Duration::from_secs(60);

/// To whom a run's traces and metrics are told.
#[derive(Debug, Clone)]
pub struct Settings {
    pub(crate) traces: Option<Receiver>,
    pub(crate) metrics: Option<Receiver>,
    pub(crate) interval: Duration,
    /// What the process says of itself, by name.
    pub(crate) resource: Vec<(String, String)>,
}

/// Where one of the two is sent.
#[derive(Clone)]
pub(crate) struct Receiver {
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) timeout: Duration,
    pub(crate) compressed: bool,
}

/// It is never printed: its headers hold keys.
impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown(&self.url))
    }
}

/// A variable that can't be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the variable {variable} {what}")]
pub struct SettingsError {
    variable: String,
    what: String,
    hint: String,
}

impl SettingsError {
    /// What helps.
    #[must_use]
    pub fn hint(&self) -> String {
        format!("{}; OTEL_SDK_DISABLED=true sends nothing", self.hint)
    }
}

/// One of the two things that are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Signal {
    Traces,
    Metrics,
}

impl Signal {
    /// Its part of a variable's name.
    fn word(self) -> &'static str {
        match self {
            Self::Traces => "TRACES",
            Self::Metrics => "METRICS",
        }
    }

    /// Where it is sent below an endpoint of all.
    fn path(self) -> &'static str {
        match self {
            Self::Traces => "v1/traces",
            Self::Metrics => "v1/metrics",
        }
    }
}

impl Settings {
    /// What these variables say; none where nothing is to be sent. A variable that is empty isn't set.
    ///
    /// # Errors
    /// The first variable that can't be followed.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, SettingsError> {
        let variables = Variables { get: &get };
        if variables
            .says("OTEL_SDK_DISABLED")
            .is_some_and(|(_, it)| it.eq_ignore_ascii_case("true"))
        {
            return Ok(None);
        }
        let traces = variables.receiver(Signal::Traces)?;
        let metrics = variables.receiver(Signal::Metrics)?;
        if traces.is_none() && metrics.is_none() {
            return Ok(None);
        }
        let interval = variables.says("OTEL_METRIC_EXPORT_INTERVAL");
        Ok(Some(Self {
            traces,
            metrics,
            interval: interval.map_or(Ok(INTERVAL), milliseconds)?,
            resource: variables.resource()?,
        }))
    }
}

/// A variable and its value.
type Said = (String, String);

struct Variables<'v> {
    get: &'v dyn Fn(&str) -> Option<String>,
}

impl Variables<'_> {
    fn says(&self, name: &str) -> Option<Said> {
        let value = (self.get)(name)?.trim().to_owned();
        (!value.is_empty()).then(|| (name.to_owned(), value))
    }

    /// What is said for one signal, or else for all.
    fn of(&self, signal: Signal, what: &str) -> Option<Said> {
        let own = format!("OTEL_EXPORTER_OTLP_{}_{what}", signal.word());
        let own = self.says(&own);
        own.or_else(|| self.says(&format!("OTEL_EXPORTER_OTLP_{what}")))
    }

    fn receiver(&self, signal: Signal) -> Result<Option<Receiver>, SettingsError> {
        if let Some(said) = self.says(&format!("OTEL_{}_EXPORTER", signal.word())) {
            match said.1.as_str() {
                "none" => return Ok(None),
                "otlp" => {}
                other => {
                    let what = format!("is `{other}`, and only `otlp` and `none` are known");
                    return Err(unfit(&said, what, "set it to one of the two, or unset it"));
                }
            }
        }
        let own = self.says(&format!("OTEL_EXPORTER_OTLP_{}_ENDPOINT", signal.word()));
        let all = || self.says("OTEL_EXPORTER_OTLP_ENDPOINT");
        let url = match (own, all) {
            (Some(own), _) => address(&own)?,
            (None, all) => match all() {
                Some(all) => below(address(&all)?, signal.path()),
                None => return Ok(None),
            },
        };
        self.check_protocol(signal)?;
        let timeout = self.of(signal, "TIMEOUT");
        let headers = self.of(signal, "HEADERS");
        Ok(Some(Receiver {
            url,
            headers: headers.as_ref().map_or(Ok(HeaderMap::new()), header_map)?,
            timeout: timeout.map_or(Ok(TIMEOUT), milliseconds)?,
            compressed: self.is_compressed(signal)?,
        }))
    }

    fn check_protocol(&self, signal: Signal) -> Result<(), SettingsError> {
        match self.of(signal, "PROTOCOL") {
            Some(said) if said.1 != "http/protobuf" => Err(unfit(
                &said,
                format!("is `{}`, and only `http/protobuf` is spoken", said.1),
                "unset it, and name an endpoint that takes OTLP over HTTP, whose usual port is 4318",
            )),
            _ => Ok(()),
        }
    }

    fn is_compressed(&self, signal: Signal) -> Result<bool, SettingsError> {
        let Some(said) = self.of(signal, "COMPRESSION") else {
            return Ok(false);
        };
        match said.1.as_str() {
            "gzip" => Ok(true),
            "none" => Ok(false),
            other => Err(unfit(
                &said,
                format!("is `{other}`, and only `gzip` and `none` are known"),
                "set it to one of the two, or unset it",
            )),
        }
    }

    /// What is said of the process, each name once: the name of the service has a variable of its own.
    fn resource(&self) -> Result<Vec<Said>, SettingsError> {
        let mut resource = Vec::new();
        if let Some(said) = self.says("OTEL_RESOURCE_ATTRIBUTES") {
            resource = pairs(&said)?;
        }
        if let Some((_, name)) = self.says("OTEL_SERVICE_NAME") {
            resource.retain(|(other, _)| other != SERVICE_NAME);
            resource.push((SERVICE_NAME.into(), name));
        }
        Ok(resource)
    }
}

pub(crate) const SERVICE_NAME: &str = "service.name";

fn unfit(said: &Said, what: impl Into<String>, hint: impl Into<String>) -> SettingsError {
    SettingsError {
        variable: said.0.clone(),
        what: what.into(),
        hint: hint.into(),
    }
}

/// An address, without saying it again where it may hold a password.
fn address(said: &Said) -> Result<Url, SettingsError> {
    let example = "name it as `http://localhost:4318` or `https://collector.example/otlp`";
    let told = match said.1.contains('@') {
        true => "is".to_owned(),
        false => format!("is `{}`, which is", said.1),
    };
    let url = Url::parse(&said.1);
    let url = url.map_err(|error| unfit(said, format!("{told} no address: {error}"), example))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(unfit(said, format!("{told} no address of HTTP"), example));
    }
    Ok(url)
}

/// The address of a signal below that of all.
fn below(mut url: Url, path: &str) -> Url {
    let folder = url.path().trim_end_matches('/').to_owned();
    url.set_path(&format!("{folder}/{path}"));
    url
}

fn milliseconds(said: Said) -> Result<Duration, SettingsError> {
    match said.1.parse::<u64>() {
        Ok(number @ 1..) => Ok(Duration::from_millis(number)),
        _ => Err(unfit(
            &said,
            format!(
                "is `{}`, which is no number of milliseconds above 0",
                said.1
            ),
            "set it to a number such as 10000",
        )),
    }
}

/// `name=value,name=value`, with escapes by percent signs in the values. The values aren't said again: they may be keys.
fn pairs(said: &Said) -> Result<Vec<Said>, SettingsError> {
    let hint = "write it as `name=value,name=value`; a comma within a value is `%2C`";
    let parts = said.1.split(',').map(str::trim).enumerate();
    let parts = parts.filter(|(_, part)| !part.is_empty());
    parts
        .map(|(index, part)| {
            let pair = part.split_once('=');
            let pair = pair.map(|(name, value)| (name.trim(), value.trim()));
            let Some((name, value)) = pair.filter(|(name, _)| !name.is_empty()) else {
                let what = format!("has a part, number {}, that isn't `name=value`", index + 1);
                return Err(unfit(said, what, hint));
            };
            let decoded = percent_decode_str(value).decode_utf8();
            let value = decoded.map_err(|_| {
                unfit(
                    said,
                    format!("has a value of `{name}` that isn't UTF-8"),
                    hint,
                )
            })?;
            Ok((name.to_owned(), value.into_owned()))
        })
        .collect()
}

fn header_map(said: &Said) -> Result<HeaderMap, SettingsError> {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs(said)? {
        let known = HeaderName::from_bytes(name.as_bytes()).ok();
        let value = HeaderValue::from_str(&value).ok();
        let (Some(known), Some(mut value)) = (known, value) else {
            return Err(unfit(
                said,
                format!("has `{name}`, which is no header with its value"),
                "write it as `authorization=Bearer%20KEY`",
            ));
        };
        value.set_sensitive(true);
        headers.insert(known, value);
    }
    Ok(headers)
}

/// An address as it may be told: without what could let somebody in.
pub(crate) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    // These fail for addresses that have no room for them, and then hold none.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    url.to_string()
}

#[cfg(test)]
mod tests;
