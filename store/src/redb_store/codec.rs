//! Records as bytes: JSON maps with field names, so that every value describes itself, each in a [`frame`].
//!
//! Nothing here reads or writes the table.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{frame, keys};
use crate::StoreError;

pub(super) fn encode(key: &[u8], record: &impl Serialize) -> Result<Vec<u8>, StoreError> {
    let payload = serde_json::to_vec(record).map_err(|error| unreadable(key, error.to_string()))?;
    Ok(frame::around(key, &payload))
}

pub(super) fn decode<T: DeserializeOwned>(key: &[u8], value: &[u8]) -> Result<T, StoreError> {
    let payload = frame::within(key, value)?;
    serde_json::from_slice(payload).map_err(|error| unreadable(key, error.to_string()))
}

pub(super) fn unreadable(key: &[u8], reason: String) -> StoreError {
    StoreError::Unreadable {
        what: keys::describe(key),
        reason,
    }
}
