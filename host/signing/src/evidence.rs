//! What lies beside a component, and which key signed it by that.

use serde::Deserialize;
use stepwell_contract::Digest;

use crate::bundle::signer_of_bundle;
use crate::payload::Payload;
use crate::public_key::PublicKey;
use crate::signature::Signature;
use crate::unproven::Unproven;

/// The most proofs that are looked at. Whoever can write beside a plugin could lay any number of them there.
pub const MOST_PROOFS: usize = 32;

/// One thing that may show who signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// A signature of the file itself: base64, or DER.
    Detached(Vec<u8>),
    /// A bundle of sigstore.
    Bundle(Vec<u8>),
    /// A text that names a manifest, and its signature in base64.
    Simple {
        /// The text.
        payload: Vec<u8>,
        /// The signature.
        signature: String,
    },
}

/// What lies beside a component.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    /// The manifest of an artifact, which is what is signed there; none where a file itself is.
    manifest: Option<Vec<u8>>,
    proofs: Vec<Proof>,
}

impl Evidence {
    /// What lies beside a file.
    pub fn beside_a_file(proofs: impl IntoIterator<Item = Proof>) -> Self {
        Self {
            manifest: None,
            proofs: proofs.into_iter().take(MOST_PROOFS).collect(),
        }
    }

    /// What lies beside an artifact, which has this manifest.
    pub fn beside_an_artifact(manifest: Vec<u8>, proofs: impl IntoIterator<Item = Proof>) -> Self {
        Self {
            manifest: Some(manifest),
            ..Self::beside_a_file(proofs)
        }
    }

    /// Which of these keys signed the component with this digest, by its place among them.
    ///
    /// # Errors
    /// Why none did, as far as can be told.
    pub fn signer(&self, component: &Digest, keys: &[PublicKey]) -> Result<usize, Unproven> {
        let subject = match &self.manifest {
            None => *component,
            Some(manifest) if component_of(manifest) == Some(*component) => Digest::of(manifest),
            Some(_) => return Err(Unproven::OtherComponent { found: *component }),
        };
        let mut why = Unproven::NoSignature;
        for proof in &self.proofs {
            match self.by_one(proof, &subject, keys) {
                Ok(by) => return Ok(by),
                Err(other) => why = why.max(other),
            }
        }
        Err(why)
    }

    fn by_one(
        &self,
        proof: &Proof,
        subject: &Digest,
        keys: &[PublicKey],
    ) -> Result<usize, Unproven> {
        let unreadable = Unproven::Unreadable {
            reason: "it is no ECDSA signature",
        };
        let signer = |signed: &Digest, signature: Option<Signature>| {
            let signature = signature.ok_or(unreadable)?;
            let by = keys.iter().position(|key| key.signed(signed, &signature));
            by.ok_or(Unproven::OtherKey)
        };
        match proof {
            Proof::Bundle(bytes) => signer_of_bundle(bytes, subject, keys),
            // What is signed of an artifact says so; a bare signature of a manifest was meant for something else.
            Proof::Detached(_) if self.manifest.is_some() => Err(Unproven::OtherKind),
            Proof::Detached(bytes) => signer(subject, Signature::from_file(bytes)),
            Proof::Simple { payload, signature } => {
                let by = signer(&Digest::of(payload), Signature::from_text(signature))?;
                let signed = Payload::read(payload)?.manifest;
                match signed == *subject && self.manifest.is_some() {
                    true => Ok(by),
                    false => Err(Unproven::OtherDigest {
                        signed,
                        found: *subject,
                    }),
                }
            }
        }
    }
}

/// The one component of a manifest.
fn component_of(manifest: &[u8]) -> Option<Digest> {
    #[derive(Deserialize)]
    struct Manifest {
        layers: Vec<Layer>,
    }
    #[derive(Deserialize)]
    struct Layer {
        digest: String,
    }
    let manifest: Manifest = serde_json::from_slice(manifest).ok()?;
    match manifest.layers.as_slice() {
        [layer] => layer.digest.parse().ok(),
        _ => None,
    }
}
