//! Batches: many requests that a provider takes as one, answers when it pleases, and for less.
//!
//! Here is what goes over the wire, and how an answer out of a batch becomes what any other answer is. Which calls go into one batch,
//! how long it is waited for and what of it is durable is the caller's: nothing here is remembered.

mod anthropic;
mod desk;
mod fetched;
mod found;
mod office;
mod openai;

pub use desk::{BatchDesk, BatchPlace, CameInBatch, PlaceInBatch};
pub use fetched::BatchAnswer;
pub use found::{BatchEnd, BatchFound, BatchLook};
pub use office::{BatchOffice, BatchProblem, BatchRequest};

pub(crate) use fetched::exchange;

/// The most requests of one batch, below what providers take. It also bounds the memory that one takes until it is sent.
pub const MOST_BATCH_REQUESTS: usize = 10_000;

/// The most bytes of one batch, for the same reasons.
pub const MOST_BATCH_BYTES: usize = 64 << 20;

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
