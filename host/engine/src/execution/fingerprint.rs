//! By what a text is known again of which nothing is kept.

use serde::{Deserialize, Serialize};
use stepwell_contract::Digest;

/// By which a text is known again. It is a digest that is written without what makes a reference of one: no blob is kept
/// for it, and none must be missed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Fingerprint(String);

impl Fingerprint {
    /// Its hexadecimal digits.
    pub(super) fn digits(&self) -> &str {
        &self.0
    }
}

impl From<Digest> for Fingerprint {
    fn from(digest: Digest) -> Self {
        Self(digest.hex())
    }
}
