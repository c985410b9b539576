//! What a failed request becomes for a person.

use reqwest::{Response, Url};
use serde::Deserialize;
use stepwell_outbound::{NoName, RefusedName, cause, innermost, speaks_no_tls};

use crate::errors::FetchError;

/// The codes of the distribution specification. A server's own words are never shown: they might repeat what was sent to it.
const CODES: [&str; 16] = [
    "BLOB_UNKNOWN",
    "BLOB_UPLOAD_INVALID",
    "BLOB_UPLOAD_UNKNOWN",
    "DENIED",
    "DIGEST_INVALID",
    "MANIFEST_BLOB_UNKNOWN",
    "MANIFEST_INVALID",
    "MANIFEST_UNKNOWN",
    "NAME_INVALID",
    "NAME_UNKNOWN",
    "SIZE_INVALID",
    "TAG_INVALID",
    "TOOMANYREQUESTS",
    "UNAUTHORIZED",
    "UNAVAILABLE",
    "UNSUPPORTED",
];

/// The most bytes that are read of an answer that isn't the one that was asked for.
const MOST_OF_ERROR: usize = 64 << 10;

/// The host of an address, with its port where that isn't the usual one.
pub(super) fn shown(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// Why nothing came. `by` is who named the address, where that wasn't a person.
pub(super) fn failed(error: &reqwest::Error, url: &Url, by: Option<&str>) -> FetchError {
    let host = shown(url);
    if let Some(RefusedName(refusal)) = cause(error) {
        return FetchError::Refused {
            host: by.unwrap_or(&host).to_owned(),
            to: host,
            refusal: *refusal,
        };
    }
    if let Some(NoName(reason)) = cause(error) {
        let reason = reason.to_string();
        return FetchError::NoSuchHost { host, reason };
    }
    if speaks_no_tls(error) {
        return FetchError::NotHttps { host };
    }
    let reason = innermost(error);
    match error.is_connect() {
        true => FetchError::Unreachable { host, reason },
        false => FetchError::Broken { host, reason },
    }
}

/// The error of an answer that nobody asked for.
pub(crate) async fn unexpected(mut response: Response) -> FetchError {
    let host = shown(response.url());
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while body.len() < MOST_OF_ERROR {
        let piece = tokio::time::timeout(std::time::Duration::from_secs(5), response.chunk()).await;
        match piece {
            Ok(Ok(Some(piece))) => body.extend_from_slice(&piece),
            _ => break,
        }
    }
    FetchError::Answered {
        host,
        status,
        code: code_in(&body),
    }
}

fn code_in(body: &[u8]) -> Option<&'static str> {
    #[derive(Deserialize)]
    struct Answer {
        errors: Vec<OneError>,
    }
    #[derive(Deserialize)]
    struct OneError {
        code: String,
    }
    let answer: Answer = serde_json::from_slice(body).ok()?;
    let code = answer.errors.first()?.code.as_str();
    CODES.into_iter().find(|known| *known == code)
}

#[cfg(test)]
mod tests {
    use super::code_in;

    #[test]
    fn only_codes_of_the_specification_are_told() {
        let answer = |code: &str| format!(r#"{{"errors":[{{"code":"{code}","message":"x"}}]}}"#);
        assert_eq!(code_in(answer("DENIED").as_bytes()), Some("DENIED"));
        assert_eq!(code_in(answer("hunter2").as_bytes()), None);
        assert_eq!(code_in(b"<html>"), None);
    }
}
