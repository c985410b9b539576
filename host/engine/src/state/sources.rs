//! Plugins that lie on other machines. The engine hands on what names them; whoever wires it knows registries and the network.

use async_trait::async_trait;
use stepwell_contract::{Digest, Uses};
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
        Err(NotFetched {
            source_named: wanted.source.clone(),
            reason: "plugins aren't fetched from other machines here".into(),
            is_no_source: false,
        })
    }
}

/// Whether a plugin is named by where it is on another machine.
pub(crate) fn is_elsewhere(uses: &str) -> bool {
    Uses::of(uses).is_elsewhere()
}
