//! Where a plugin is fetched from, as a person writes it.

use std::fmt;
use std::str::FromStr;

use reqwest::Url;
use serde::{Deserialize, Serialize};
use stepwell_contract::Digest;

use crate::problem::SourceProblem;
use crate::reference::{Reference, is_loopback};

/// Where a plugin comes from. Its text form is `oci://HOST/NAME[:TAG|@sha256:…]` or `https://HOST/PATH#sha256:…`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Source {
    /// An artifact in a registry.
    Oci(Reference),
    /// A file on a server, which is what its digest says.
    Https(Download),
}

/// A file on a server: over https, or over http on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Download {
    /// Where it is, without a fragment.
    pub url: Url,
    /// What its bytes are.
    pub digest: Digest,
}

impl Download {
    /// Where it is, as it may be shown: what stands behind a `?` is a key more often than not.
    #[must_use]
    pub fn shown(&self) -> String {
        let mut url = self.url.clone();
        if url.query().is_none() {
            return url.to_string();
        }
        url.set_query(None);
        format!("{url}?…")
    }
}

/// A text that says no place from which a plugin could come.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` names no plugin to fetch: {problem}")]
pub struct InvalidSource {
    /// The text, without a password that may have stood in it.
    pub given: String,
    /// What is wrong with it.
    pub problem: SourceProblem,
}

impl Source {
    /// The same by the digest of its manifest, which never means another one. A file on a server is named by its digest already.
    #[must_use]
    pub fn pinned(self, manifest: Digest) -> Self {
        match self {
            Self::Oci(reference) => Self::Oci(reference.pinned(manifest)),
            file @ Self::Https(_) => file,
        }
    }

    /// Where it is, without its version, in the one way in which that is written: two texts that lead to one place give the same.
    #[must_use]
    pub fn place(&self) -> String {
        match self {
            Self::Oci(reference) => {
                format!(
                    "oci://{}/{}",
                    reference.registry.written(),
                    reference.repository
                )
            }
            Self::Https(file) => {
                let mut url = file.url.clone();
                url.set_query(None);
                let host = url.host_str().unwrap_or_default().trim_end_matches('.');
                let host = host.to_owned();
                // What can't be set stays, and is another place then.
                let _ = url.set_host(Some(&host));
                let path = written(url.path());
                url.set_path(&path);
                url.to_string()
            }
        }
    }
}

/// A path without what could be written otherwise: letters as such, and one `/` between its parts.
fn written(path: &str) -> String {
    let mut plain = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(character) = rest.chars().next() {
        let escaped = rest.get(1..3).filter(|_| character == '%');
        let byte = escaped.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        let letter = byte
            .map(char::from)
            .filter(|it| it.is_ascii_alphanumeric() || matches!(it, '-' | '.' | '_' | '~' | '/'));
        let (letter, length) = match letter {
            Some(letter) => (letter, 3),
            None => (character, character.len_utf8()),
        };
        if !(letter == '/' && plain.ends_with('/')) {
            plain.push(letter);
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    plain
}

impl FromStr for Source {
    type Err = InvalidSource;
    fn from_str(text: &str) -> Result<Self, InvalidSource> {
        let parsed = match text.split_once("://") {
            Some(("oci", rest)) => match has_user(rest) {
                true => Err(SourceProblem::UserInfo),
                false => Reference::parse(rest).map(Self::Oci),
            },
            Some(("https" | "http", _)) => download(text).map(Self::Https),
            _ => Err(SourceProblem::Scheme),
        };
        parsed.map_err(|problem| InvalidSource {
            given: without_user(text),
            problem,
        })
    }
}

/// Whether something like `name:password@` stands before the host. An `@` behind the first `/` is a digest's.
fn has_user(rest: &str) -> bool {
    rest.split('/').next().unwrap_or_default().contains('@')
}

fn download(text: &str) -> Result<Download, SourceProblem> {
    let mut url = Url::parse(text).map_err(|error| SourceProblem::Address(error.to_string()))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(SourceProblem::UserInfo);
    }
    if url.scheme() == "http" && !is_loopback(&url) {
        return Err(SourceProblem::PlainHttp);
    }
    let fragment = url.fragment().unwrap_or_default().to_owned();
    if fragment.is_empty() {
        return Err(SourceProblem::NoDigest);
    }
    let digest = fragment
        .parse()
        .map_err(|_| SourceProblem::Digest(fragment))?;
    url.set_fragment(None);
    Ok(Download { url, digest })
}

/// The text as it may be shown: what stands between `://` and an `@` before the first `/` may be a password.
fn without_user(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else {
        return text.to_owned();
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..end].rfind('@') {
        Some(at) => without_query(&format!("{scheme}://…{}", &rest[at..])),
        None => without_query(text),
    }
}

/// The same for what stands behind a `?`.
fn without_query(text: &str) -> String {
    let (place, fragment) = text.split_at(text.find('#').unwrap_or(text.len()));
    match place.split_once('?') {
        Some((place, _)) => format!("{place}?…{fragment}"),
        None => text.to_owned(),
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Oci(reference) => reference.fmt(f),
            Self::Https(download) => write!(f, "{}#{}", download.shown(), download.digest),
        }
    }
}

impl TryFrom<String> for Source {
    type Error = InvalidSource;
    fn try_from(text: String) -> Result<Self, InvalidSource> {
        text.parse()
    }
}

impl From<Source> for String {
    fn from(source: Source) -> Self {
        source.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn sources_are_read_and_written() {
        for (given, written) in [
            (
                "oci://ghcr.io/ada/refine:1.0",
                "oci://ghcr.io/ada/refine:1.0",
            ),
            ("oci://localhost:5000/a", "oci://localhost:5000/a:latest"),
            (
                "oci://[::1]:5000/a/b__c-d.e:_x",
                "oci://[::1]:5000/a/b__c-d.e:_x",
            ),
            (
                &format!("oci://h/a:1@sha256:{HEX}"),
                &format!("oci://h/a@sha256:{HEX}"),
            ),
            (
                &format!("https://h/a.wasm?b=c#sha256:{HEX}"),
                &format!("https://h/a.wasm?…#sha256:{HEX}"),
            ),
            (
                &format!("http://localhost:1/a#sha256:{HEX}"),
                &format!("http://localhost:1/a#sha256:{HEX}"),
            ),
        ] {
            assert_eq!(given.parse::<Source>().unwrap().to_string(), written);
        }
    }

    #[test]
    fn a_place_is_written_in_one_way() {
        let digest = format!("#sha256:{HEX}");
        for (given, place) in [
            ("oci://h/team/a:1", "oci://h/team/a"),
            ("oci://H:443/team/a@sha256:…", "oci://h/team/a"),
            ("oci://h./team/a", "oci://h/team/a"),
            ("oci://index.docker.io/team/a", "oci://docker.io/team/a"),
            ("oci://localhost:5000/a", "oci://localhost:5000/a"),
            ("https://H:443/team/../a.wasm?b=c", "https://h/a.wasm"),
            ("https://h./%2e%2e/a.wasm", "https://h/a.wasm"),
            ("https://h/team/%2E%2E/a.wasm", "https://h/a.wasm"),
            (
                "https://h/%74eam//a%2Fb%20c.wasm",
                "https://h/team/a/b%20c.wasm",
            ),
        ] {
            let given = given.replace("sha256:…", &format!("sha256:{HEX}"));
            let given = match given.starts_with("https") {
                true => format!("{given}{digest}"),
                false => given,
            };
            assert_eq!(given.parse::<Source>().unwrap().place(), place, "{given}");
        }
    }

    #[test]
    fn what_names_no_plugin_is_told_what_is_wrong_with_it() {
        let digest = format!("#sha256:{HEX}");
        let cases = [
            (
                "plugins/a.wasm",
                "begins with neither `oci://` nor `https://`",
            ),
            ("ghcr.io/ada/refine:1", "begins with neither"),
            ("oci://ghcr.io", "a name has to follow the registry"),
            ("oci://ghcr.io/", "a name has to follow the registry"),
            ("oci:///a", "`` is no registry"),
            ("oci://under score/a", "`under score` is no registry"),
            ("oci://0x7f.1/a", "`0x7f.1` is no registry"),
            ("oci://h:99999/a", "`h:99999` is no registry"),
            ("oci://h/Ada", "`Ada` is no repository"),
            ("oci://h/a//b", "`a//b` is no repository"),
            ("oci://h/../b", "`../b` is no repository"),
            ("oci://h/a:", "`` is no tag"),
            ("oci://h/a:-x", "`-x` is no tag"),
            ("oci://h/a:x/y", "`x/y` is no tag"),
            ("oci://h/a@sha256:12", "`sha256:12` is no digest"),
            ("oci://h/a@sha512:12", "`sha512:12` is no digest"),
            ("https://h/a.wasm", "a file needs its digest"),
            ("https://h/a.wasm#sha256:12", "`sha256:12` is no digest"),
            (
                &format!("http://h/a.wasm{digest}"),
                "plain http is for this machine alone",
            ),
            ("https://", "it is no address"),
        ];
        for (given, said) in cases {
            let error = given.parse::<Source>().unwrap_err().to_string();
            assert!(
                error.starts_with(&format!("`{given}` names no plugin to fetch: ")),
                "{error}"
            );
            assert!(error.contains(said), "{error}");
        }
    }

    #[test]
    fn a_password_in_a_source_is_refused_and_not_repeated() {
        for given in [
            format!("https://ada:hunter2@h/a.wasm#sha256:{HEX}"),
            "oci://ada:hunter2@h/a:1".to_owned(),
            "nothing://ada:hunter2@h".to_owned(),
            "https://h/a.wasm?token=hunter2".to_owned(),
            "nothing://h?hunter2#x".to_owned(),
        ] {
            let error = given.parse::<Source>().unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        }
    }
}
