//! Addresses: every text in them is encoded so that none leaves its place.

use std::fmt::{self, Display, Write as _};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};
use stepwell_engine::ListRuns;

/// Everything but what RFC 3986 calls unreserved.
const PART: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');
const VALUE: &AsciiSet = &PART.remove(b'/');

/// A text as a value after the `?`, where a slash means nothing and is easier to read as it is.
fn value(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, VALUE)
}

/// An address of this server.
#[derive(Debug, Clone)]
pub(crate) struct Address(String);

impl Address {
    /// Of a path that needs no encoding.
    pub(crate) fn at(path: impl Into<String>) -> Self {
        Self(path.into())
    }

    /// With one more part of its path.
    pub(crate) fn part(mut self, part: impl Display) -> Self {
        let part = part.to_string();
        let _ = write!(self.0, "/{}", utf8_percent_encode(&part, PART));
        self
    }

    /// With one more thing after the `?`, if there is one.
    pub(crate) fn with(mut self, name: &str, given: Option<impl Display>) -> Self {
        if let Some(given) = given {
            let mark = if self.0.contains('?') { '&' } else { '?' };
            let _ = write!(self.0, "{mark}{name}={}", value(&given.to_string()));
        }
        self
    }

    /// At a place of that page.
    pub(crate) fn place(mut self, id: &str) -> Self {
        self.0.push('#');
        self.0.push_str(id);
        self
    }

    /// Names the runs that are wanted, but not which part of them.
    pub(crate) fn of_runs(self, wanted: &ListRuns) -> Self {
        self.with("status", wanted.status.map(<&str>::from))
            .with("workflow", wanted.workflow.as_ref())
            .with("search", wanted.search.as_ref())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_encoded() {
        let address = Address::at("/api")
            .part("runs")
            .part("a/../b")
            .with("step", Some("a[0]~2#1"))
            .with("round", None::<u32>)
            .with("path", Some("ü &\"<c>"));
        assert_eq!(
            address.as_str(),
            "/api/runs/a%2F..%2Fb?step=a%5B0%5D~2%231&path=%C3%BC%20%26%22%3Cc%3E"
        );
    }
}
