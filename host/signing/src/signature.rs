//! A signature: ECDSA, written as DER.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use p256::ecdsa::Signature as Ecdsa;

/// The most bytes of a text that holds a signature.
pub const LARGEST_SIGNATURE: u64 = 4 << 10;

/// A signature. Its text form is the base64 of its DER, as `cosign sign-blob` prints it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature(Ecdsa);

impl Signature {
    pub(crate) fn of(signature: Ecdsa) -> Self {
        Self(signature)
    }

    pub(crate) fn raw(&self) -> &Ecdsa {
        &self.0
    }

    /// Reads its DER.
    #[must_use]
    pub fn from_der(bytes: &[u8]) -> Option<Self> {
        Ecdsa::from_der(bytes).ok().map(Self)
    }

    /// Reads the base64 of its DER, with white space around it.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        if text.len() as u64 > LARGEST_SIGNATURE {
            return None;
        }
        Self::from_der(&STANDARD.decode(text.trim()).ok()?)
    }

    /// Reads what a file holds: base64, or the DER itself, as openssl writes it.
    #[must_use]
    pub fn from_file(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok();
        let from_text = text.and_then(Self::from_text);
        from_text.or_else(|| Self::from_der(bytes))
    }

    /// Its DER.
    #[must_use]
    pub fn der(&self) -> Vec<u8> {
        self.0.to_der().as_bytes().to_vec()
    }

    /// The base64 of its DER.
    #[must_use]
    pub fn text(&self) -> String {
        STANDARD.encode(self.der())
    }
}
