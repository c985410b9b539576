//! A public key: by it is known who signed.

use p256::ecdsa::VerifyingKey;
use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use p256::pkcs8::{DecodePublicKey as _, EncodePublicKey as _};
use stepwell_contract::Digest;

use crate::key_errors::KeyError;
use crate::pem::{block, foreign, written};
use crate::signature::Signature;

const LABEL: &str = "PUBLIC KEY";

/// A public key: ECDSA on P-256, over SHA-256.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    key: VerifyingKey,
    /// As the standard form has it (SubjectPublicKeyInfo).
    der: Vec<u8>,
}

impl PublicKey {
    /// Reads one as PEM, such as `cosign.pub`.
    ///
    /// # Errors
    /// What it is instead.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let (label, bytes) = block(text)?;
        if label.ends_with("PRIVATE KEY") {
            return Err(KeyError::IsPrivate);
        }
        if label != LABEL {
            return Err(foreign(label));
        }
        let key = VerifyingKey::from_public_key_der(&bytes).map_err(|_| KeyError::OtherKind)?;
        Self::of(key).ok_or(KeyError::OtherKind)
    }

    pub(crate) fn of(key: VerifyingKey) -> Option<Self> {
        let der = key.to_public_key_der().ok()?.into_vec();
        Some(Self { key, der })
    }

    /// As PEM.
    #[must_use]
    pub fn pem(&self) -> String {
        written(LABEL, &self.der)
    }

    /// What names the key: the SHA-256 of its standard form.
    #[must_use]
    pub fn fingerprint(&self) -> Digest {
        Digest::of(&self.der)
    }

    /// Whether this key's owner signed what has this SHA-256.
    #[must_use]
    pub fn signed(&self, digest: &Digest, signature: &Signature) -> bool {
        let verified = self.key.verify_prehash(digest.as_bytes(), signature.raw());
        verified.is_ok()
    }
}
