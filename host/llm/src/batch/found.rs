//! What a provider says of a batch.

use crate::wire::Problem;

/// Where a batch is.
#[derive(Debug, Clone)]
pub enum BatchLook {
    /// It is worked on.
    Waiting {
        /// So many requests were answered.
        done: u32,
        /// Of so many.
        total: u32,
    },
    /// Nothing more comes of it.
    Ended(BatchEnd),
}

/// Where the answers of a batch are that ended.
#[derive(Debug, Clone)]
pub struct BatchEnd {
    /// The addresses of its answers, below the provider's.
    pub(super) paths: Vec<String>,
    /// Why a request has none of which none is there.
    pub(super) missing: Problem,
}

/// What came of looking for a batch of which nobody knows whether it was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BatchFound {
    /// The provider has it, and calls it so.
    There(String),
    /// The provider has no such batch.
    NotThere,
    /// There is one that may be it, which will be known when it has ended.
    NotKnownYet,
}

/// One of the batches that a provider lists.
pub(super) enum Listed {
    /// It is the one.
    Same(String),
    /// It may be it, and has ended: its first answer tells.
    MayBe(String),
    /// It may be it.
    MayBeLater,
    /// It is another one.
    Other,
}

/// A page of that list.
pub(super) struct Page {
    pub(super) listed: Vec<Listed>,
    /// What the address of the next page says; none where there is none worth reading.
    pub(super) next: Option<(&'static str, String)>,
}
