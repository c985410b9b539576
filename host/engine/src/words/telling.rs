//! What happened, in words: the same sentences at the terminal and on the page.

use stepwell_contract::amounts::counted;
use stepwell_contract::{FinishReason, LogLevel, Remedy, SkipReason, UnmetCondition, amounts};

use super::events::Event;
use super::plugin_changes::other_plugins;

impl Event {
    /// What happened, as a person is told it of a run; none where that is nothing. What helps is `worded` by whoever
    /// tells it.
    #[must_use]
    pub fn told(&self, worded: impl Fn(&Remedy) -> String) -> Option<String> {
        Some(match self {
            Self::RunStarted { workflow } => format!("run of {workflow} started"),
            Self::RunResumed { changes } if changes.is_empty() => "goes on".into(),
            Self::RunResumed { changes } => format!("goes on, with other {}", changes.join(", ")),
            Self::StepStarted {
                attempt, afresh, ..
            } => {
                let again = if *afresh { " afresh" } else { "" };
                if *attempt > 1 {
                    format!("started{again}, attempt {attempt}")
                } else {
                    format!("started{again}")
                }
            }
            Self::AnotherRound {
                of,
                round,
                most,
                document,
                said,
            } => format!("{document} is `{said}`: round {round} of {of} begins, of at most {most}"),
            Self::StepRetried {
                attempt,
                by_itself: true,
                ..
            } => format!("goes on in a fresh instance, as attempt {attempt}"),
            Self::StepRetried { end, attempt, .. } => {
                format!("failed: {end}; attempt {attempt} follows")
            }
            Self::StepSucceeded { documents, files } => {
                let mut what = documents.clone();
                match files {
                    0 => {}
                    1 => what.push("1 file".into()),
                    files => what.push(format!("{files} files")),
                }
                if what.is_empty() {
                    "succeeded".into()
                } else {
                    format!("succeeded: {}", what.join(", "))
                }
            }
            Self::StepFailed { problem } => {
                // A trap has a backtrace below its first line; the whole of it is told when the run ends.
                let first = problem.message.lines().next().unwrap_or_default();
                format!("failed: {}: {first}", problem.code)
            }
            Self::DocumentKept {
                document,
                path,
                is_new: true,
                ..
            } => format!("`{document}` is kept in {path}, which is new"),
            Self::DocumentKept {
                document,
                path,
                added,
                changed,
                removed,
                more,
                ..
            } => {
                let more = match more {
                    0 => String::new(),
                    more => format!(", and {more} more"),
                };
                let lines = format!("{added} added, {changed} changed, {removed} removed{more}");
                let lines = match added + changed + removed {
                    0 => "as it was",
                    _ => lines.as_str(),
                };
                format!("`{document}` is kept in {path}: {lines}")
            }
            Self::FilesDropped { by, paths } => match paths.len() {
                1 => format!("1 file is dropped: step `{by}` got a no"),
                files => format!("{files} files are dropped: step `{by}` got a no"),
            },
            Self::StepSkipped { reason } => format!("skipped: {}", why_skipped(reason)),
            Self::CallSent { model, attempt, .. } if *attempt > 1 => {
                format!("asks model {model} again, attempt {attempt}")
            }
            Self::CallSent { model, .. } => format!("asks model {model}"),
            Self::CallAnswered {
                usage,
                duration_ms,
                finish,
                ..
            } => {
                let tokens = usage
                    .output_tokens
                    .map(|count| format!("{} tokens, ", amounts::tokens(count.into())))
                    .unwrap_or_default();
                let finish = finish.as_deref().map(FinishReason::of);
                let cut_off = finish.as_ref().and_then(cut_off);
                let cut_off = cut_off.map(|why| format!(", {why}")).unwrap_or_default();
                format!(
                    "got an answer: {tokens}{}{cut_off}",
                    amounts::duration(*duration_ms)
                )
            }
            Self::CallFailed {
                error,
                will_retry,
                wait_ms,
                ..
            } => {
                let next = match (will_retry, wait_ms) {
                    (false, _) => String::new(),
                    (true, Some(wait)) if *wait > 0 => {
                        format!("; it is tried again in {}", amounts::duration(*wait))
                    }
                    (true, _) => "; it is tried again at once".to_owned(),
                };
                format!("call failed: {}: {}{next}", error.code, error.message)
            }
            Self::FellBack {
                from, to, error, ..
            } => {
                format!(
                    "asks model {to} instead of {from}: {}: {}",
                    error.code, error.message
                )
            }
            Self::PassedOver { model, error, .. } => {
                format!("doesn't ask model {model} instead: {}", error.message)
            }
            Self::AnswerReused {
                model, answered_at, ..
            } => {
                format!(
                    "takes the answer that model {model} gave at {answered_at:.0}; nothing is sent"
                )
            }
            Self::ServerAnswered {
                method,
                address,
                status,
                bytes,
                duration_ms,
            } => format!(
                "asked {address} by {method}: status {status}, {}, {}",
                amounts::size(*bytes),
                amounts::duration(*duration_ms)
            ),
            Self::ServerFailed {
                method,
                address,
                code,
                message,
            } => {
                let whom = match address.as_str() {
                    "" => "a server",
                    address => address,
                };
                format!("{method} to {whom} got no answer: {code}: {message}")
            }
            Self::Question { title, keys } => {
                format!("asks the person: {title} ({})", keys.join(", "))
            }
            Self::Answered { key, from, by } if by.is_empty() => {
                format!("question {key} was answered ({from})")
            }
            Self::Answered { key, from, by } => {
                format!("question {key} was answered by {by} ({from})")
            }
            Self::Log {
                level: LogLevel::Debug,
                message,
            } => format!("debug: {message}"),
            Self::Log {
                level: LogLevel::Info,
                message,
            } => message.clone(),
            Self::Log {
                level: LogLevel::Warn,
                message,
            } => format!("warning: {message}"),
            Self::Log {
                level: LogLevel::Error,
                message,
            } => format!("error: {message}"),
            Self::Progress { done, total, label } => format!("{done} of {total} {label}"),
            Self::Committed { branch, commit } => {
                format!("committed {} on {branch}", commit.short())
            }
            Self::FilePublished {
                path,
                removed: false,
            } => format!("wrote {path}"),
            Self::FilePublished {
                path,
                removed: true,
            } => format!("removed {path}"),
            Self::Warning { message, remedy } => {
                let remedy = remedy
                    .as_ref()
                    .map(|remedy| format!("; {}", worded(remedy)));
                format!("warning: {message}{}", remedy.unwrap_or_default())
            }
            Self::PromptBrought(brought) => brought.told(worded),
            Self::OtherPlugins { changed } => other_plugins(changed),
            Self::DocumentChanged {
                step,
                name,
                revision,
            } => {
                format!("document {name} of {step} was changed by a person (revision {revision})")
            }
            Self::Stale { steps } => {
                let steps: Vec<_> = steps.iter().map(ToString::to_string).collect();
                format!("no longer fit: {}", steps.join(", "))
            }
            Self::RunEnded {
                status,
                waiting_for,
                ..
            } => match waiting_for {
                Some(what) => format!("run is {}: {what}", status.word()),
                None => format!("run ended: {}", status.word()),
            },
            Self::BatchSent {
                provider,
                batch,
                requests,
            } => format!(
                "batch {batch} of {} is at {provider}",
                counted((*requests).into(), "request")
            ),
            Self::BatchFetched { provider, batch } => {
                format!("batch {batch} at {provider} ended: its answers were fetched")
            }
            Self::ComparisonStarted { .. }
            | Self::CellStarted { .. }
            | Self::CellEnded { .. }
            | Self::ComparisonEnded { .. }
            | Self::Unknown => return None,
        })
    }
}

/// Why a step was left out, for a person.
#[must_use]
pub fn why_skipped(reason: &SkipReason) -> String {
    match reason {
        SkipReason::Given => "its documents were given".into(),
        SkipReason::NoPlugin => "it is optional, and its plugin could not be loaded".into(),
        SkipReason::Condition(UnmetCondition {
            value,
            wanted,
            said,
        }) => {
            let wanted: Vec<_> = wanted.iter().map(|word| format!("`{word}`")).collect();
            let wanted = wanted.join(" or ");
            match said.as_deref() {
                None => format!("nobody wrote `{value}`, which would have to be {wanted}"),
                Some("") => format!("`{value}` is empty, and would have to be {wanted}"),
                Some(said) => format!("`{value}` is `{said}`, not {wanted}"),
            }
        }
    }
}

/// What is worth knowing of how an answer ended. A word that nobody knows is shown as the provider wrote it.
#[must_use]
pub fn cut_off(finish: &FinishReason) -> Option<String> {
    match finish {
        FinishReason::Stop | FinishReason::ToolCalls => None,
        FinishReason::Length => Some("cut off at the most output tokens".to_owned()),
        FinishReason::ContentFilter => Some("cut off by the provider's filter".to_owned()),
        FinishReason::Other(word) if word == FinishReason::TOO_LONG => {
            Some("cut off: prompt and answer together are too long for the model".to_owned())
        }
        FinishReason::Other(word) => {
            let shown = amounts::cut(word.clone(), 100);
            Some(format!("ended with `{shown}`, which may not be its whole"))
        }
    }
}
