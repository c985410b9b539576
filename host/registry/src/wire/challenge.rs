//! What a registry asks for before it answers: a password, or a token of the service that it names.

use reqwest::Response;
use reqwest::header::WWW_AUTHENTICATE;

/// How somebody shows who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Challenge {
    /// By name and password, with each request.
    Basic,
    /// By a token, which the service at `realm` gives.
    Bearer {
        realm: String,
        service: Option<String>,
        scope: Option<String>,
    },
}

/// What an answer asks for; none where it asks for nothing that is known here.
pub(super) fn challenge(response: &Response) -> Option<Challenge> {
    let headers = response.headers().get_all(WWW_AUTHENTICATE).iter();
    let headers = headers.filter_map(|header| header.to_str().ok());
    let found: Vec<Challenge> = headers.flat_map(parsed).collect();
    // A token is worth less to whoever steals it.
    let bearer = found
        .iter()
        .find(|it| matches!(it, Challenge::Bearer { .. }));
    bearer.or(found.first()).cloned()
}

fn parsed(header: &str) -> Vec<Challenge> {
    let challenges = http_auth::parse_challenges(header).unwrap_or_default();
    let known = challenges.into_iter().filter_map(|challenge| {
        let named = |name: &str| {
            let mut params = challenge.params.iter();
            let (_, value) = params.find(|(its, _)| its.eq_ignore_ascii_case(name))?;
            Some(value.to_unescaped())
        };
        if challenge.scheme.eq_ignore_ascii_case("basic") {
            return Some(Challenge::Basic);
        }
        let is_bearer = challenge.scheme.eq_ignore_ascii_case("bearer");
        Some(Challenge::Bearer {
            realm: named("realm").filter(|_| is_bearer)?,
            service: named("service"),
            scope: named("scope"),
        })
    });
    known.collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_header_ends_it(header in any::<String>()) {
            let _ = parsed(&header);
        }
    }

    #[test]
    fn the_ways_of_registries_are_known() {
        let bearer = |scope: Option<&str>| Challenge::Bearer {
            realm: "https://auth.docker.io/token".into(),
            service: Some("registry.docker.io".into()),
            scope: scope.map(str::to_owned),
        };
        let header = r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push""#;
        assert_eq!(parsed(header), [bearer(Some("repository:a/b:pull,push"))]);
        let header = r#"Basic realm="x", bearer Realm="https://auth.docker.io/token", service="registry.docker.io""#;
        assert_eq!(parsed(header), [Challenge::Basic, bearer(None)]);
        assert_eq!(parsed("Negotiate"), []);
        assert_eq!(parsed("Bearer service=\"x\""), []);
    }
}
