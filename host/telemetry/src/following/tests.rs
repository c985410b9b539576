use jiff::Timestamp;

use super::*;

fn log(events: &[Event]) -> Vec<Logged> {
    let events = events.iter().zip(1..);
    events
        .map(|(event, cursor)| Logged {
            cursor,
            at: Timestamp::UNIX_EPOCH,
            execution: None,
            event: event.clone(),
        })
        .collect()
}

fn started() -> Event {
    let workflow = "w".into();
    Event::RunStarted { workflow }
}

fn resumed() -> Event {
    let changes = Vec::new();
    Event::RunResumed { changes }
}

fn ended(status: RunStatus) -> Event {
    Event::RunEnded {
        status,
        waiting_for: None,
        problem: None,
    }
}

#[test]
fn a_run_is_told_from_where_this_process_took_it_up() {
    let events = log(&[started(), Event::Unknown, resumed(), Event::Unknown]);
    // What is noticed first may be the second thing that happened.
    for noticed in [3, 4, u64::MAX] {
        assert_eq!(first_of_ours(&events, noticed, true), 3);
    }
    assert_eq!(first_of_ours(&events, 2, true), 1);
}

#[test]
fn a_run_that_ended_before_it_was_looked_at_is_told_whole() {
    let events = log(&[started(), Event::Unknown, ended(RunStatus::Success)]);
    assert_eq!(first_of_ours(&events, 1, false), 1);
    assert_eq!(first_of_ours(&events, 3, false), 1);
}

#[test]
fn what_another_process_told_is_not_told_again_where_a_run_is_cancelled() {
    let waits = ended(RunStatus::Waiting);
    let cancelled = ended(RunStatus::Cancelled);
    let events = log(&[started(), waits, cancelled.clone()]);
    assert_eq!(first_of_ours(&events, 3, false), 3);
    let events = log(&[started(), Event::Unknown, cancelled]);
    assert_eq!(first_of_ours(&events, 3, false), 3);
}

#[test]
fn a_change_of_a_run_that_rests_begins_nothing() {
    let events = log(&[started(), ended(RunStatus::Success), Event::Unknown]);
    assert_eq!(first_of_ours(&events, 3, false), 3);
}
