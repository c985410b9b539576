//! State that can't be read: an error that says what it is of, and the end of whatever needs it.

use serde::de::DeserializeOwned;
use stepwell_contract::Halt;
use stepwell_store::StoreError;

/// What the store has as JSON. What can't be read is an error that says `what` it is, and never as good as nothing: whoever
/// went on without it would send and write something else than before.
pub(crate) fn from_json<T: DeserializeOwned>(
    json: &[u8],
    what: impl FnOnce() -> String,
) -> Result<T, StoreError> {
    serde_json::from_slice(json).map_err(|error| unreadable(what(), &error))
}

/// The error of a record that can't be read.
pub(crate) fn unreadable(what: String, error: &serde_json::Error) -> StoreError {
    let reason = error.to_string();
    StoreError::Unreadable { what, reason }
}

/// Without its store no run goes on (rule E28).
pub(crate) fn store_halt(error: StoreError) -> Halt {
    let reason = error.to_string();
    Halt::Store { reason }
}
