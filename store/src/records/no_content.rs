//! The place that a template has in its record, where none stands.

use serde::{Deserialize, Deserializer, Serializer};

pub(super) fn serialize<S: Serializer>(
    _: &Result<String, String>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str("")
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Result<String, String>, D::Error> {
    String::deserialize(deserializer).map(Ok)
}
