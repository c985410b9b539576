//! Where an artifact is: a registry, a repository in it, and a version of that.
//!
//! Nothing is asked here. The grammar is that of OCI's distribution specification; the registry is always named, since no one is ours.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use reqwest::Url;
use stepwell_contract::Digest;

use crate::problem::SourceProblem;

/// What Docker calls its own registry, and by which names it answers.
const DOCKER: [&str; 3] = ["docker.io", "index.docker.io", "registry-1.docker.io"];

/// The most bytes of a registry's and a repository's name together.
const LONGEST_NAME: usize = 255;

/// The most bytes of a tag.
const LONGEST_TAG: usize = 128;

/// A registry: a name or an address, perhaps with a port.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Host(String);

impl Host {
    /// As it is written: `ghcr.io`, `localhost:5000`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is this machine. Only there a registry is spoken to without encryption.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.base().is_some_and(|base| is_loopback(&base))
    }

    /// Where it answers: `https://HOST/`, and `http://HOST/` on this machine.
    pub(crate) fn base(&self) -> Option<Url> {
        let host = match self.is_docker() {
            true => "registry-1.docker.io",
            false => &self.0,
        };
        let mut base = Url::parse(&format!("https://{host}/")).ok()?;
        if is_loopback(&base) {
            base = Url::parse(&format!("http://{host}/")).ok()?;
        }
        Some(base)
    }

    /// Under which name credentials are kept for it.
    pub(crate) fn key(&self) -> &str {
        match self.is_docker() {
            // As docker wrote it when there was a first version of its protocol, and has ever since.
            true => "https://index.docker.io/v1/",
            false => &self.0,
        }
    }

    /// As it is written where each has one name: without the usual port, and without a dot behind it.
    pub(crate) fn written(&self) -> &str {
        if self.is_docker() {
            return DOCKER[0];
        }
        let usual = match self.is_loopback() {
            true => ":80",
            false => ":443",
        };
        let host = self.0.strip_suffix(usual).unwrap_or(&self.0);
        host.trim_end_matches('.')
    }

    pub(crate) fn is_docker(&self) -> bool {
        DOCKER.contains(&self.0.as_str())
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Host {
    type Err = SourceProblem;
    fn from_str(text: &str) -> Result<Self, SourceProblem> {
        let wrong = || SourceProblem::Host(text.to_owned());
        let text = text.to_ascii_lowercase();
        if text.is_empty() || text.contains(['/', '@', '?', '#', '\\', '%']) {
            return Err(wrong());
        }
        let url = Url::parse(&format!("https://{text}/")).map_err(|_| wrong())?;
        // What a URL writes in another way, such as `0x7f.1`, would be another host than a person reads.
        let port = url.port_or_known_default().unwrap_or(443);
        let read = url.host_str().unwrap_or_default();
        if text != read && text != format!("{read}:{port}") {
            return Err(wrong());
        }
        Ok(Self(text))
    }
}

/// Which of a repository's artifacts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Version {
    /// The one that has this tag now.
    Tag(String),
    /// The one whose manifest has this digest, whatever its tag was.
    Digest(Digest),
}

/// An artifact in a registry. Its text form is `oci://HOST/NAME:TAG` or `oci://HOST/NAME@sha256:…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The registry.
    pub registry: Host,
    /// The repository, such as `ada/refine`.
    pub repository: String,
    /// The version: the tag `latest` where none is named.
    pub version: Version,
}

impl Reference {
    /// The same artifact by the digest of its manifest, which never means another one.
    #[must_use]
    pub fn pinned(&self, manifest: Digest) -> Self {
        Self {
            version: Version::Digest(manifest),
            ..self.clone()
        }
    }

    /// What stands behind `oci://`.
    pub(crate) fn parse(text: &str) -> Result<Self, SourceProblem> {
        let (host, rest) = text.split_once('/').ok_or(SourceProblem::NoRepository)?;
        let registry: Host = host.parse()?;
        let (name, digest) = match rest.split_once('@') {
            Some((name, digest)) => (name, Some(digest)),
            None => (rest, None),
        };
        let (repository, tag) = match name.split_once(':') {
            Some((repository, tag)) => (repository, Some(tag)),
            None => (name, None),
        };
        if repository.is_empty() {
            return Err(SourceProblem::NoRepository);
        }
        if !is_repository(repository) || host.len() + repository.len() > LONGEST_NAME {
            return Err(SourceProblem::Repository(repository.to_owned()));
        }
        if let Some(tag) = tag.filter(|tag| !is_tag(tag)) {
            return Err(SourceProblem::Tag(tag.to_owned()));
        }
        let version = match (digest, tag) {
            // As everywhere, the digest counts where both stand.
            (Some(digest), _) => {
                let wrong = |_| SourceProblem::Digest(digest.to_owned());
                Version::Digest(digest.parse().map_err(wrong)?)
            }
            (None, tag) => Version::Tag(tag.unwrap_or("latest").to_owned()),
        };
        Ok(Self {
            registry,
            repository: repository.to_owned(),
            version,
        })
    }

    /// What a registry's path has at its end.
    pub(crate) fn last(&self) -> String {
        match &self.version {
            Version::Tag(tag) => tag.clone(),
            Version::Digest(digest) => digest.to_string(),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "oci://{}/{}", self.registry, self.repository)?;
        match &self.version {
            Version::Tag(tag) => write!(f, ":{tag}"),
            Version::Digest(digest) => write!(f, "@{digest}"),
        }
    }
}

/// Whether an address names this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    url.host_str().is_some_and(|host| {
        host == "localhost"
            || host
                .trim_matches(['[', ']'])
                .parse()
                .is_ok_and(|address: IpAddr| address.is_loopback())
    })
}

/// Parts of small letters and digits, between which there may be one of `.`, `_`, `__`, or any number of `-`; with `/` between.
fn is_repository(name: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    name.split('/').all(|part| {
        let bytes = part.as_bytes();
        let ends = [bytes.first(), bytes.last()];
        let mut between = part.split(|it: char| it.is_ascii_lowercase() || it.is_ascii_digit());
        ends.into_iter()
            .all(|end| end.is_some_and(|byte| is_word(*byte)))
            && between
                .all(|it| matches!(it, "" | "." | "_" | "__") || it.bytes().all(|b| b == b'-'))
    })
}

fn is_tag(tag: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    tag.len() <= LONGEST_TAG
        && tag.bytes().next().is_some_and(is_word)
        && tag
            .bytes()
            .all(|byte| is_word(byte) || matches!(byte, b'.' | b'-'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever is read is written so that it is read as the same, and asks that registry and no other.
        #[test]
        fn a_reference_is_read_as_it_is_written(text in "(localhost|ghcr\\.io|\\[::1\\]|[a-z0-9.]{1,9})(:[0-9]{1,5})?/[a-z0-9._/-]{1,12}(:[A-Za-z0-9._-]{1,6})?(@sha256:[0-9a-f]{64})?") {
            if let Ok(reference) = Reference::parse(&text) {
                let written = reference.to_string();
                prop_assert_eq!(Reference::parse(written.trim_start_matches("oci://")), Ok(reference.clone()));
                let base = reference.registry.base().unwrap();
                prop_assert!(text.starts_with(base.host_str().unwrap()) || reference.registry.is_docker());
            }
        }

        #[test]
        fn no_text_ends_it(text in any::<String>()) {
            let _ = Reference::parse(&text);
            let _ = text.parse::<Host>();
        }
    }

    #[test]
    fn this_machine_alone_is_spoken_to_in_plain_http() {
        let base = |host: &str| host.parse::<Host>().unwrap().base().unwrap().to_string();
        assert_eq!(base("localhost:5000"), "http://localhost:5000/");
        assert_eq!(base("127.0.0.1:5000"), "http://127.0.0.1:5000/");
        assert_eq!(base("[::1]:5000"), "http://[::1]:5000/");
        assert_eq!(base("10.0.0.7:5000"), "https://10.0.0.7:5000/");
        assert_eq!(
            base("localhost.evil.example"),
            "https://localhost.evil.example/"
        );
        assert_eq!(base("docker.io"), "https://registry-1.docker.io/");
    }
}
