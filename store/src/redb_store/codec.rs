//! Records as bytes: JSON maps with field names, so that every value describes itself.
//!
//! Nothing here reads or writes the table.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::keys;
use crate::records::PromptRecord;
use crate::{StoreError, prompts};

pub(super) fn encode(key: &[u8], record: &impl Serialize) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(record).map_err(|error| unreadable(key, error.to_string()))
}

pub(super) fn decode<T: DeserializeOwned>(key: &[u8], value: &[u8]) -> Result<T, StoreError> {
    serde_json::from_slice(value).map_err(|error| unreadable(key, error.to_string()))
}

/// A prompt that breaks the rules could make a run use the wrong text, so it counts as unreadable.
pub(super) fn decode_prompt(key: &[u8], value: &[u8]) -> Result<PromptRecord, StoreError> {
    let record = decode(key, value)?;
    match prompts::broken_rule(&record) {
        None => Ok(record),
        Some(reason) => Err(unreadable(key, reason)),
    }
}

pub(super) fn unreadable(key: &[u8], reason: String) -> StoreError {
    StoreError::Unreadable {
        what: keys::describe(key),
        reason,
    }
}
