//! A signature goes beside an artifact in a registry, where cosign lays one: as a layer of an artifact of its own, whose tag is made of
//! the digest of what is signed. What lies there already stays.

use bytes::Bytes;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use stepwell_contract::Digest;

use crate::beside::MOST;
use crate::errors::{FetchError, Part};
use crate::manifest::MANIFEST;
use crate::pushing::upload;
use crate::reference::{Reference, Version};
use crate::registry::Registry;
use crate::signatures::{Artifact, SIGNATURE, SIMPLE_SIGNING, signature_tag};
use crate::wire::{Ask, Purpose, unexpected};

/// What cosign calls the kind of such an artifact's config: that of an image, whose layers are named in it.
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";

/// When it was made, as cosign says it: the same signature is the same artifact.
const NEVER: &str = "0001-01-01T00:00:00Z";

impl Registry {
    /// Lays a signature beside an artifact: a text that names its manifest, and its signature. Gives the reference under which it lies.
    ///
    /// # Errors
    /// Why it isn't there.
    pub async fn attach(
        &self,
        artifact: &Artifact,
        payload: Vec<u8>,
        signature: &str,
    ) -> Result<Reference, FetchError> {
        let mut session = self.session(&artifact.reference, Purpose::Push)?;
        let tag = signature_tag(&artifact.manifest);
        let there = self.maybe(&mut session, artifact, &tag, MANIFEST).await?;
        let mut layers = match there {
            Some(bytes) => layers_of(&bytes)?,
            None => Vec::new(),
        };
        let layer = json!({
            "mediaType": SIMPLE_SIGNING,
            "size": payload.len(),
            "digest": Digest::of(&payload),
            "annotations": { SIGNATURE: signature },
        });
        let to = Reference {
            version: Version::Tag(tag.clone()),
            ..artifact.reference.clone()
        };
        if layers.iter().any(|there| is_same(there, &layer)) {
            return Ok(to);
        }
        layers.push(layer);
        // Nobody would look at what lies behind these.
        if layers.len() > MOST {
            return Err(FetchError::TooManySignatures {
                what: artifact.reference.to_string(),
                most: MOST,
            });
        }
        let config = written(&config(&layers))?;
        let manifest = written(&json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": {
                "mediaType": CONFIG,
                "size": config.len(),
                "digest": Digest::of(&config),
            },
            "layers": layers,
        }))?;
        for blob in [config, payload.into()] {
            upload(&mut session, &to, blob).await?;
        }
        let path = format!("v2/{}/manifests/{tag}", to.repository);
        let ask = Ask {
            content_type: Some(MANIFEST),
            body: Some(manifest),
            ..Ask::of(Method::PUT, session.address(&path)?)
        };
        let response = session.send(ask).await?;
        match response.status() {
            StatusCode::CREATED => Ok(to),
            _ => Err(unexpected(response).await),
        }
    }
}

/// The layers as they are, with everything that others wrote to them.
fn layers_of(manifest: &[u8]) -> Result<Vec<Value>, FetchError> {
    let unreadable = |reason: String| FetchError::Unreadable {
        part: Part::Signature,
        reason,
    };
    let manifest: Value =
        serde_json::from_slice(manifest).map_err(|error| unreadable(error.to_string()))?;
    let layers = manifest["layers"].as_array().cloned();
    layers.ok_or_else(|| unreadable("it is no manifest with layers".to_owned()))
}

fn is_same(one: &Value, other: &Value) -> bool {
    one["digest"] == other["digest"]
        && one["annotations"][SIGNATURE] == other["annotations"][SIGNATURE]
}

fn config(layers: &[Value]) -> Value {
    let digests: Vec<&Value> = layers.iter().map(|layer| &layer["digest"]).collect();
    let history = layers.iter().map(|_| json!({ "created": NEVER }));
    json!({
        "architecture": "",
        "created": NEVER,
        "history": history.collect::<Vec<_>>(),
        "os": "",
        "rootfs": { "type": "layers", "diff_ids": digests },
        "config": {},
    })
}

fn written(value: &Value) -> Result<Bytes, FetchError> {
    let text = serde_json::to_vec(value).map_err(|error| FetchError::Unreadable {
        part: Part::Signature,
        reason: error.to_string(),
    })?;
    Ok(text.into())
}
