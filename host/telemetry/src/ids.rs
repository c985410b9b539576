//! The ids of traces and spans: they follow from the names of what ended, so that nothing has to be remembered.
//!
//! So a run that was killed and is carried on by another process is one trace.

use stepwell_contract::{Digest, ExecutionKey, RunId};
use uuid::Uuid;

/// What a span is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SpanOf<'a> {
    /// A run, up to its first end for good, or to a later one (0 is the first).
    Run { run: RunId, end: u32 },
    /// An execution, up to its first end, or to a later one: it failed before, and was taken further.
    Execution { key: &'a ExecutionKey, end: u32 },
    /// An attempt of an execution.
    Attempt { key: &'a ExecutionKey, number: u32 },
    /// A call to a model.
    Call(Uuid),
}

impl SpanOf<'_> {
    /// The 8 bytes that name it within its trace.
    pub(crate) fn id(&self) -> [u8; 8] {
        let named = match self {
            Self::Run { run, end } => format!("run {run} {end}"),
            Self::Execution { key, end } => format!("execution {} {key} {end}", key.run),
            Self::Attempt { key, number } => format!("attempt {} {key} {number}", key.run),
            Self::Call(id) => format!("call {id}"),
        };
        let digest = Digest::of(named);
        let mut id = [0; 8];
        id.copy_from_slice(&digest.as_bytes()[..8]);
        // No span has the id of zeros alone.
        id[7] |= u8::from(id == [0; 8]);
        id
    }
}

/// The trace of a run: the run's own id.
pub(crate) fn trace_of(run: RunId) -> [u8; 16] {
    run.0.into_bytes()
}
