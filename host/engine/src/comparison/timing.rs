//! How long a cell took: what its model and its step took, and nothing that stood in their way.
//!
//! How many cells are under way at once, how many calls a provider takes at once and whether a process was killed say
//! nothing of a version, so a wait for a place, a pause before another try and the gap of a kill don't count.

use std::time::Duration;

use jiff::Timestamp;
use stepwell_store::{CallAttempt, CallRecord, ExecutionRecord};

/// From a moment to a later one.
type Span = (Timestamp, Timestamp);

/// The time of an execution that has ended: in which a try at one of its calls was under way, and in which the step
/// itself was at work, between its calls.
pub(super) fn taken(execution: &ExecutionRecord, calls: &[CallRecord]) -> Option<Duration> {
    execution.attempts.last()?.ended_at?;
    let tries: Vec<Span> = calls.iter().flat_map(tries_of).collect();
    let within: Vec<Span> = calls.iter().filter_map(whole_of).collect();
    let mut at_work = Vec::new();
    for attempt in &execution.attempts {
        // An attempt that was begun afresh after a kill has its old begin, and the time of its last process.
        let ended = attempt.ended_at;
        at_work.extend(ended.map(|ended| (back(ended, attempt.wall_ms), ended)));
    }
    // The step's own time is what it was at work for beyond its calls.
    let calling = length(within.clone());
    let own = length(at_work.into_iter().chain(within).collect()).saturating_sub(calling);
    Some(length(tries) + own)
}

/// The tries that ended; one that was lost with its process tells nothing.
fn tries_of(call: &CallRecord) -> impl Iterator<Item = Span> + '_ {
    call.attempts.iter().filter_map(span_of)
}

fn span_of(attempt: &CallAttempt) -> Option<Span> {
    let length = Duration::from_millis(attempt.duration_ms?);
    let end = attempt.started_at.checked_add(length).ok()?;
    Some((attempt.started_at, end))
}

/// A call with its waits, from when the step made it to when the step had its answer.
fn whole_of(call: &CallRecord) -> Option<Span> {
    let last = tries_of(call).last().map(|(_, end)| end);
    let end = call.ended_at.max(last)?;
    Some((call.created_at.min(end), end))
}

fn back(from: Timestamp, milliseconds: u64) -> Timestamp {
    let length = Duration::from_millis(milliseconds);
    from.checked_sub(length).unwrap_or(from)
}

/// How long spans are together; where they overlap, it counts once.
fn length(mut spans: Vec<Span>) -> Duration {
    spans.sort_unstable();
    let mut total = Duration::ZERO;
    let mut covered = Timestamp::MIN;
    for (begin, end) in spans {
        let begin = begin.max(covered);
        total += Duration::try_from(end.duration_since(begin)).unwrap_or_default();
        covered = covered.max(end);
    }
    total
}

#[cfg(test)]
mod tests;
