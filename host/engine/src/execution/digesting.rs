//! By what a question is known again.

use serde_json::Value;
use stepwell_contract::Digest;

/// The hash of a question.
pub(crate) fn digest_of(question: &Value) -> Digest {
    Digest::of(question.to_string())
}
