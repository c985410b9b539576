//! Where the step finds itself, its settings, and its checkpoints.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Failure;
use crate::host::call;

pub use crate::bindings::stepwell::plugin::context::{CheckpointError, CheckpointErrorKind, Level};

/// The id of the run.
#[must_use]
pub fn run_id() -> String {
    call(|host| host.run_id())
}

/// From the outermost step to this one.
#[must_use]
pub fn path() -> Vec<Level> {
    call(|host| host.path())
}

/// 1, and one more for each attempt after a failure.
#[must_use]
pub fn attempt() -> u32 {
    call(|host| host.attempt())
}

/// How the attempt before this one ended. The SDK reads it itself, to tell the model what was wrong.
#[must_use]
pub fn previous_end() -> Option<String> {
    call(|host| host.previous_end())
}

/// What the attempt before this one was at when it ended: the label of its last [`advance`](crate::progress::advance).
#[must_use]
pub fn previous_progress() -> Option<String> {
    call(|host| host.previous_progress())
}

/// How many more attempts may follow this one if it ends by a trap or a limit after a checkpoint: 0 on the last.
#[must_use]
pub fn attempts_left() -> u32 {
    call(|host| host.attempts_left())
}

/// A setting of the definition.
///
/// # Errors
/// It is there, but isn't what the step reads.
pub fn setting<T: DeserializeOwned>(name: &str) -> Result<Option<T>, Failure> {
    call(|host| host.setting(name))
        .map(|json| {
            serde_json::from_str(&json).map_err(|error| {
                Failure::invalid_input(format!("the setting `{name}` is `{json}`: {error}"))
            })
        })
        .transpose()
}

/// A setting, or what stands in for it.
///
/// # Errors
/// It is there, but isn't what the step reads.
pub fn setting_or<T: DeserializeOwned>(name: &str, default: T) -> Result<T, Failure> {
    Ok(setting(name)?.unwrap_or(default))
}

/// Keeps a value, and the files written so far, for later attempts of this execution.
///
/// # Errors
/// The value can't be kept.
pub fn save_checkpoint<T: Serialize>(key: &str, value: &T) -> Result<(), Failure> {
    let bytes = serde_json::to_vec(value)
        .map_err(|error| Failure::other("checkpoint", error.to_string()))?;
    call(|host| host.save_checkpoint(key, &bytes))?;
    Ok(())
}

/// A value kept earlier.
///
/// # Errors
/// It isn't what the step reads: another version of the step kept it.
pub fn checkpoint<T: DeserializeOwned>(key: &str) -> Result<Option<T>, Failure> {
    call(|host| host.load_checkpoint(key))
        .map(|bytes| {
            serde_json::from_slice(&bytes).map_err(|error| {
                Failure::other("checkpoint", format!("the checkpoint `{key}`: {error}"))
            })
        })
        .transpose()
}
