//! What stands before a body: the address, the method, the headers. Those that say how a message is carried belong to whoever carries it.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Url};
use stepwell_contract::{
    HttpAddress, HttpError, HttpErrorKind, HttpHeader, HttpScheme, amounts, most,
};

/// The methods that a step may use. `CONNECT` would be a tunnel, and `TRACE` shows what was added on the way.
const METHODS: [Method; 7] = [
    Method::GET,
    Method::HEAD,
    Method::POST,
    Method::PUT,
    Method::DELETE,
    Method::PATCH,
    Method::OPTIONS,
];

/// Headers that say how a message is carried, or to whom; `proxy-…` besides.
const CARRYING: [&str; 10] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

fn invalid(message: impl Into<String>) -> HttpError {
    HttpError::new(HttpErrorKind::InvalidRequest, message)
}

fn carries(name: &str) -> bool {
    CARRYING.contains(&name) || name.starts_with("proxy-")
}

/// An address of the web.
pub(crate) fn url(text: &str) -> Result<(Url, HttpAddress), HttpError> {
    if text.len() > most::HEADERS {
        return Err(invalid("its address is too long"));
    }
    let url = Url::parse(text).map_err(|error| invalid(format!("its address is none: {error}")))?;
    let scheme = match url.scheme() {
        "https" => HttpScheme::Https,
        "http" => HttpScheme::Http,
        other => return Err(invalid(format!("`{other}` is no address of the web"))),
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(invalid("its address has a name or a password in it"));
    }
    let host = url.host_str().unwrap_or_default();
    if host.is_empty() {
        return Err(invalid("its address names no host"));
    }
    // A name with a dot at its end is the same name.
    let host = host.strip_suffix('.').unwrap_or(host).to_owned();
    let port = url.port().unwrap_or(scheme.port());
    Ok((url, HttpAddress { scheme, host, port }))
}

/// Whom a request to this address would ask.
///
/// # Errors
/// It is no address of the web.
pub fn address_of(url_text: &str) -> Result<HttpAddress, HttpError> {
    url(url_text).map(|(_, address)| address)
}

pub(crate) fn method(name: &str) -> Result<Method, HttpError> {
    let mut known = METHODS.iter();
    let found = known.find(|method| method.as_str() == name);
    found.cloned().ok_or_else(|| {
        invalid(format!(
            "`{}` is no method that a step may use",
            amounts::cut(name.to_owned(), 40)
        ))
    })
}

/// The headers of a request. Its length follows from its body, whatever is said of it.
pub(crate) fn of_request(headers: Vec<HttpHeader>) -> Result<HeaderMap, HttpError> {
    let mut map = HeaderMap::new();
    for header in headers {
        let name = header.name.to_ascii_lowercase();
        if name == "content-length" {
            continue;
        }
        if carries(&name) {
            return Err(invalid(format!(
                "the header `{name}` is not the step's to set"
            )));
        }
        let parsed = HeaderName::from_bytes(name.as_bytes()).ok();
        let parsed = parsed.zip(HeaderValue::from_bytes(&header.value).ok());
        let (name, value) = parsed.ok_or_else(|| invalid("it has a header that is none"))?;
        let appended = map.try_append(name, value);
        appended.map_err(|_| invalid("it has too many headers"))?;
    }
    Ok(map)
}

/// The headers of an answer, unless they are too many. How it was carried is over.
pub(crate) fn of_answer(map: &HeaderMap) -> Result<Vec<HttpHeader>, HttpError> {
    let bytes: usize = map
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len())
        .sum();
    if bytes > most::HEADERS {
        let (has, most) = (bytes as u64, most::HEADERS as u64);
        let (has, most) = (amounts::size(has), amounts::size(most));
        let message = format!("the headers of the answer have {has}; at most {most} are read");
        return Err(HttpError::new(HttpErrorKind::TooLarge, message));
    }
    // Its length is told: of an answer to `HEAD` it is what was asked for.
    let kept = map
        .iter()
        .filter(|(name, _)| *name == "content-length" || !carries(name.as_str()));
    Ok(kept
        .map(|(name, value)| HttpHeader {
            name: name.as_str().to_owned(),
            value: value.as_bytes().to_owned(),
        })
        .collect())
}
