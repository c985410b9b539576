//! Plugins that lie on other machines. The engine hands on what names them; whoever wires it knows registries and the network.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use stepwell_contract::{Digest, Uses};
use stepwell_signing::Evidence;
use stepwell_workers::LargeFile;

use super::lock::lock;
use crate::words::{NotFetched, PluginError};

/// A plugin that is wanted from elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedPlugin {
    /// Where it is, such as `oci://registry.example/name:1`.
    pub source: String,
    /// By which manifest that registry had it: it is asked for that one, whatever the name means by now.
    pub manifest: Option<Digest>,
    /// Whether it has to be what the name means now: what it meant when somebody asked last doesn't do.
    pub now: bool,
}

/// A plugin that came from elsewhere.
pub struct FetchedPlugin {
    /// Its bytes.
    pub component: LargeFile,
    /// The digest of these.
    pub digest: Digest,
    /// By which manifest a registry has it, where one does.
    pub manifest: Option<Digest>,
}

/// What a name on another machine means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Meaning {
    pub(crate) digest: Digest,
    pub(crate) manifest: Option<Digest>,
}

/// What names meant that other machines were asked about in this process: one look serves whoever comes after it.
#[derive(Default)]
pub(crate) struct LookedUp(Mutex<BTreeMap<String, Meaning>>);

impl LookedUp {
    pub(crate) fn of(&self, uses: &str) -> Option<Meaning> {
        lock(&self.0).get(uses).copied()
    }

    pub(crate) fn note(&self, uses: &str, meaning: Meaning) {
        lock(&self.0).insert(uses.to_owned(), meaning);
    }
}

/// Where plugins come from that lie on other machines.
#[async_trait]
pub trait PluginSource: Send + Sync {
    /// The bytes with this digest, where they are at hand from before: nobody is asked.
    ///
    /// # Errors
    /// They are there, and can't be read.
    async fn kept(&self, source: &str, digest: &Digest) -> Result<Option<LargeFile>, NotFetched>;

    /// The bytes of a plugin.
    ///
    /// # Errors
    /// Why it isn't had.
    async fn fetch(&self, wanted: &WantedPlugin) -> Result<FetchedPlugin, NotFetched>;

    /// Where a plugin lies, without its version, in the one way in which that is written: it is held against `[sources]`.
    ///
    /// # Errors
    /// Nothing is named that could be fetched.
    fn place(&self, source: &str) -> Result<String, NotFetched>;

    /// What lay beside the bytes with this digest, where it is at hand from before: nobody is asked.
    async fn kept_signatures(&self, source: &str, digest: &Digest) -> Option<Evidence>;

    /// What lies beside them now, to show who signed them. It is at hand from then on.
    ///
    /// # Errors
    /// Why that isn't known.
    async fn signatures(&self, source: &str, digest: &Digest) -> Result<Evidence, NotFetched>;
}

/// There are no other machines.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSources;

#[async_trait]
impl PluginSource for NoSources {
    async fn kept(&self, _: &str, _: &Digest) -> Result<Option<LargeFile>, NotFetched> {
        Ok(None)
    }

    async fn fetch(&self, wanted: &WantedPlugin) -> Result<FetchedPlugin, NotFetched> {
        Err(nowhere(&wanted.source))
    }

    fn place(&self, source: &str) -> Result<String, NotFetched> {
        Err(nowhere(source))
    }

    async fn kept_signatures(&self, _: &str, _: &Digest) -> Option<Evidence> {
        None
    }

    async fn signatures(&self, source: &str, _: &Digest) -> Result<Evidence, NotFetched> {
        Err(nowhere(source))
    }
}

fn nowhere(source: &str) -> NotFetched {
    NotFetched {
        source_named: source.to_owned(),
        reason: "plugins aren't fetched from other machines here".into(),
        is_no_source: false,
    }
}

/// Whether a plugin is named by where it is on another machine.
pub(crate) fn is_elsewhere(uses: &str) -> bool {
    Uses::of(uses).is_elsewhere()
}

/// Refuses an address with a name and password in it, or with something behind a `?`, which is a key more often than not: it would
/// stand in the lock, in records, and in every message.
pub(crate) fn refuse_secrets(uses: &str) -> Result<(), PluginError> {
    let source_named = || shown_source(uses);
    match parts_of(uses) {
        Some(Parts { user: true, .. }) => Err(PluginError::PasswordInSource {
            source_named: source_named(),
        }),
        Some(Parts { query: Some(_), .. }) => Err(PluginError::QueryInSource {
            source_named: source_named(),
        }),
        _ => Ok(()),
    }
}

/// What names a plugin as it may be shown and kept: without what may be a password or a key.
pub(crate) fn shown_source(uses: &str) -> String {
    let Some(parts) = parts_of(uses) else {
        return uses.to_owned();
    };
    let user = match parts.user {
        true => "…@",
        false => "",
    };
    let query = match parts.query {
        Some(_) => "?…",
        None => "",
    };
    format!(
        "{}://{user}{}{query}{}",
        parts.scheme, parts.place, parts.fragment
    )
}

/// An address, cut where something may be secret.
struct Parts<'a> {
    scheme: &'a str,
    user: bool,
    place: &'a str,
    query: Option<&'a str>,
    /// With its `#`.
    fragment: &'a str,
}

fn parts_of(uses: &str) -> Option<Parts<'_>> {
    let (scheme, rest) = uses.split_once("://")?;
    let (rest, fragment) = rest.split_at(rest.find('#').unwrap_or(rest.len()));
    let (rest, query) = match rest.split_once('?') {
        Some((rest, query)) => (rest, Some(query)),
        None => (rest, None),
    };
    // An `@` behind the first `/` is a digest's.
    let end = rest.find(['/', '\\']).unwrap_or(rest.len());
    let user = rest[..end].rfind('@');
    Some(Parts {
        scheme,
        user: user.is_some(),
        place: user.map_or(rest, |at| &rest[at + 1..]),
        query,
        fragment,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_secret_in_an_address_is_refused_and_never_shown() {
        for (uses, shown) in [
            ("oci://ada:hunter2@h/a:1", "oci://…@h/a:1"),
            ("oci://ada:hunter2@h:5000", "oci://…@h:5000"),
            (
                "https://a@b@h/x.wasm#sha256:1",
                "https://…@h/x.wasm#sha256:1",
            ),
            (
                "https://h/x.wasm?token=hunter2#sha256:1",
                "https://h/x.wasm?…#sha256:1",
            ),
            ("https://h?hunter2", "https://h?…"),
        ] {
            assert_eq!(shown_source(uses), shown);
            let refused = refuse_secrets(uses).unwrap_err();
            assert!(
                !format!("{refused} {refused:?}").contains("hunter2"),
                "{refused}"
            );
        }
        for fine in [
            "oci://h/a@sha256:1",
            "https://h/a/@b.wasm#sha256:1",
            "plugins/a?b@c.wasm",
        ] {
            assert_eq!(shown_source(fine), fine);
            assert!(refuse_secrets(fine).is_ok(), "{fine}");
        }
    }
}
