//! What a request brings along so that its server lets it in: the key, and the headers and parameters that its operator sets.
//!
//! All that comes from the environment is a secret. It leaves this type for one header or parameter of a request, and is shown
//! nowhere: there is no way to print it.

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use stepwell_contract::{ChatError, ChatErrorKind, KeySent, ProviderSettings, SentValue};

use crate::keys::{Keys, Secret};
use crate::wire::WireFormat;

/// The headers and parameters of every request to one provider.
#[derive(Clone, Default)]
pub(crate) struct Access {
    pub(crate) headers: HeaderMap,
    pub(crate) query: Vec<(String, String)>,
}

impl Access {
    /// Those of a provider of this name, with what its variables hold.
    pub(crate) fn of(
        provider: &str,
        settings: &ProviderSettings,
        format: &dyn WireFormat,
        secrets: &Keys,
    ) -> Result<Self, ChatError> {
        let mut access = Self::default();
        for (name, value) in format.headers() {
            access
                .headers
                .insert(*name, HeaderValue::from_static(value));
        }
        for (name, value) in &settings.headers {
            let value = Value::of(provider, value, secrets, &format!("the header `{name}`"))?;
            access.header(&header(name)?, &value, |text| text.to_owned())?;
        }
        for (name, value) in &settings.query {
            let value = Value::of(provider, value, secrets, &format!("the parameter `{name}`"))?;
            access.query.push((name.clone(), value.expose().to_owned()));
        }
        if let Some(variable) = &settings.key_variable {
            let value = Value::Secret(variable, key(provider, variable, secrets)?);
            access.key(&settings.key_sent, format, &value)?;
        }
        Ok(access)
    }

    fn key(
        &mut self,
        sent: &KeySent,
        format: &dyn WireFormat,
        value: &Value<'_>,
    ) -> Result<(), ChatError> {
        let bearer = |key: &str| format!("Bearer {key}");
        match sent {
            KeySent::Usual => match format.key_header() {
                Some(name) => self.header(&HeaderName::from_static(name), value, str::to_owned),
                None => self.header(&AUTHORIZATION, value, bearer),
            },
            KeySent::Bearer => self.header(&AUTHORIZATION, value, bearer),
            KeySent::Header(name) => self.header(&header(name)?, value, str::to_owned),
            KeySent::Query(name) => {
                self.query.push((name.clone(), value.expose().to_owned()));
                Ok(())
            }
        }
    }

    fn header(
        &mut self,
        name: &HeaderName,
        value: &Value<'_>,
        written: impl Fn(&str) -> String,
    ) -> Result<(), ChatError> {
        let mut sent = HeaderValue::from_str(&written(value.expose())).map_err(|_| match value {
            Value::Secret(variable, _) => refused(format!(
                "the environment variable `{variable}` holds characters that no key has, such as a line break; set it again"
            )),
            Value::Text(_) => refused(format!(
                "the header `{name}` in stepwell.toml has characters that no header takes; write it in one line"
            )),
        })?;
        sent.set_sensitive(matches!(value, Value::Secret(..)));
        self.headers.insert(name.clone(), sent);
        Ok(())
    }
}

/// What is sent: as it stands in the settings, or as a variable holds it.
enum Value<'v> {
    Text(&'v str),
    Secret(&'v str, &'v Secret),
}

impl<'v> Value<'v> {
    fn of(
        provider: &str,
        value: &'v SentValue,
        secrets: &'v Keys,
        whose: &str,
    ) -> Result<Self, ChatError> {
        match value {
            SentValue::Text(text) => Ok(Self::Text(text)),
            SentValue::Variable(variable) => match secrets.get(variable) {
                Some(secret) => Ok(Self::Secret(variable, secret)),
                None => Err(refused(format!(
                    "{whose} of the provider `{provider}` is missing: set the environment variable `{variable}`, as in `export {variable}=…`"
                ))),
            },
        }
    }

    fn expose(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Secret(_, secret) => secret.expose(),
        }
    }
}

fn key<'k>(provider: &str, variable: &str, secrets: &'k Keys) -> Result<&'k Secret, ChatError> {
    secrets.get(variable).ok_or_else(|| {
        refused(format!(
            "the key of the provider `{provider}` is missing: set the environment variable `{variable}`, as in `export {variable}=…`"
        ))
    })
}

fn header(name: &str) -> Result<HeaderName, ChatError> {
    HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| refused(format!("`{name}` in stepwell.toml is no name of a header")))
}

fn refused(message: String) -> ChatError {
    ChatError::new(ChatErrorKind::Authentication, message)
}
