//! A component goes to a registry: its config, its bytes, and the manifest that names both.

use bytes::Bytes;
use reqwest::header::LOCATION;
use reqwest::{Method, StatusCode, Url};
use stepwell_contract::Digest;
use stepwell_workers::{LARGEST_COMPONENT, off_the_workers};

use crate::errors::{FetchError, Part};
use crate::fetching::{digest_of, same};
use crate::manifest::{
    Annotations, CONFIG, Config, Descriptor, Interfaces, LAYER, MANIFEST, Manifest,
};
use crate::reference::{Reference, Version};
use crate::registry::Registry;
use crate::wire::{Ask, Purpose, Session, Shown, unexpected};

/// A component, and what is told of it. Whoever pushes has seen that it can be used.
#[derive(Debug, Clone, Default)]
pub struct Component {
    /// Its bytes.
    pub bytes: Bytes,
    /// What it is called.
    pub title: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// What it does, in a sentence.
    pub description: Option<String>,
    /// Where its source is.
    pub source: Option<String>,
    /// When it was made, as RFC 3339 has it. The same component pushed with another time has another digest.
    pub created: Option<String>,
    /// The interfaces that it imports.
    pub imports: Vec<String>,
    /// The interfaces that it exports.
    pub exports: Vec<String>,
}

/// What is in the registry now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    /// The reference with the digest of the manifest: it never means another component.
    pub reference: Reference,
    /// The digest of the manifest.
    pub manifest: Digest,
    /// The digest of the component's bytes.
    pub component: Digest,
    /// How many bytes it has.
    pub size: u64,
}

impl Registry {
    /// Pushes a component under a tag. What the registry has already isn't sent again.
    ///
    /// # Errors
    /// Why the tag doesn't mean it.
    pub async fn push(&self, component: &Component, to: &Reference) -> Result<Pushed, FetchError> {
        let Version::Tag(tag) = &to.version else {
            let what = to.to_string();
            return Err(FetchError::PushedByDigest { what });
        };
        let size = component.bytes.len() as u64;
        if size > LARGEST_COMPONENT {
            return Err(FetchError::TooLarge {
                part: Part::Component,
                most: LARGEST_COMPONENT,
            });
        }
        let bytes = component.bytes.clone();
        let layer = off_the_workers(move || Digest::of(&bytes)).await;
        let config = config(component, layer)?;
        let manifest = manifest(component, (layer, size), &config)?;
        let digest = Digest::of(&manifest);
        let mut session = Session::new(
            &self.web,
            &to.registry,
            Some((&to.repository, Purpose::Push)),
            to.to_string(),
            Shown::Kept(&self.logins),
        )?;
        for blob in [config, component.bytes.clone()] {
            upload(&mut session, to, blob).await?;
        }
        let path = format!("v2/{}/manifests/{tag}", to.repository);
        let ask = Ask {
            content_type: Some(MANIFEST),
            body: Some(manifest),
            ..Ask::of(Method::PUT, session.address(&path)?)
        };
        let response = session.send(ask).await?;
        if response.status() != StatusCode::CREATED {
            return Err(unexpected(response).await);
        }
        if let Some(said) = digest_of(&response) {
            same(Part::Manifest, digest, said)?;
        }
        Ok(Pushed {
            reference: to.pinned(digest),
            manifest: digest,
            component: layer,
            size,
        })
    }
}

pub(crate) async fn upload(
    session: &mut Session<'_>,
    to: &Reference,
    blob: Bytes,
) -> Result<(), FetchError> {
    let digest = {
        let blob = blob.clone();
        off_the_workers(move || Digest::of(&blob)).await
    };
    let blobs = format!("v2/{}/blobs/", to.repository);
    let there = session.address(&format!("{blobs}{digest}"))?;
    let there = session.send(Ask::of(Method::HEAD, there)).await?;
    if there.status().is_success() {
        return Ok(());
    }
    let begin = Ask {
        // Some want a length, also of nothing.
        body: Some(Bytes::new()),
        ..Ask::of(Method::POST, session.address(&format!("{blobs}uploads/"))?)
    };
    let begun = session.send(begin).await?;
    if begun.status() != StatusCode::ACCEPTED {
        return Err(unexpected(begun).await);
    }
    let host = to.registry.to_string();
    let reason = "it doesn't say where the component is to be sent";
    let location = begun
        .headers()
        .get(LOCATION)
        .and_then(|it| it.to_str().ok());
    let mut url: Url = location
        .and_then(|location| begun.url().join(location).ok())
        .ok_or(FetchError::NoRegistry { host, reason })?;
    url.query_pairs_mut()
        .append_pair("digest", &digest.to_string());
    let ask = Ask {
        content_type: Some("application/octet-stream"),
        body: Some(blob),
        ..Ask::of(Method::PUT, url)
    };
    let sent = session.send(ask).await?;
    match sent.status() {
        StatusCode::CREATED => Ok(()),
        _ => Err(unexpected(sent).await),
    }
}

fn config(component: &Component, layer: Digest) -> Result<Bytes, FetchError> {
    written(
        Part::Config,
        &Config {
            created: component.created.as_deref(),
            architecture: "wasm",
            os: "wasip2",
            layer_digests: [layer],
            component: Interfaces {
                exports: &component.exports,
                imports: &component.imports,
            },
        },
    )
}

fn manifest(
    component: &Component,
    layer: (Digest, u64),
    config: &Bytes,
) -> Result<Bytes, FetchError> {
    let descriptor = |media_type: &str, digest: Digest, size| Descriptor {
        media_type: media_type.to_owned(),
        digest: digest.to_string(),
        size,
        annotations: Annotations::new(),
    };
    let told = [
        ("created", &component.created),
        ("description", &component.description),
        ("source", &component.source),
        ("title", &component.title),
        ("version", &component.version),
    ];
    let told = told.into_iter().filter_map(|(name, value)| {
        let value = value.as_ref().filter(|value| !value.is_empty())?;
        Some((annotation(name), value.clone()))
    });
    let mut component_layer = descriptor(LAYER, layer.0, layer.1);
    if let Some(title) = &component.title {
        // By it oras names the file that it pulls.
        let file = (annotation("title"), format!("{title}.wasm"));
        component_layer.annotations.extend([file]);
    }
    let manifest = Manifest {
        schema_version: 2,
        media_type: Some(MANIFEST.to_owned()),
        config: descriptor(CONFIG, Digest::of(config), config.len() as u64),
        layers: vec![component_layer],
        annotations: told.collect(),
    };
    written(Part::Manifest, &manifest)
}

fn annotation(name: &str) -> String {
    format!("org.opencontainers.image.{name}")
}

fn written(part: Part, value: &impl serde::Serialize) -> Result<Bytes, FetchError> {
    let text = serde_json::to_vec(value).map_err(|error| FetchError::Unreadable {
        part,
        reason: error.to_string(),
    })?;
    Ok(text.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::told;

    #[test]
    fn what_is_pushed_can_be_fetched_and_is_the_same_each_time() {
        let component = Component {
            bytes: Bytes::from_static(b"\0asm"),
            title: Some("refine".into()),
            version: Some("1.2.0".into()),
            source: Some(String::new()),
            ..Component::default()
        };
        let layer = Digest::of(b"\0asm");
        let made = || {
            let config = config(&component, layer).unwrap();
            manifest(&component, (layer, 4), &config).unwrap()
        };
        assert_eq!(made(), made());
        let read = told(&made(), "x").unwrap();
        assert_eq!(read.component, (layer, 4));
        let text = String::from_utf8(made().to_vec()).unwrap();
        assert!(text.contains(
            r#""annotations":{"org.opencontainers.image.title":"refine","org.opencontainers.image.version":"1.2.0"}"#
        ));
    }
}
