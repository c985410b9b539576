//! The signatures of a component come: out of the cache, out of a registry, or from a server.
//!
//! In a registry they are found as cosign lays them there: under a tag that is made of the manifest's digest, or as what refers to the
//! manifest. On a server they lie beside the file.

use reqwest::{StatusCode, Url};
use serde::Deserialize;
use stepwell_contract::Digest;
use stepwell_workers::off_the_workers;

use crate::beside::{Beside, Found, LARGEST_BUNDLE, LARGEST_SIGNED, MOST, Raw};
use crate::cache::{CacheError, LARGEST_MANIFEST};
use crate::errors::{FetchError, Part};
use crate::fetching::{found, same};
use crate::manifest::{ACCEPTED, INDEX, MANIFEST, told};
use crate::reference::{Reference, Version};
use crate::registry::Registry;
use crate::source::{Download, Source};
use crate::wire::{Ask, Purpose, Session, Shown, read_all};

/// The media type of a text that cosign signs.
pub(crate) const SIMPLE_SIGNING: &str = "application/vnd.dev.cosign.simplesigning.v1+json";

/// Under which name its signature stands beside it.
pub(crate) const SIGNATURE: &str = "dev.cosignproject.cosign/signature";

/// How the media type of a bundle begins, whatever its version.
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle";

/// An artifact that is a component, without its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// The reference with the digest of the manifest: it never means another component.
    pub reference: Reference,
    /// The digest of the manifest.
    pub manifest: Digest,
    /// The manifest.
    pub bytes: Vec<u8>,
    /// The digest of the component's bytes.
    pub component: Digest,
}

/// A part of an artifact of signatures, or of a list of such artifacts.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    media_type: String,
    digest: String,
    size: u64,
    #[serde(default)]
    artifact_type: Option<String>,
    #[serde(default)]
    annotations: Option<std::collections::BTreeMap<String, String>>,
}

#[derive(Deserialize)]
struct Layers {
    layers: Vec<Told>,
}

#[derive(Deserialize)]
struct Referrers {
    manifests: Vec<Told>,
}

/// The tag under which cosign lays the signatures of a manifest.
pub(crate) fn signature_tag(manifest: &Digest) -> String {
    format!("sha256-{}.sig", manifest.hex())
}

impl Registry {
    /// What the cache has from beside this component, as it was when it came. Whoever reads it trusts nothing of it.
    pub async fn kept_signatures(&self, component: &Digest) -> Option<Beside> {
        let (cache, component) = (self.cache.clone(), *component);
        off_the_workers(move || cache.signatures(&component)).await
    }

    /// Fetches what lies beside a component, and keeps it.
    ///
    /// # Errors
    /// Why it isn't known what lies there. That nothing does is no error.
    pub async fn signatures(
        &self,
        source: &Source,
        component: &Digest,
    ) -> Result<Beside, FetchError> {
        let beside = match source {
            Source::Oci(reference) => {
                let artifact = self.artifact_of(reference, component).await?;
                self.beside_an_artifact(artifact).await?
            }
            Source::Https(file) => self.beside_a_file(file).await?,
        };
        let (cache, of, kept) = (self.cache.clone(), *component, beside.clone());
        off_the_workers(move || cache.keep_signatures(&of, &kept)).await?;
        Ok(beside)
    }

    /// What lies beside an artifact.
    ///
    /// # Errors
    /// As [`Registry::signatures`].
    pub async fn beside_an_artifact(&self, artifact: Artifact) -> Result<Beside, FetchError> {
        let mut session = self.session(&artifact.reference, Purpose::Pull)?;
        let mut found = self.by_tag(&mut session, &artifact).await?;
        found.extend(self.by_referrers(&mut session, &artifact).await?);
        found.truncate(MOST);
        Ok(Beside {
            manifest: Some(Raw(artifact.bytes)),
            found,
        })
    }

    /// What an artifact is that a reference means now.
    ///
    /// # Errors
    /// It isn't there, or is no component.
    pub async fn artifact_now(&self, reference: &Reference) -> Result<Artifact, FetchError> {
        let mut session = self.session(reference, Purpose::Pull)?;
        let what = reference.to_string();
        let path = format!("v2/{}/manifests/{}", reference.repository, reference.last());
        let ask = Ask {
            accept: Some(ACCEPTED),
            ..Ask::get(session.address(&path)?)
        };
        let response = found(session.send(ask).await?, &what).await?;
        let bytes = read_all(response, Part::Manifest, LARGEST_MANIFEST, self.web.idle).await?;
        let manifest = Digest::of(&bytes);
        if let Version::Digest(wanted) = reference.version {
            same(Part::Manifest, wanted, manifest)?;
        }
        artifact(reference, bytes.to_vec(), manifest)
    }

    /// The artifact by which a component came, or would come now.
    async fn artifact_of(
        &self,
        reference: &Reference,
        component: &Digest,
    ) -> Result<Artifact, FetchError> {
        let (cache, asked, of) = (self.cache.clone(), reference.clone(), *component);
        let known = off_the_workers(move || {
            let known = [cache.manifest_of(&of), cache.meant(&asked)];
            let with_bytes = |digest| Some((digest, cache.manifest(&digest)?));
            known.into_iter().flatten().filter_map(with_bytes).collect()
        });
        let known: Vec<(Digest, Vec<u8>)> = known.await;
        for (manifest, bytes) in known {
            match artifact(reference, bytes, manifest) {
                Ok(artifact) if artifact.component == *component => return Ok(artifact),
                _ => {}
            }
        }
        let now = self.artifact_now(reference).await?;
        match now.component == *component {
            true => Ok(now),
            false => Err(FetchError::Moved {
                what: reference.to_string(),
                now: now.component,
                wanted: *component,
            }),
        }
    }

    /// What lies under the tag that cosign makes of a manifest's digest.
    async fn by_tag(
        &self,
        session: &mut Session<'_>,
        artifact: &Artifact,
    ) -> Result<Vec<Found>, FetchError> {
        let tag = signature_tag(&artifact.manifest);
        let Some(bytes) = self.maybe(session, artifact, &tag, MANIFEST).await? else {
            return Ok(Vec::new());
        };
        let layers: Layers = read(&bytes)?;
        let mut found = Vec::new();
        for layer in layers.layers.into_iter().take(MOST) {
            let signature = layer.annotations.as_ref().and_then(|it| it.get(SIGNATURE));
            let Some(signature) = signature.filter(|_| layer.media_type == SIMPLE_SIGNING) else {
                continue;
            };
            let payload = self.blob(session, artifact, &layer, LARGEST_SIGNED).await?;
            found.push(Found::Simple {
                payload: Raw(payload),
                signature: signature.clone(),
            });
        }
        Ok(found)
    }

    /// What refers to a manifest: as the registry tells it, or as a list under a tag, where the registry doesn't know such requests.
    async fn by_referrers(
        &self,
        session: &mut Session<'_>,
        artifact: &Artifact,
    ) -> Result<Vec<Found>, FetchError> {
        let (repository, manifest) = (&artifact.reference.repository, &artifact.manifest);
        let path = format!("v2/{repository}/referrers/{manifest}");
        let ask = Ask {
            accept: Some(INDEX),
            ..Ask::get(session.address(&path)?)
        };
        let response = session.send(ask).await?;
        let listed = match response.status() {
            StatusCode::OK => {
                let part = Part::Signature;
                Some(read_all(response, part, LARGEST_MANIFEST, self.web.idle).await?)
            }
            _ => {
                let tag = format!("sha256-{}", manifest.hex());
                self.maybe(session, artifact, &tag, INDEX).await?
            }
        };
        let Some(listed) = listed else {
            return Ok(Vec::new());
        };
        let listed: Referrers = read(&listed)?;
        let is_bundle = |it: &Told| {
            let kind = it.artifact_type.as_deref().unwrap_or_default();
            kind.starts_with(BUNDLE)
        };
        let mut bundles = Vec::new();
        for referrer in listed.manifests.into_iter().filter(is_bundle).take(MOST) {
            let digest: Digest = read_digest(&referrer)?;
            let wanted = digest.to_string();
            let Some(bytes) = self.maybe(session, artifact, &wanted, MANIFEST).await? else {
                continue;
            };
            same(Part::Signature, digest, Digest::of(&bytes))?;
            let layers: Layers = read(&bytes)?;
            for layer in layers.layers.into_iter().take(1) {
                if layer.media_type.starts_with(BUNDLE) {
                    let bytes = self.blob(session, artifact, &layer, LARGEST_BUNDLE).await?;
                    bundles.push(Found::Bundle { bytes: Raw(bytes) });
                }
            }
        }
        Ok(bundles)
    }

    /// A manifest that need not be there.
    pub(crate) async fn maybe(
        &self,
        session: &mut Session<'_>,
        artifact: &Artifact,
        last: &str,
        accept: &'static str,
    ) -> Result<Option<bytes::Bytes>, FetchError> {
        let path = format!("v2/{}/manifests/{last}", artifact.reference.repository);
        let ask = Ask {
            accept: Some(accept),
            ..Ask::get(session.address(&path)?)
        };
        let response = session.send(ask).await?;
        if response.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let response = found(response, &artifact.reference.to_string()).await?;
        let part = Part::Signature;
        let bytes = read_all(response, part, LARGEST_MANIFEST, self.web.idle).await?;
        Ok(Some(bytes))
    }

    async fn blob(
        &self,
        session: &mut Session<'_>,
        artifact: &Artifact,
        told: &Told,
        most: u64,
    ) -> Result<Vec<u8>, FetchError> {
        let part = Part::Signature;
        if told.size > most {
            return Err(FetchError::TooLarge { part, most });
        }
        let digest = read_digest(told)?;
        let path = format!("v2/{}/blobs/{digest}", artifact.reference.repository);
        let ask = Ask::get(session.address(&path)?);
        let response = session.send(ask).await?;
        let response = found(response, &artifact.reference.to_string()).await?;
        let bytes = read_all(response, part, most, self.web.idle).await?;
        same(part, digest, Digest::of(&bytes))?;
        Ok(bytes.to_vec())
    }

    /// What lies beside a file on a server: under its name with something behind it.
    async fn beside_a_file(&self, file: &Download) -> Result<Beside, FetchError> {
        let mut beside = Beside::default();
        for (ending, most) in [(".sigstore.json", LARGEST_BUNDLE), (".sig", LARGEST_SIGNED)] {
            let mut url: Url = file.url.clone();
            url.set_path(&format!("{}{ending}", file.url.path()));
            let what = url.to_string();
            let response = match self.response_of(&url, &what).await {
                Ok(response) => response,
                // Some servers tell nobody what isn't there.
                Err(FetchError::NotThere { .. } | FetchError::NotPublic { .. }) => continue,
                Err(error) => return Err(error),
            };
            let bytes = read_all(response, Part::Signature, most, self.web.idle).await?;
            let bytes = Raw(bytes.to_vec());
            beside.found.push(match ending {
                ".sig" => Found::Detached { bytes },
                _ => Found::Bundle { bytes },
            });
        }
        Ok(beside)
    }

    pub(crate) fn session(
        &self,
        reference: &Reference,
        purpose: Purpose,
    ) -> Result<Session<'_>, FetchError> {
        Session::new(
            &self.web,
            &reference.registry,
            Some((&reference.repository, purpose)),
            reference.to_string(),
            Shown::Kept(&self.logins),
        )
    }
}

fn artifact(
    reference: &Reference,
    bytes: Vec<u8>,
    manifest: Digest,
) -> Result<Artifact, FetchError> {
    let (component, _) = told(&bytes, &reference.to_string())?.component;
    Ok(Artifact {
        reference: reference.pinned(manifest),
        manifest,
        bytes,
        component,
    })
}

fn read<'b, T: Deserialize<'b>>(bytes: &'b [u8]) -> Result<T, FetchError> {
    serde_json::from_slice(bytes).map_err(|error| FetchError::Unreadable {
        part: Part::Signature,
        reason: error.to_string(),
    })
}

fn read_digest(told: &Told) -> Result<Digest, FetchError> {
    told.digest.parse().map_err(|_| FetchError::Unreadable {
        part: Part::Signature,
        reason: "its digest is no SHA-256".to_owned(),
    })
}

impl crate::cache::Cache {
    fn signatures(&self, component: &Digest) -> Option<Beside> {
        let bytes = self.beside(component)?;
        serde_json::from_slice(&bytes).ok()
    }

    fn keep_signatures(&self, component: &Digest, beside: &Beside) -> Result<(), CacheError> {
        let text = serde_json::to_vec(beside).map_err(|error| CacheError {
            path: self.path(component),
            source: error.into(),
        })?;
        self.keep_beside(component, &text)
    }
}
