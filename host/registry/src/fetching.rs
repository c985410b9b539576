//! A component comes: out of the cache, out of a registry, or from a server.

use std::path::PathBuf;

use reqwest::{Response, StatusCode, Url};
use stepwell_contract::Digest;
use stepwell_workers::{LARGEST_COMPONENT, off_the_workers};

use crate::cache::{CacheError, LARGEST_MANIFEST};
use crate::errors::{FetchError, Part};
use crate::manifest::{ACCEPTED, told};
use crate::reference::{Host, Reference, Version};
use crate::registry::{Moved, Registry, Watch};
use crate::source::{Download, Source};
use crate::wire::{Ask, Expected, Purpose, Session, Shown, read_all, read_into, unexpected};

/// From where a component came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// It came over the network just now.
    Fetched,
    /// It was in the cache. For a tag the registry said that it is still that one.
    Cached,
    /// It was in the cache, and the registry couldn't be reached: whether the tag means another one by now isn't known.
    Unasked,
}

/// A component that is in the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// What was asked for.
    pub source: Source,
    /// The digest of the component's bytes.
    pub digest: Digest,
    /// The digest of its manifest, where it is an artifact: `oci://HOST/NAME@` and this never means another component.
    pub manifest: Option<Digest>,
    /// How many bytes it has.
    pub size: u64,
    /// Where it lies. Others of this user can write there, so that whoever reads it holds it against the digest, as
    /// [`Cache::get`](crate::Cache::get) does.
    pub path: PathBuf,
    /// From where it came.
    pub freshness: Freshness,
}

impl Registry {
    /// Fetches a component into the cache. What is there already is taken from there: without a network where the source
    /// names a digest, or where the registry can't be reached.
    ///
    /// # Errors
    /// Why it isn't there. Nothing of it is left in the cache then.
    pub async fn fetch(&self, source: &Source) -> Result<Fetched, FetchError> {
        self.fetch_watched(source, &|_| {}).await
    }

    /// The same, for whoever wants to know how far it is.
    ///
    /// # Errors
    /// As [`Registry::fetch`].
    pub async fn fetch_watched(
        &self,
        source: &Source,
        watch: Watch<'_>,
    ) -> Result<Fetched, FetchError> {
        match source {
            Source::Oci(reference) => self.artifact(reference, watch).await,
            Source::Https(file) => self.file(file, watch).await,
        }
    }

    async fn artifact(
        &self,
        reference: &Reference,
        watch: Watch<'_>,
    ) -> Result<Fetched, FetchError> {
        let known = self.known(reference).await?;
        if let (Some(known), Version::Digest(_)) = (&known, &reference.version) {
            return Ok(known.clone());
        }
        match self.asked(reference, watch).await {
            Err(error) if error.is_out_of_reach() => match known {
                Some(known) => Ok(Fetched {
                    freshness: Freshness::Unasked,
                    ..known
                }),
                None => Err(error),
            },
            fetched => fetched,
        }
    }

    /// What the reference means, or meant last, where all of that is in the cache.
    async fn known(&self, reference: &Reference) -> Result<Option<Fetched>, FetchError> {
        let (cache, asked) = (self.cache.clone(), reference.clone());
        let read = off_the_workers(move || {
            let manifest = cache.meant(&asked)?;
            Some((manifest, cache.manifest(&manifest)?))
        });
        let Some((manifest, bytes)) = read.await else {
            return Ok(None);
        };
        let (digest, size) = told(&bytes, &reference.to_string())?.component;
        Ok(match self.there(&digest).await? {
            Some(there) if there == size => Some(Fetched {
                source: Source::Oci(reference.clone()),
                digest,
                manifest: Some(manifest),
                size,
                path: self.cache.path(&digest),
                freshness: Freshness::Cached,
            }),
            _ => None,
        })
    }

    /// The size of a component that is in the cache as it should be.
    async fn there(&self, digest: &Digest) -> Result<Option<u64>, FetchError> {
        let file = self.cache.get(digest).await?;
        Ok(file.map(|file| file.bytes.len() as u64))
    }

    async fn asked(&self, reference: &Reference, watch: Watch<'_>) -> Result<Fetched, FetchError> {
        let what = reference.to_string();
        let repository = &reference.repository;
        let mut session = Session::new(
            &self.web,
            &reference.registry,
            Some((repository, Purpose::Pull)),
            what.clone(),
            Shown::Kept(&self.logins),
        )?;
        let ask = Ask {
            accept: Some(ACCEPTED),
            ..Ask::get(session.address(&format!("v2/{repository}/manifests/{}", reference.last()))?)
        };
        let response = found(session.send(ask).await?, &what).await?;
        let said = digest_of(&response);
        let manifest_bytes =
            read_all(response, Part::Manifest, LARGEST_MANIFEST, self.web.idle).await?;
        let manifest = Digest::of(&manifest_bytes);
        let wanted = match reference.version {
            Version::Digest(wanted) => Some(wanted),
            Version::Tag(_) => said,
        };
        same(Part::Manifest, wanted.unwrap_or(manifest), manifest)?;
        let told = told(&manifest_bytes, &what)?;
        let blob = |digest: &Digest| format!("v2/{repository}/blobs/{digest}");

        let (config, _) = told.config;
        let ask = Ask::get(session.address(&blob(&config))?);
        let response = found(session.send(ask).await?, &what).await?;
        let bytes = read_all(response, Part::Config, LARGEST_MANIFEST, self.web.idle).await?;
        same(Part::Config, config, Digest::of(&bytes))?;
        let table: Result<serde_json::Map<String, serde_json::Value>, _> =
            serde_json::from_slice(&bytes);
        if let Err(error) = table {
            return Err(FetchError::Unreadable {
                part: Part::Config,
                reason: error.to_string(),
            });
        }

        let (digest, size) = told.component;
        let freshness = match self.there(&digest).await? {
            Some(there) if there == size => Freshness::Cached,
            _ => {
                let ask = Ask::get(session.address(&blob(&digest))?);
                let response = found(session.send(ask).await?, &what).await?;
                self.take(response, digest, Some(size), watch).await?;
                Freshness::Fetched
            }
        };
        let (cache, asked) = (self.cache.clone(), reference.clone());
        let remember = move || {
            cache.note_manifest(&digest, &manifest)?;
            cache.remember(&asked, &manifest_bytes)
        };
        off_the_workers(remember).await?;
        Ok(Fetched {
            source: Source::Oci(reference.clone()),
            digest,
            manifest: Some(manifest),
            size,
            path: self.cache.path(&digest),
            freshness,
        })
    }

    async fn file(&self, file: &Download, watch: Watch<'_>) -> Result<Fetched, FetchError> {
        let fetched = |size, freshness| Fetched {
            source: Source::Https(file.clone()),
            digest: file.digest,
            manifest: None,
            size,
            path: self.cache.path(&file.digest),
            freshness,
        };
        if let Some(size) = self.there(&file.digest).await? {
            return Ok(fetched(size, Freshness::Cached));
        }
        let what = file.shown();
        let response = self.response_of(&file.url, &what).await?;
        let size = self.take(response, file.digest, None, watch).await?;
        Ok(fetched(size, Freshness::Fetched))
    }

    /// What a server that is no registry answers. Nobody is logged in there.
    pub(crate) async fn response_of(&self, url: &Url, what: &str) -> Result<Response, FetchError> {
        let mut host = url.host_str().unwrap_or_default().to_owned();
        if let Some(port) = url.port() {
            host += &format!(":{port}");
        }
        let none = || FetchError::NoRegistry {
            host: host.clone(),
            reason: "it has no address",
        };
        let host: Host = host.parse().map_err(|_| none())?;
        let nobody = crate::credentials::Logins::at(None);
        let shown = Shown::Kept(&nobody);
        let mut session = Session::new(&self.web, &host, None, what.to_owned(), shown)?;
        let not_public = |status| FetchError::NotPublic {
            what: what.to_owned(),
            status,
        };
        match session.send(Ask::get(url.clone())).await {
            Err(FetchError::NotLoggedIn { .. }) => Err(not_public(401)),
            Err(FetchError::Forbidden { .. }) => Err(not_public(403)),
            Ok(response) => found(response, what).await,
            Err(error) => Err(error),
        }
    }

    /// Takes the component's bytes into the cache, and gives how many there are.
    async fn take(
        &self,
        response: Response,
        digest: Digest,
        size: Option<u64>,
        watch: Watch<'_>,
    ) -> Result<u64, FetchError> {
        let cache = self.cache.clone();
        off_the_workers(move || cache.prepare()).await?;
        let file = self.cache.begin()?;
        let error = |source| CacheError {
            path: self.cache.path(&digest),
            source,
        };
        let handle = file.reopen().map_err(error)?;
        let expected = Expected {
            part: Part::Component,
            size,
            most: LARGEST_COMPONENT,
        };
        let of = size.or(response.content_length());
        let moved = |came| watch(Moved { came, of });
        let written = read_into(response, handle, expected, self.web.idle, &moved).await?;
        let (came, bytes) = written.map_err(error)?;
        same(Part::Component, digest, came)?;
        self.cache.keep(file, &digest)?;
        Ok(bytes)
    }
}

/// An answer that has what was asked for.
pub(crate) async fn found(response: Response, what: &str) -> Result<Response, FetchError> {
    match response.status() {
        StatusCode::OK => Ok(response),
        StatusCode::NOT_FOUND => Err(FetchError::NotThere {
            what: what.to_owned(),
        }),
        _ => Err(unexpected(response).await),
    }
}

/// What a registry says is the digest of what it answers.
pub(crate) fn digest_of(response: &Response) -> Option<Digest> {
    let said = response.headers().get("docker-content-digest")?;
    said.to_str().ok()?.parse().ok()
}

pub(crate) fn same(part: Part, wanted: Digest, came: Digest) -> Result<(), FetchError> {
    match wanted == came {
        true => Ok(()),
        false => Err(FetchError::WrongDigest { part, wanted, came }),
    }
}
