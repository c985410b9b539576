//! Where a browser says that a request comes from. Programs say nothing of it.

use axum::http::{HeaderMap, HeaderValue, Method, header};

const SITE: &str = "sec-fetch-site";
const MODE: &str = "sec-fetch-mode";
const DESTINATION: &str = "sec-fetch-dest";

/// Whether a request comes from a page that isn't this server's, as far as a browser marks it. Another port of the same
/// machine is another site: it may be another user's.
pub(super) fn is_foreign(headers: &HeaderMap, host: &str) -> bool {
    let marks = |name, is_own: &dyn Fn(&str) -> bool| {
        let mut values = headers.get_all(name).iter().peekable();
        let is_own = |value: &HeaderValue| value.to_str().is_ok_and(is_own);
        values.peek().is_some().then(|| !values.all(is_own))
    };
    let is_here = |text: &str| is_of(text, host);
    let origin = marks(header::ORIGIN.as_str(), &is_here);
    let site = marks(SITE, &|site| ["same-origin", "none"].contains(&site));
    match (origin, site) {
        // An older browser, or one that reaches the server without TLS from another machine.
        (None, None) => marks(header::REFERER.as_str(), &is_here).unwrap_or(false),
        (origin, site) => origin == Some(true) || site == Some(true),
    }
}

/// Whether an address of `http` or `https` is one of this host.
fn is_of(address: &str, host: &str) -> bool {
    at_host(address, host).is_some()
}

/// What follows the host in an address of `http` or `https`, where it is this one.
fn at_host<'a>(address: &'a str, host: &str) -> Option<&'a str> {
    let after = ["http://", "https://"].map(|scheme| address.strip_prefix(scheme));
    let after = after.into_iter().flatten().next()?;
    let end = after.find(['/', '?', '#']).unwrap_or(after.len());
    let (named, rest) = after.split_at(end);
    named.eq_ignore_ascii_case(host).then_some(rest)
}

/// The page of this server from which a browser sends something, as it says.
pub(super) fn page_before<'h>(headers: &'h HeaderMap, host: &str) -> Option<&'h str> {
    at_host(headers.get(header::REFERER)?.to_str().ok()?, host)
}

/// Whether somebody goes to an address with their browser: a page there is shown as a whole, and no other page reads it. A
/// browser that says nothing of it may do so.
pub(super) fn is_visit(method: &Method, headers: &HeaderMap) -> bool {
    let says = |name, word| headers.get(name).is_none_or(|said| said == word);
    method.is_safe()
        && !headers.contains_key(header::ORIGIN)
        && says(MODE, "navigate")
        && says(DESTINATION, "document")
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;

    use super::*;

    const HOST: &str = "127.0.0.1:7117";

    fn with(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        };
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn a_page_of_another_site_is_told_by_what_its_browser_says() {
        for own in [
            &[][..],
            &[("origin", "http://127.0.0.1:7117")],
            &[("origin", "https://127.0.0.1:7117")],
            &[("sec-fetch-site", "same-origin")],
            &[("sec-fetch-site", "none")],
            &[("referer", "http://127.0.0.1:7117/runs?a=b")],
            // Who sits behind a proxy that says another name.
            &[
                ("sec-fetch-site", "same-origin"),
                ("referer", "https://build.example/"),
            ],
        ] {
            assert!(!is_foreign(&with(own), HOST), "{own:?}");
        }
        for foreign in [
            &[("origin", "http://127.0.0.1:8000")][..],
            &[("origin", "http://localhost:7117")],
            &[("origin", "https://evil.example")],
            &[("origin", "http://127.0.0.1:7117.evil.example")],
            &[("origin", "null")],
            &[("origin", "file://")],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "something-new")],
            &[
                ("origin", "http://127.0.0.1:7117"),
                ("sec-fetch-site", "cross-site"),
            ],
            &[
                ("sec-fetch-site", "same-origin"),
                ("sec-fetch-site", "cross-site"),
            ],
            &[("referer", "http://evil.example/127.0.0.1:7117")],
            &[("referer", "http://127.0.0.1:7117@evil.example/")],
        ] {
            assert!(is_foreign(&with(foreign), HOST), "{foreign:?}");
        }
    }

    #[test]
    fn only_a_whole_page_is_visited() {
        let visit = [
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "document"),
        ];
        assert!(is_visit(&Method::GET, &with(&visit)));
        assert!(is_visit(&Method::GET, &with(&[])));
        assert!(!is_visit(&Method::POST, &with(&visit)));
        for not in [
            ("sec-fetch-dest", "image"),
            ("sec-fetch-dest", "iframe"),
            ("sec-fetch-mode", "no-cors"),
            ("sec-fetch-mode", "cors"),
            ("origin", "null"),
        ] {
            assert!(!is_visit(&Method::GET, &with(&[not])), "{not:?}");
        }
    }
}
