//! How long a cell took: what its model and its step took, and nothing that stood in their way.
//!
//! How many cells are under way at once, how many calls a provider takes at once and whether a process was killed say
//! nothing of a version, so a wait for a place, a pause before another try and the gap of a kill don't count.

use std::time::Duration;

use jiff::Timestamp;

/// From a moment to a later one.
type Span = (Timestamp, Timestamp);

/// An attempt of the step: when it ended, and for how long it was at work.
///
/// One that was begun afresh after a kill has its old begin, and the time of its last process.
#[derive(Debug, Clone, Copy)]
pub struct Work {
    /// When it ended; none while it is under way.
    pub ended_at: Option<Timestamp>,
    /// How long its last process was at work.
    pub wall: Duration,
}

/// A call of the step.
#[derive(Debug, Clone)]
pub struct CallTimes {
    /// When the step made it.
    pub made_at: Timestamp,
    /// When the step had its answer.
    pub ended_at: Option<Timestamp>,
    /// The tries that ended: when each was sent, and how long it took. One that was lost with its process tells nothing.
    pub tries: Vec<(Timestamp, Duration)>,
}

/// The time of an execution that has ended: in which a try at one of its calls was under way, and in which the step
/// itself was at work, between its calls.
#[must_use]
pub fn taken(attempts: &[Work], calls: &[CallTimes]) -> Option<Duration> {
    attempts.last()?.ended_at?;
    let tries: Vec<Span> = calls.iter().flat_map(tries_of).collect();
    let within: Vec<Span> = calls.iter().filter_map(whole_of).collect();
    let at_work = attempts.iter().filter_map(|attempt| {
        let ended = attempt.ended_at?;
        Some((ended.checked_sub(attempt.wall).unwrap_or(ended), ended))
    });
    // The step's own time is what it was at work for beyond its calls.
    let calling = length(within.clone());
    let own = length(at_work.chain(within).collect()).saturating_sub(calling);
    Some(length(tries) + own)
}

fn tries_of(call: &CallTimes) -> impl Iterator<Item = Span> + '_ {
    let tries = call.tries.iter();
    tries.filter_map(|(sent, took)| Some((*sent, sent.checked_add(*took).ok()?)))
}

/// A call with its waits, from when the step made it to when the step had its answer.
fn whole_of(call: &CallTimes) -> Option<Span> {
    let last = tries_of(call).last().map(|(_, end)| end);
    let end = call.ended_at.max(last)?;
    Some((call.made_at.min(end), end))
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
