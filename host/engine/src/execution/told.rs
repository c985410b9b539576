//! What a guest is told of its attempts.

use stepwell_store::ExecutionRecord;

/// What a guest is told.
pub(crate) struct Told {
    pub(crate) attempt: u32,
    pub(crate) previous_end: Option<String>,
    pub(crate) previous_progress: Option<String>,
    pub(crate) attempts_left: u32,
}

impl Told {
    /// Of the last attempt of an execution.
    pub(super) fn of(record: &ExecutionRecord, attempts_left: u32) -> Self {
        let mut attempts = record.attempts.iter().rev();
        let last = attempts.next();
        let earlier = attempts.next();
        Self {
            attempt: last.map_or(1, |attempt| attempt.number),
            previous_end: earlier.and_then(|attempt| attempt.end.clone()),
            previous_progress: earlier.and_then(|attempt| attempt.progress.clone()),
            attempts_left,
        }
    }
}
