//! Events as lines: what a run's progress is where no terminal can be drawn on.

use jiff::tz::TimeZone;
use stepwell_contract::LogLevel;
use stepwell_engine::{Event, EventView};

use super::style::{plain_line, run_word};
use super::{clock, duration, remedied};

/// An event as one line; none where it isn't worth one at this verbosity.
pub(crate) fn line_of(event: &EventView, verbosity: u8, zone: &TimeZone) -> Option<String> {
    let told = told(&event.event, verbosity)?;
    let who = event
        .execution
        .as_ref()
        .map(|execution| format!("{execution} "))
        .unwrap_or_default();
    // Much of it is a plugin's or a provider's own text.
    Some(format!(
        "{} {who}{}",
        clock(event.at, zone),
        plain_line(&told)
    ))
}

fn told(event: &Event, verbosity: u8) -> Option<String> {
    let detailed = verbosity > 0;
    Some(match event {
        Event::RunStarted { workflow } => format!("run of {workflow} started"),
        Event::RunResumed { changes } if !changes.is_empty() => {
            format!("goes on, with other {}", changes.join(", "))
        }
        Event::StepStarted {
            attempt, afresh, ..
        } => {
            let again = if *afresh { " afresh" } else { "" };
            if *attempt > 1 {
                format!("started{again}, attempt {attempt}")
            } else {
                format!("started{again}")
            }
        }
        Event::AnotherRound {
            of,
            round,
            most,
            document,
            said,
        } => format!("{document} is `{said}`: round {round} of {of} begins, of at most {most}"),
        Event::StepRetried { end, attempt } => format!("failed: {end}; attempt {attempt} follows"),
        Event::StepSucceeded { documents, files } => {
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
        Event::StepFailed { problem } => {
            // A trap has a backtrace below its first line; the whole of it is told when the run ends.
            let first = problem.message.lines().next().unwrap_or_default();
            format!("failed: {}: {first}", problem.code)
        }
        Event::StepSkipped { reason } if reason == "given" => {
            "skipped: its documents were given".into()
        }
        Event::StepSkipped { reason } => format!("skipped: {reason}"),
        Event::CallSent { model, attempt, .. } if *attempt > 1 => {
            format!("asks model {model} again, attempt {attempt}")
        }
        Event::CallSent { model, .. } => format!("asks model {model}"),
        Event::CallAnswered {
            usage,
            duration_ms,
            finish,
            ..
        } => {
            let tokens = usage
                .output_tokens
                .map(|count| format!("{} tokens, ", super::tokens(count.into())))
                .unwrap_or_default();
            let cut_off = finish.as_deref().and_then(cut_off);
            let cut_off = cut_off.map(|why| format!(", {why}")).unwrap_or_default();
            format!("got an answer: {tokens}{}{cut_off}", duration(*duration_ms))
        }
        Event::CallFailed {
            error, will_retry, ..
        } => {
            let next = if *will_retry {
                "; it is tried again"
            } else {
                ""
            };
            format!("call failed: {}: {}{next}", error.code, error.message)
        }
        Event::Question { title, keys } => {
            format!("asks the person: {title} ({})", keys.join(", "))
        }
        Event::Answered { key, from } => format!("question {key} was answered ({from})"),
        Event::Log {
            level: LogLevel::Debug,
            message,
        } if detailed => format!("debug: {message}"),
        Event::Log {
            level: LogLevel::Info,
            message,
        } => message.clone(),
        Event::Log {
            level: LogLevel::Warn,
            message,
        } => format!("warning: {message}"),
        Event::Log {
            level: LogLevel::Error,
            message,
        } => format!("error: {message}"),
        Event::Progress { done, total, label } if detailed => format!("{done} of {total} {label}"),
        Event::FilePublished {
            path,
            removed: false,
        } => format!("wrote {path}"),
        Event::FilePublished {
            path,
            removed: true,
        } => format!("removed {path}"),
        Event::Warning { message, remedy } => {
            let remedy = remedy
                .as_ref()
                .map(|remedy| format!("; {}", remedied(remedy)));
            format!("warning: {message}{}", remedy.unwrap_or_default())
        }
        Event::DocumentChanged {
            step,
            name,
            revision,
        } => {
            format!("document {name} of {step} was changed by a person (revision {revision})")
        }
        Event::Stale { steps } => {
            let steps: Vec<_> = steps.iter().map(ToString::to_string).collect();
            format!("no longer fit: {}", steps.join(", "))
        }
        Event::RunEnded {
            status,
            waiting_for,
            ..
        } => match waiting_for {
            Some(what) => format!("run is {}: {what}", run_word(*status)),
            None => format!("run ended: {}", run_word(*status)),
        },
        _ => return None,
    })
}

/// What is worth a line even where the whole tree is drawn, because it would pass unseen.
pub(crate) fn stands_out(event: &Event) -> bool {
    matches!(
        event,
        Event::Warning { .. }
            | Event::StepRetried { .. }
            | Event::StepFailed { .. }
            | Event::CallFailed { .. }
            | Event::Log {
                level: LogLevel::Warn | LogLevel::Error,
                ..
            }
    )
}

/// What is worth knowing of how an answer ended.
pub(crate) fn cut_off(finish: &str) -> Option<&'static str> {
    match finish {
        "length" => Some("cut off at the most output tokens"),
        "content-filter" => Some("cut off by the provider's filter"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(event: Event, verbosity: u8) -> Option<String> {
        let at = "2026-03-10T12:03:04Z".parse().unwrap();
        let view = EventView {
            cursor: 1,
            at,
            execution: Some("requirement/refine".into()),
            event,
        };
        line_of(&view, verbosity, &TimeZone::UTC)
    }

    #[test]
    fn a_line_has_time_step_and_what_happened() {
        let started = Event::StepStarted {
            attempt: 1,
            afresh: false,
            items: None,
        };
        assert_eq!(
            line(started, 0).unwrap(),
            "12:03:04 requirement/refine started"
        );
        let done = Event::StepSucceeded {
            documents: vec!["requirement".into()],
            files: 2,
        };
        assert_eq!(
            line(done, 0).unwrap(),
            "12:03:04 requirement/refine succeeded: requirement, 2 files"
        );
    }

    #[test]
    fn details_are_for_who_asks_for_them() {
        let debug = Event::Log {
            level: LogLevel::Debug,
            message: "x".into(),
        };
        assert!(line(debug.clone(), 0).is_none() && line(debug, 1).is_some());
        assert!(
            line(
                Event::RunResumed {
                    changes: Vec::new()
                },
                1
            )
            .is_none()
        );
        assert!(line(Event::Unknown, 1).is_none());
    }
}
