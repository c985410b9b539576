//! A private key: it signs.

use p256::SecretKey;
use p256::ecdsa::SigningKey;
use p256::ecdsa::signature::hazmat::PrehashSigner as _;
use p256::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _};
use stepwell_contract::Digest;
use zeroize::Zeroizing;

use crate::key_errors::KeyError;
use crate::pem::{block, foreign, written};
use crate::public_key::PublicKey;
use crate::sealed::{Salts, opened, sealed};
use crate::signature::Signature;

/// As cosign seals a key with a password.
const SEALED: &str = "ENCRYPTED SIGSTORE PRIVATE KEY";
/// As it did before.
const SEALED_BEFORE: &str = "ENCRYPTED COSIGN PRIVATE KEY";

/// A private key: ECDSA on P-256, over SHA-256.
#[derive(Clone)]
pub struct PrivateKey {
    key: SigningKey,
    public: PublicKey,
}

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the private key of {}", self.public.fingerprint())
    }
}

/// Whether a text is a private key that only a password opens.
///
/// # Errors
/// It holds no key.
pub fn is_sealed(text: &str) -> Result<bool, KeyError> {
    let (label, _) = block(text)?;
    Ok(matches!(label, SEALED | SEALED_BEFORE))
}

impl PrivateKey {
    /// The key of a number, which has to be drawn at random. One number in 2³² is none; then another one has to be drawn.
    #[must_use]
    pub fn from_scalar(scalar: &[u8; 32]) -> Option<Self> {
        Self::of(&SecretKey::from_slice(scalar).ok()?)
    }

    /// Reads one as PEM: sealed by cosign, or in the forms that openssl writes without a password. The password is asked for only where
    /// it is needed.
    ///
    /// # Errors
    /// Why it can't be used.
    pub fn from_pem(text: &str, password: Option<&str>) -> Result<Self, KeyError> {
        let (label, bytes) = block(text)?;
        let key = match label {
            SEALED | SEALED_BEFORE => {
                let der = opened(&bytes, password.ok_or(KeyError::NoPassword)?)?;
                SecretKey::from_pkcs8_der(&der).ok()
            }
            "PRIVATE KEY" => SecretKey::from_pkcs8_der(&bytes).ok(),
            "EC PRIVATE KEY" => SecretKey::from_sec1_der(&bytes).ok(),
            "ENCRYPTED PRIVATE KEY" => return Err(KeyError::OtherSeal),
            label if label.ends_with("PUBLIC KEY") => return Err(KeyError::IsPublic),
            label if label.ends_with("PRIVATE KEY") => return Err(KeyError::OtherKind),
            label => return Err(foreign(label)),
        };
        key.as_ref().and_then(Self::of).ok_or(KeyError::OtherKind)
    }

    fn of(key: &SecretKey) -> Option<Self> {
        let key = SigningKey::from(key);
        let public = PublicKey::of(*key.verifying_key())?;
        Some(Self { key, public })
    }

    /// Its public key.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        self.public.clone()
    }

    /// As PEM, sealed with a password as cosign does it. It takes as long as guessing a password is to take.
    #[must_use]
    pub fn sealed_pem(&self, password: &str, salts: &Salts) -> Option<String> {
        let secret = SecretKey::from_slice(&Zeroizing::new(self.key.to_bytes())).ok()?;
        let der = secret.to_pkcs8_der().ok()?;
        let bytes = sealed(der.as_bytes(), password, salts)?;
        Some(written(SEALED, &bytes))
    }

    /// Signs what has this SHA-256. Nothing is drawn at random for it (RFC 6979): the same is signed the same.
    #[must_use]
    pub fn sign(&self, digest: &Digest) -> Signature {
        match self.key.sign_prehash(digest.as_bytes()) {
            Ok(signature) => Signature::of(signature),
            // Only a hash of another length can't be signed.
            Err(_) => unreachable!("a SHA-256 has 32 bytes"),
        }
    }
}
