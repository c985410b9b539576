//! What lies beside a component to show who signed it, as it came. Nobody here knows a key, or what any of it proves.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The most things that are taken from beside one component. Whoever can write there could lay any number of them.
pub(crate) const MOST: usize = 32;

/// The most bytes of a text that is signed, and of a file with a signature.
pub(crate) const LARGEST_SIGNED: u64 = 64 << 10;

/// The most bytes of a bundle.
pub(crate) const LARGEST_BUNDLE: u64 = 256 << 10;

/// What lies beside a component.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beside {
    /// The artifact's manifest, which is what is signed there; none for a file on a server.
    pub manifest: Option<Raw>,
    /// What there is, in the order in which it is told.
    pub found: Vec<Found>,
}

/// One thing that may show who signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Found {
    /// A file with a signature.
    Detached {
        /// Its bytes.
        bytes: Raw,
    },
    /// A bundle of sigstore.
    Bundle {
        /// Its bytes.
        bytes: Raw,
    },
    /// A text that names the manifest, and its signature as a text.
    Simple {
        /// The text's bytes.
        payload: Raw,
        /// The signature.
        signature: String,
    },
}

/// Bytes, which are kept as base64.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Raw(pub Vec<u8>);

impl Serialize for Raw {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        STANDARD.decode(text).map(Self).map_err(D::Error::custom)
    }
}
