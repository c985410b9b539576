//! Events as lines: what a run's progress is where no terminal can be drawn on.

use jiff::tz::TimeZone;
use stepwell_contract::LogLevel;
use stepwell_engine::{Event, EventView, RunStatus};

use super::logged::Level;
use super::style::plain_line;
use super::{clock, remedied};

/// An event as one line; none where it isn't worth one at this verbosity.
pub(crate) fn line_of(event: &EventView, verbosity: u8, zone: &TimeZone) -> Option<String> {
    let event_told = event.event.told(remedied);
    let told = event_told.filter(|_| is_told(&event.event, verbosity))?;
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

/// Whether an event is worth a line. That a run goes on is said before it is followed.
fn is_told(event: &Event, verbosity: u8) -> bool {
    match event {
        Event::RunResumed { changes } => !changes.is_empty(),
        Event::Progress { .. }
        | Event::Log {
            level: LogLevel::Debug,
            ..
        } => verbosity > 0,
        _ => true,
    }
}

/// How much an event matters to whoever collects lines of JSON.
pub(crate) fn level_of(event: &Event) -> Level {
    match event {
        Event::StepFailed { .. }
        | Event::RunEnded {
            status: RunStatus::Failure,
            ..
        }
        | Event::Log {
            level: LogLevel::Error,
            ..
        } => Level::Error,
        Event::Warning { .. }
        | Event::StepRetried {
            by_itself: false, ..
        }
        | Event::CallFailed { .. }
        | Event::FellBack { .. }
        | Event::PassedOver { .. }
        | Event::Log {
            level: LogLevel::Warn,
            ..
        } => Level::Warn,
        Event::Log {
            level: LogLevel::Debug,
            ..
        } => Level::Debug,
        _ => Level::Info,
    }
}

/// What is worth a line even where the whole tree is drawn, because it would pass unseen. How the run ended is told below it.
pub(crate) fn stands_out(event: &Event) -> bool {
    match event {
        Event::RunEnded { .. } => false,
        // They say which prompt is paid for, and by which plugin.
        Event::PromptBrought(_) | Event::OtherPlugins { .. } => true,
        _ => level_of(event) >= Level::Warn,
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
