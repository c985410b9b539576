//! Plugins that lie on other machines. The engine hands on what names them; whoever wires it knows registries and the network.

use async_trait::async_trait;
use stepwell_contract::Digest;
use stepwell_signing::Evidence;
use stepwell_workers::LargeFile;

use crate::words::NotFetched;

/// A plugin that is wanted from elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedPlugin {
    /// Where it is, such as `oci://registry.example/name:1`.
    pub source: String,
    /// Whether it has to be what the name means now: what it meant when somebody asked last doesn't do.
    pub now: bool,
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
    async fn fetch(&self, wanted: &WantedPlugin) -> Result<LargeFile, NotFetched>;

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

    async fn fetch(&self, wanted: &WantedPlugin) -> Result<LargeFile, NotFetched> {
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
    uses.contains("://")
}
