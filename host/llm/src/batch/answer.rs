//! What came for one request of a batch. How it is read is next door, in `fetched`.

use bytes::Bytes;
use stepwell_contract::ChatError;

use crate::wire::Problem;

/// What came for one request of a batch.
#[derive(Debug, Clone)]
pub struct BatchAnswer(pub(super) Answered);

#[derive(Debug, Clone)]
pub(super) enum Answered {
    /// A line of the batch's answers, and what in it is the answer to the request itself.
    Line {
        line: Bytes,
        status: u16,
        body: Bytes,
    },
    /// It has none.
    None(Problem),
    /// Nobody knows what came: the provider can't be asked now.
    Left(ChatError),
}

impl BatchAnswer {
    /// Nobody knows what came of it, since its provider can't be asked. It stays as it is until somebody asks again.
    #[must_use]
    pub fn left(error: ChatError) -> Self {
        Self(Answered::Left(error))
    }

    pub(super) fn none(problem: &Problem) -> Self {
        Self(Answered::None(problem.clone()))
    }
}
