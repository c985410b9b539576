//! The token that a request must show where other machines can reach the server.

use std::fmt;

use axum::http::{HeaderMap, header};
use stepwell_contract::Digest;

/// The name of the cookie by which a browser shows that it had the token.
pub(super) const COOKIE: &str = "stepwell_session";
/// How many random bytes a token that is made has.
const BYTES: usize = 32;

/// A secret that is shown with every request. It can't be printed by accident.
#[derive(Clone)]
pub struct Token {
    text: String,
    /// What a browser's cookie holds: who reads it there learns nothing of the token.
    session: String,
}

impl Token {
    /// A token that somebody chose.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        let session = Digest::of(format!("a session of {text}")).to_string();
        Self { text, session }
    }

    /// A token that nobody can guess; none where the system gives no randomness.
    #[must_use]
    pub fn made() -> Option<Self> {
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes).ok()?;
        let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Some(Self::new(text))
    }

    /// Its text, for the one who is to use it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.text
    }

    pub(super) fn session(&self) -> &str {
        &self.session
    }

    pub(super) fn is(&self, given: &str) -> bool {
        same(&self.text, given)
    }

    /// Whether a request shows it: as a bearer's token, or by the cookie that a browser got for it.
    pub(super) fn is_shown_in(&self, headers: &HeaderMap) -> bool {
        let texts = |name| {
            headers
                .get_all(name)
                .iter()
                .filter_map(|it| it.to_str().ok())
        };
        let bearer = texts(header::AUTHORIZATION)
            .filter_map(|value| value.split_once(' '))
            .any(|(scheme, given)| scheme.eq_ignore_ascii_case("bearer") && self.is(given.trim()));
        let cookie = texts(header::COOKIE)
            .flat_map(|cookies| cookies.split(';'))
            .filter_map(|cookie| cookie.trim().split_once('='))
            .any(|(name, value)| name == COOKIE && same(&self.session, value));
        bearer || cookie
    }
}

/// How long it takes must not tell how much of a guess was right: digests of both are compared.
fn same(one: &str, other: &str) -> bool {
    Digest::of(one) == Digest::of(other)
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn headers(name: HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn a_token_is_shown_by_a_header_or_a_cookie() {
        let token = Token::new("sesame");
        assert!(token.is_shown_in(&headers(header::AUTHORIZATION, "Bearer sesame")));
        let cookie = format!("theme=dark; {COOKIE}={}", token.session());
        assert!(token.is_shown_in(&headers(header::COOKIE, &cookie)));
        for (name, value) in [
            (header::AUTHORIZATION, "Bearer open"),
            (header::AUTHORIZATION, "Basic sesame"),
            (header::AUTHORIZATION, "sesame"),
            (header::COOKIE, "stepwell_session=sesame"),
            (header::COOKIE, "sesame"),
        ] {
            assert!(!token.is_shown_in(&headers(name, value)), "{value}");
        }
    }

    #[test]
    fn a_token_is_not_printed_and_each_is_another() {
        let token = Token::made().unwrap();
        assert!(!format!("{token:?}").contains(token.reveal()));
        assert_ne!(token.reveal(), Token::made().unwrap().reveal());
    }
}
