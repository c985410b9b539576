//! Batches: many requests that a provider takes as one, answers when it pleases, and for less.
//!
//! Here is what goes over the wire, and how an answer out of a batch becomes what any other answer is. Which calls go into one batch,
//! how long it is waited for and what of it is durable is the caller's: nothing here is remembered.

mod answer;
mod anthropic;
mod desk;
mod fetched;
mod found;
mod office;
mod openai;

pub use answer::BatchAnswer;
pub use desk::{BatchDesk, BatchPlace, CameInBatch, PlaceInBatch};
pub use found::{BatchEnd, BatchFound, BatchLook};
pub use office::{BatchOffice, BatchProblem};

pub(crate) use fetched::exchange;

use bytes::Bytes;
use serde_json::Value;
use stepwell_contract::ChatErrorKind;

use crate::wire::{Problem, excerpt};

/// The most requests of one batch, below what providers take. It also bounds the memory that one takes until it is sent.
pub const MOST_BATCH_REQUESTS: usize = 10_000;

/// The most bytes of one batch, for the same reasons.
pub const MOST_BATCH_BYTES: usize = 64 << 20;

/// A request of a batch that is about to be sent.
#[derive(Debug, Clone)]
pub struct BatchRequest {
    /// Which it is.
    pub request: u32,
    /// Its body.
    pub body: Bytes,
}

/// What a request is called in its batch: the batch's own id, so that a batch of which nobody knows what its provider calls it is known
/// again by any of its requests, and its place.
fn custom_id(batch: u128, request: u32) -> String {
    format!("{batch:032x}-{request}")
}

/// Which request of a batch is called so; none where it is of another one.
fn request_of(batch: u128, custom_id: &str) -> Option<u32> {
    let (of, request) = custom_id.split_once('-')?;
    (u128::from_str_radix(of, 16).ok()? == batch).then(|| request.parse().ok())?
}

/// What a provider calls what it tells of.
fn id_of(told: &Value) -> Option<String> {
    let id = told.get("id")?.as_str()?;
    name_in_path(id).ok().map(str::to_owned)
}

/// An id of a provider's, which becomes a part of an address.
fn name_in_path(id: &str) -> Result<&str, Problem> {
    let fine = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
    match !id.is_empty() && id.len() <= 256 && id != "." && id != ".." && id.bytes().all(fine) {
        true => Ok(id),
        false => {
            let message = format!(
                "an id is none that can stand in an address: `{}`",
                excerpt(id)
            );
            Err(Problem::lasting(ChatErrorKind::Network, message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_known_by_its_batch_and_its_place() {
        let id = custom_id(u128::MAX, 9_999);
        assert!(id.len() <= 64, "{id}");
        assert_eq!(request_of(u128::MAX, &id), Some(9_999));
        assert_eq!(request_of(7, &id), None);
        for other in ["", "7", "x-1", "7-", "7-x"] {
            assert_eq!(request_of(7, other), None, "{other}");
        }
    }
}
