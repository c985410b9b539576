//! What ended in a run, found in its log: a function of the events, from the first one on.
//!
//! Only an end makes a span. A run that waits hasn't ended; one that failed has, and where it is taken further what
//! ends after that is told as a further part of it. So it is with an execution that failed.

use std::collections::BTreeMap;

use jiff::Timestamp;
use stepwell_contract::ExecutionKey;
use stepwell_engine::{Event, Logged, RunStatus};
use uuid::Uuid;

/// How something ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Success,
    /// It failed, with the code of the reason; nothing else of the reason is told.
    Failure(String),
    /// It was left out.
    Skipped,
    /// Its run was cancelled.
    Cancelled,
    /// The step began a fresh instance of its own accord: nothing failed.
    GoesOn,
}

impl Outcome {
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure(_) => "failure",
            Self::Skipped => "skipped",
            Self::Cancelled => "cancelled",
            Self::GoesOn => "goes-on",
        }
    }
}

/// From when to when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Period {
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
}

/// Something that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ended {
    /// A call was answered, or failed for good.
    Call(Uuid),
    Attempt {
        key: ExecutionKey,
        number: u32,
        /// How often the execution had ended before.
        end: u32,
        period: Period,
        outcome: Outcome,
    },
    Execution {
        key: ExecutionKey,
        /// How often it had ended before.
        end: u32,
        /// How often the run had.
        end_of_run: u32,
        period: Period,
        outcome: Outcome,
    },
    Run {
        /// How often it had ended before.
        end: u32,
        period: Period,
        outcome: Outcome,
    },
}

/// What is known of a run from its log so far.
#[derive(Debug, Default)]
pub(crate) struct Log {
    /// The last event that was read.
    pub(crate) cursor: u64,
    since: Option<Timestamp>,
    ends: u32,
    executions: BTreeMap<ExecutionKey, Execution>,
}

#[derive(Debug, Default)]
struct Execution {
    since: Option<Timestamp>,
    attempt: Option<(u32, Timestamp)>,
    ends: u32,
}

impl Log {
    /// Takes the next event, and gives what ended with it: what is inside of something stands before it.
    pub(crate) fn take(&mut self, logged: Logged) -> Vec<Ended> {
        let Logged {
            cursor,
            at,
            execution: key,
            event,
        } = logged;
        self.cursor = cursor;
        match event {
            Event::RunStarted { .. } | Event::RunResumed { .. } => {
                self.since.get_or_insert(at);
            }
            Event::StepStarted { attempt, .. } => self.begins(key, attempt, at),
            Event::StepRetried { end, by_itself, .. } => {
                let outcome = match by_itself {
                    true => Outcome::GoesOn,
                    false => Outcome::Failure(code_of(&end)),
                };
                return self.attempt_ends(key, at, outcome).into_iter().collect();
            }
            Event::StepSucceeded { .. } => return self.ends(key, at, &Outcome::Success),
            Event::StepFailed { problem } => {
                let code = problem.code.as_str().to_owned();
                return self.ends(key, at, &Outcome::Failure(code));
            }
            Event::StepSkipped { .. } => return self.ends(key, at, &Outcome::Skipped),
            Event::CallAnswered { call, .. }
            | Event::AnswerReused { call, .. }
            | Event::CallFailed {
                call,
                will_retry: false,
                ..
            } => return vec![Ended::Call(call)],
            Event::RunEnded {
                status, problem, ..
            } => {
                let outcome = match status {
                    RunStatus::Success => Outcome::Success,
                    RunStatus::Failure => {
                        let code = problem.map(|problem| problem.code.as_str().to_owned());
                        Outcome::Failure(code.unwrap_or_else(|| "failure".into()))
                    }
                    RunStatus::Cancelled => Outcome::Cancelled,
                    RunStatus::Started | RunStatus::Interrupted | RunStatus::Waiting => {
                        return Vec::new();
                    }
                };
                return self.run_ends(at, outcome);
            }
            _ => {}
        }
        Vec::new()
    }

    fn begins(&mut self, key: Option<ExecutionKey>, number: u32, at: Timestamp) {
        let Some(key) = key else { return };
        let execution = self.executions.entry(key).or_default();
        execution.since.get_or_insert(at);
        // One that starts afresh, after a crash or an answer, is still the same.
        if execution.attempt.is_none_or(|(open, _)| open != number) {
            execution.attempt = Some((number, at));
        }
    }

    fn attempt_ends(
        &mut self,
        key: Option<ExecutionKey>,
        at: Timestamp,
        outcome: Outcome,
    ) -> Option<Ended> {
        let key = key?;
        let execution = self.executions.get_mut(&key)?;
        let (number, since) = execution.attempt.take()?;
        Some(Ended::Attempt {
            key,
            number,
            end: execution.ends,
            period: Period {
                from: since,
                to: at,
            },
            outcome,
        })
    }

    fn ends(&mut self, key: Option<ExecutionKey>, at: Timestamp, outcome: &Outcome) -> Vec<Ended> {
        let Some(key) = key else { return Vec::new() };
        let attempt = self.attempt_ends(Some(key.clone()), at, outcome.clone());
        let execution = self.executions.entry(key.clone()).or_default();
        let ended = Ended::Execution {
            key,
            end: execution.ends,
            end_of_run: self.ends,
            period: Period {
                from: execution.since.take().unwrap_or(at),
                to: at,
            },
            outcome: outcome.clone(),
        };
        execution.ends += 1;
        attempt.into_iter().chain([ended]).collect()
    }

    fn run_ends(&mut self, at: Timestamp, outcome: Outcome) -> Vec<Ended> {
        let mut ended = Vec::new();
        if outcome == Outcome::Cancelled {
            let open = self.executions.iter();
            let open: Vec<_> = open
                .filter(|(_, execution)| execution.since.is_some())
                .map(|(key, _)| key.clone())
                .collect();
            for key in open {
                ended.extend(self.ends(Some(key), at, &outcome));
            }
        }
        ended.push(Ended::Run {
            end: self.ends,
            period: Period {
                from: self.since.take().unwrap_or(at),
                to: at,
            },
            outcome,
        });
        self.ends += 1;
        ended
    }
}

/// How an attempt ended, such as `limit`, without what comes after the code: it may be a model's text.
fn code_of(end: &str) -> String {
    let code = end.split_once(':').map_or(end, |(code, _)| code);
    code.trim().to_owned()
}

#[cfg(test)]
mod tests;
