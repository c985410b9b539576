//! Plugins of other machines, fetched for the engine: out of registries and from servers, into the user's cache.

use async_trait::async_trait;
use stepwell_contract::Digest;
use stepwell_engine::{FetchedPlugin, NotFetched, PluginSource, WantedPlugin, signer_of_fetched};
use stepwell_registry::{Beside, Fetched, Found, Freshness, Registry, Source};
use stepwell_signing::{Evidence, Proof};
use stepwell_workers::LargeFile;

use super::Context;
use crate::errors::CommandError;

/// What fetches them.
pub(super) struct FromRegistries(pub(super) Registry);

#[async_trait]
impl PluginSource for FromRegistries {
    async fn kept(&self, source: &str, digest: &Digest) -> Result<Option<LargeFile>, NotFetched> {
        let kept = self.0.cache().get(digest).await;
        kept.map_err(|error| not_fetched(source, told(&error), false))
    }

    async fn fetch(&self, wanted: &WantedPlugin) -> Result<FetchedPlugin, NotFetched> {
        let named = &wanted.source;
        let failed = |reason| not_fetched(named, reason, false);
        let source: Result<Source, _> = named.parse();
        let source = source.map_err(|error| not_fetched(named, told(&error), true))?;
        let source = match wanted.manifest {
            Some(manifest) => source.pinned(manifest),
            None => source,
        };
        let fetched = self.0.fetch(&source).await;
        let fetched = fetched.map_err(|error| failed(told(&error)))?;
        if wanted.now && fetched.freshness == Freshness::Unasked {
            return Err(failed(format!(
                "the registry of {named} can't be reached: what it means now isn't known"
            )));
        }
        let kept = self.kept(named, &fetched.digest).await?;
        let component = kept.ok_or_else(|| {
            failed(format!(
                "{named} was changed in the cache while it was looked at"
            ))
        })?;
        Ok(FetchedPlugin {
            component,
            digest: fetched.digest,
            manifest: fetched.manifest,
        })
    }

    fn place(&self, source: &str) -> Result<String, NotFetched> {
        let parsed: Result<Source, _> = source.parse();
        let parsed = parsed.map_err(|error| not_fetched(source, told(&error), true))?;
        Ok(parsed.place())
    }

    async fn kept_signatures(&self, source: &str, digest: &Digest) -> Option<Evidence> {
        let of_artifact = matches!(source.parse(), Ok(Source::Oci(_)));
        let kept = self.0.kept_signatures(digest).await?;
        // One component may have come from both: what is signed of an artifact is its manifest.
        (kept.manifest.is_some() == of_artifact).then(|| evidence(kept))
    }

    async fn signatures(&self, source: &str, digest: &Digest) -> Result<Evidence, NotFetched> {
        let parsed: Result<Source, _> = source.parse();
        let parsed = parsed.map_err(|error| not_fetched(source, told(&error), true))?;
        let beside = self.0.signatures(&parsed, digest).await;
        let beside = beside.map_err(|error| not_fetched(source, told(&error), false))?;
        Ok(evidence(beside))
    }
}

impl Context {
    /// Who signed a plugin that was fetched, where the operator demands that somebody did.
    ///
    /// # Errors
    /// Nobody of those did.
    pub(crate) async fn signer_of(
        &self,
        fetched: &Fetched,
    ) -> Result<Option<Digest>, CommandError> {
        let rules = self.setting()?.configuration.sources;
        let sources = FromRegistries(self.registry()?);
        let source = fetched.source.to_string();
        Ok(signer_of_fetched(&rules, &sources, &source, fetched.digest).await?)
    }
}

/// What lies beside a component, for whoever knows keys.
pub(crate) fn evidence(beside: Beside) -> Evidence {
    let proofs = beside.found.into_iter().map(|found| match found {
        Found::Detached { bytes } => Proof::Detached(bytes.0),
        Found::Bundle { bytes } => Proof::Bundle(bytes.0),
        Found::Simple { payload, signature } => Proof::Simple {
            payload: payload.0,
            signature,
        },
    });
    match beside.manifest {
        Some(manifest) => Evidence::beside_an_artifact(manifest.0, proofs),
        None => Evidence::beside_a_file(proofs),
    }
}

fn not_fetched(source: &str, reason: String, is_no_source: bool) -> NotFetched {
    NotFetched {
        source_named: source.to_owned(),
        reason,
        is_no_source,
    }
}

/// An error with its causes, as one line.
fn told(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |error| error.source());
    let causes = causes.map(|cause| format!(": {cause}"));
    error.to_string() + &causes.collect::<String>()
}
