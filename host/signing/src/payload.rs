//! What cosign signs of an artifact in a registry: a text that names the digest of its manifest ("simple signing").
//!
//! <https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md>

use serde::{Deserialize, Serialize};
use stepwell_contract::Digest;

use crate::unproven::Unproven;

/// The media type of such a text in a registry.
pub const SIMPLE_SIGNING: &str = "application/vnd.dev.cosign.simplesigning.v1+json";

/// The most bytes of such a text.
pub const LARGEST_PAYLOAD: u64 = 64 << 10;

/// What it says it is.
const TYPE: &str = "cosign container image signature";

/// What is signed of an artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payload {
    /// The digest of the artifact's manifest.
    pub manifest: Digest,
    /// Where it was when it was signed. Nobody decides by it: a copy in another registry is the same artifact.
    pub reference: String,
}

#[derive(Serialize, Deserialize)]
struct Written {
    critical: Critical,
    #[serde(default)]
    optional: Option<serde_json::Map<String, serde_json::Value>>,
}

#[derive(Serialize, Deserialize)]
struct Critical {
    identity: Identity,
    image: Image,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Serialize, Deserialize)]
struct Identity {
    #[serde(rename = "docker-reference")]
    docker_reference: String,
}

#[derive(Serialize, Deserialize)]
struct Image {
    #[serde(rename = "docker-manifest-digest")]
    docker_manifest_digest: String,
}

impl Payload {
    /// The text that is signed.
    #[must_use]
    pub fn written(&self) -> Vec<u8> {
        let written = Written {
            critical: Critical {
                identity: Identity {
                    docker_reference: self.reference.clone(),
                },
                image: Image {
                    docker_manifest_digest: self.manifest.to_string(),
                },
                kind: TYPE.to_owned(),
            },
            optional: None,
        };
        serde_json::to_vec(&written).unwrap_or_default()
    }

    /// Reads one.
    ///
    /// # Errors
    /// [`Unproven::OtherKind`], [`Unproven::Unreadable`].
    pub fn read(bytes: &[u8]) -> Result<Self, Unproven> {
        let unreadable = |reason| Unproven::Unreadable { reason };
        if bytes.len() as u64 > LARGEST_PAYLOAD {
            return Err(unreadable("what was signed is larger than 64 KiB"));
        }
        let written: Written = serde_json::from_slice(bytes)
            .map_err(|_| unreadable("what was signed is no payload of cosign"))?;
        if written.critical.kind != TYPE {
            return Err(Unproven::OtherKind);
        }
        let digest = written.critical.image.docker_manifest_digest.parse();
        Ok(Self {
            manifest: digest.map_err(|_| unreadable("what was signed names no digest"))?,
            reference: written.critical.identity.docker_reference,
        })
    }
}
