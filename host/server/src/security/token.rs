//! The token that a request must show.

use std::fmt;

use axum::http::{HeaderMap, header};
use stepwell_contract::Digest;

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
        random().map(Self::new)
    }

    /// Its text, for the one who is to use it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// The cookie by which a browser shows that it had the token. Servers on other ports of a machine get each other's
    /// cookies: each has a name of its own.
    pub(super) fn cookie(&self, port: u16) -> String {
        format!("{}={}", cookie_name(port), self.session)
    }

    pub(super) fn is(&self, given: &str) -> bool {
        same(&self.text, given)
    }

    /// What a request shows of it: as a bearer's token, or by the cookie that a browser got for it.
    pub(super) fn shown_in(&self, headers: &HeaderMap, port: u16) -> Shown {
        let texts = |name| {
            headers
                .get_all(name)
                .iter()
                .filter_map(|it| it.to_str().ok())
        };
        let bearer = texts(header::AUTHORIZATION)
            .filter_map(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, given)| self.is(given.trim()));
        let name = cookie_name(port);
        let cookie = texts(header::COOKIE)
            .flat_map(|cookies| cookies.split(';'))
            .filter_map(|cookie| cookie.trim().split_once('='))
            .filter(|(of, _)| *of == name)
            .map(|(_, value)| same(&self.session, value));
        // One of several wrong ones is a guess as well.
        match bearer.chain(cookie).reduce(|one, other| one || other) {
            Some(true) => Shown::Right,
            Some(false) => Shown::Wrong,
            None => Shown::Nothing,
        }
    }
}

/// What a request shows of the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// The token, or it needs none.
    Right,
    /// Another one.
    Wrong,
    /// None.
    Nothing,
}

fn cookie_name(port: u16) -> String {
    format!("stepwell_session_{port}")
}

/// A text that nobody can guess; none where the system gives no randomness.
pub(super) fn random() -> Option<String> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).ok()?;
    Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// How long it takes must not tell how much of a guess was right: digests of both are compared.
pub(super) fn same(one: &str, other: &str) -> bool {
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
        let shown = |name, value: &str| token.shown_in(&headers(name, value), 7117);
        let cookie = format!("theme=dark; {}", token.cookie(7117));
        for (name, value) in [
            (header::AUTHORIZATION, "Bearer sesame"),
            (header::COOKIE, &cookie),
        ] {
            assert_eq!(shown(name, value), Shown::Right, "{value}");
        }
        for (name, value) in [
            (header::AUTHORIZATION, "Bearer open"),
            (header::COOKIE, "stepwell_session_7117=sesame"),
        ] {
            assert_eq!(shown(name, value), Shown::Wrong, "{value}");
        }
        let of_another = token.cookie(7118);
        for (name, value) in [
            (header::AUTHORIZATION, "Basic sesame"),
            (header::AUTHORIZATION, "sesame"),
            (header::COOKIE, "sesame"),
            (header::COOKIE, &of_another),
        ] {
            assert_eq!(shown(name, value), Shown::Nothing, "{value}");
        }
    }

    #[test]
    fn a_token_is_not_printed_and_each_is_another() {
        let token = Token::made().unwrap();
        assert!(!format!("{token:?}").contains(token.reveal()));
        assert_ne!(token.reveal(), Token::made().unwrap().reveal());
    }
}
