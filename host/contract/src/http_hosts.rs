//! Which hosts a line names: those that a step may ask, and those that the operator has inside of the network.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How a request travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, strum::Display)]
#[strum(serialize_all = "lowercase")]
pub enum HttpScheme {
    /// In the clear.
    Http,
    /// Encrypted, to a server that shows who it is.
    Https,
}

impl HttpScheme {
    /// The port where none is said.
    #[must_use]
    pub fn port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// Whom a request asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpAddress {
    /// How it travels.
    pub scheme: HttpScheme,
    /// The host: a name in ASCII and small letters, or an address; one of the sixth version stands in brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// It as a line of a definition would name it.
impl fmt::Display for HttpAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.scheme == HttpScheme::Http {
            f.write_str("http://")?;
        }
        f.write_str(&self.host)?;
        match self.port == self.scheme.port() {
            true => Ok(()),
            false => write!(f, ":{}", self.port),
        }
    }
}

/// A host, or all below it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Hosts {
    below: bool,
    /// As in [`HttpAddress`].
    host: String,
}

impl Hosts {
    fn cover(&self, host: &str) -> bool {
        match self.below {
            false => host == self.host,
            true => host
                .strip_suffix(self.host.as_str())
                .and_then(|rest| rest.strip_suffix('.'))
                .is_some_and(|rest| !rest.is_empty()),
        }
    }

    fn include(&self, other: &Self) -> bool {
        match (self.below, other.below) {
            (false, true) => false,
            (true, true) if self.host == other.host => true,
            _ => self.cover(&other.host),
        }
    }
}

impl fmt::Display for Hosts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let below = if self.below { "*." } else { "" };
        write!(f, "{below}{}", self.host)
    }
}

/// Why a text names no hosts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHosts {
    /// It says how, and it isn't one of the two ways.
    #[error("it begins with `{0}://`; a request travels by https, or by http")]
    Scheme(String),
    /// It goes on behind the host.
    #[error("it goes on behind the host with `{0}`")]
    Behind(String),
    /// It has a name or a password.
    #[error("it has an `@`: no name or password stands there")]
    User,
    /// It has a `*` that isn't all of its first part.
    #[error("a `*` stands for the first parts of a name alone, as in `*.example.org`")]
    Star,
    /// All names below one part would be too many.
    #[error("`*.` stands before a name of at least two parts, as in `*.example.org`")]
    TooWide,
    /// The port is none.
    #[error("`{0}` is no port")]
    Port(String),
    /// It says how, where that means nothing.
    #[error("it begins with `{0}://`; here it is only said which host")]
    NoScheme(String),
    /// The host itself is none.
    #[error("{0}")]
    Host(String),
}

/// Makes the form of [`HttpAddress`] of a host that somebody wrote, or says why it is none.
pub type ReadHost<'a> = dyn Fn(&str) -> Result<String, String> + 'a;

struct Parts<'t> {
    scheme: Option<&'t str>,
    hosts: Hosts,
    port: Option<u16>,
}

impl<'t> Parts<'t> {
    fn of(text: &'t str, read: &ReadHost<'_>) -> Result<Self, InvalidHosts> {
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (Some(scheme), rest),
            None => (None, text),
        };
        if rest.contains('@') {
            return Err(InvalidHosts::User);
        }
        if let Some(at) = rest.find(['/', '?', '#', '\\']) {
            return Err(InvalidHosts::Behind(rest[at..].to_owned()));
        }
        let (below, rest) = match rest.strip_prefix("*.") {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        if rest.contains('*') {
            return Err(InvalidHosts::Star);
        }
        // The colons of an address of the sixth version stand in brackets.
        let from = rest.rfind(']').map_or(0, |at| at + 1);
        let (host, port) = match rest[from..].split_once(':') {
            Some((before, port)) => (&rest[..from + before.len()], Some(port)),
            None => (rest, None),
        };
        let port = port.map(|port| {
            let number = port.parse().ok().filter(|number| *number != 0);
            let is_plain = port.bytes().all(|it| it.is_ascii_digit());
            number
                .filter(|_| is_plain)
                .ok_or_else(|| InvalidHosts::Port(port.to_owned()))
        });
        let host = read(host).map_err(InvalidHosts::Host)?;
        if below && (!host.contains('.') || is_address(&host)) {
            return Err(InvalidHosts::TooWide);
        }
        Ok(Self {
            scheme,
            hosts: Hosts { below, host },
            port: port.transpose()?,
        })
    }
}

fn is_address(host: &str) -> bool {
    host.starts_with('[') || host.parse::<std::net::Ipv4Addr>().is_ok()
}

/// A line of `grants.http`: hosts that a step may ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpGrant {
    scheme: HttpScheme,
    hosts: Hosts,
    port: u16,
}

impl HttpGrant {
    /// Reads `[https://|http://][*.]HOST[:PORT]`.
    ///
    /// # Errors
    /// Why it names no hosts.
    pub fn parse(text: &str, read: &ReadHost<'_>) -> Result<Self, InvalidHosts> {
        let parts = Parts::of(text, read)?;
        let scheme = match parts.scheme {
            None | Some("https") => HttpScheme::Https,
            Some("http") => HttpScheme::Http,
            Some(other) => return Err(InvalidHosts::Scheme(other.to_owned())),
        };
        Ok(Self {
            scheme,
            hosts: parts.hosts,
            port: parts.port.unwrap_or(scheme.port()),
        })
    }

    /// Whether it lets a step ask there.
    #[must_use]
    pub fn covers(&self, address: &HttpAddress) -> bool {
        self.scheme == address.scheme
            && self.port == address.port
            && self.hosts.cover(&address.host)
    }

    /// The one host that it names; none where it names all below one.
    #[must_use]
    pub fn one_host(&self) -> Option<HttpAddress> {
        (!self.hosts.below).then(|| HttpAddress {
            scheme: self.scheme,
            host: self.hosts.host.clone(),
            port: self.port,
        })
    }

    /// Whether it lets a step ask all that another line does.
    #[must_use]
    pub fn includes(&self, other: &Self) -> bool {
        self.scheme == other.scheme && self.port == other.port && self.hosts.include(&other.hosts)
    }
}

impl fmt::Display for HttpGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = HttpAddress {
            scheme: self.scheme,
            host: self.hosts.to_string(),
            port: self.port,
        };
        address.fmt(f)
    }
}

/// A line of `http.inside` of the operator's: hosts that stand inside of the network, or on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpInside {
    hosts: Hosts,
    /// None is any.
    port: Option<u16>,
}

impl HttpInside {
    /// Reads `[*.]HOST[:PORT]`.
    ///
    /// # Errors
    /// Why it names no hosts.
    pub fn parse(text: &str, read: &ReadHost<'_>) -> Result<Self, InvalidHosts> {
        let parts = Parts::of(text, read)?;
        if let Some(scheme) = parts.scheme {
            return Err(InvalidHosts::NoScheme(scheme.to_owned()));
        }
        Ok(Self {
            hosts: parts.hosts,
            port: parts.port,
        })
    }

    /// Whether it says so of this address.
    #[must_use]
    pub fn covers(&self, address: &HttpAddress) -> bool {
        self.port.is_none_or(|port| port == address.port) && self.hosts.cover(&address.host)
    }
}

impl fmt::Display for HttpInside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.hosts.fmt(f)?;
        match self.port {
            Some(port) => write!(f, ":{port}"),
            None => Ok(()),
        }
    }
}

/// What was written in its own form needs no reading of its host.
fn as_it_is(host: &str) -> Result<String, String> {
    Ok(host.to_owned())
}

/// Of a grant in the form that it is shown in.
impl FromStr for HttpGrant {
    type Err = InvalidHosts;

    fn from_str(text: &str) -> Result<Self, InvalidHosts> {
        Self::parse(text, &as_it_is)
    }
}

/// It is written as its line.
impl Serialize for HttpGrant {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for HttpGrant {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl schemars::JsonSchema for HttpGrant {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "HttpGrant".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        String::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(text: &str) -> HttpGrant {
        text.parse().unwrap()
    }

    fn address(scheme: HttpScheme, host: &str, port: u16) -> HttpAddress {
        HttpAddress {
            scheme,
            host: host.into(),
            port,
        }
    }

    #[test]
    fn a_grant_covers_its_host_its_way_and_its_port_alone() {
        use HttpScheme::{Http, Https};
        let exact = grant("api.example.org");
        assert!(exact.covers(&address(Https, "api.example.org", 443)));
        for other in [
            address(Https, "example.org", 443),
            address(Https, "x.api.example.org", 443),
            address(Https, "api.example.org", 8443),
            address(Http, "api.example.org", 80),
            address(Http, "api.example.org", 443),
        ] {
            assert!(!exact.covers(&other), "{other}");
        }
        let below = grant("*.example.org:8443");
        assert!(below.covers(&address(Https, "a.b.example.org", 8443)));
        for other in ["example.org", ".example.org", "badexample.org"] {
            assert!(!below.covers(&address(Https, other, 8443)), "{other}");
        }
        assert!(grant("http://localhost:8080").covers(&address(Http, "localhost", 8080)));
        assert!(grant("[::1]:8443").covers(&address(Https, "[::1]", 8443)));
    }

    #[test]
    fn a_line_is_shown_as_it_is_written() {
        for line in [
            "api.example.org",
            "*.example.org",
            "api.example.org:8443",
            "http://localhost:8080",
            "http://db.corp.example",
            "[::1]:8443",
            "127.0.0.1",
        ] {
            assert_eq!(grant(line).to_string(), line);
        }
        assert_eq!(grant("https://a.example:443").to_string(), "a.example");
    }

    #[test]
    fn what_names_no_host_is_refused_for_what_it_is() {
        let refused = |text: &str| text.parse::<HttpGrant>().unwrap_err();
        assert_eq!(refused("ftp://a.b"), InvalidHosts::Scheme("ftp".into()));
        assert_eq!(refused("a.b/path"), InvalidHosts::Behind("/path".into()));
        assert_eq!(refused("me:word@a.b"), InvalidHosts::User);
        assert_eq!(refused("*"), InvalidHosts::Star);
        assert_eq!(refused("a.*.b"), InvalidHosts::Star);
        assert_eq!(refused("*.org"), InvalidHosts::TooWide);
        assert_eq!(refused("*.10.0.0.1"), InvalidHosts::TooWide);
        assert_eq!(refused("a.b:0"), InvalidHosts::Port("0".into()));
        assert_eq!(refused("a.b:+1"), InvalidHosts::Port("+1".into()));
        assert_eq!(refused("a.b:70000"), InvalidHosts::Port("70000".into()));
        let inside = HttpInside::parse("http://a.b", &as_it_is);
        assert_eq!(inside, Err(InvalidHosts::NoScheme("http".into())));
        assert!(
            HttpInside::parse("a.b", &as_it_is).is_ok_and(|it| it.covers(&address(
                HttpScheme::Http,
                "a.b",
                1
            )))
        );
    }
}
