use stepwell_contract::{Position, Problem, ProblemCode, RunId, StepPath};

use super::*;

fn key(path: &str) -> ExecutionKey {
    let path: StepPath = path.parse().unwrap();
    ExecutionKey {
        run: RunId(Uuid::nil()),
        at: vec![Position::default(); path.depth()],
        path,
        take: 1,
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// What ended, of a log with an event each second.
fn told(events: Vec<(Option<&str>, Event)>) -> Vec<String> {
    let mut log = Log::default();
    let events = events.into_iter().zip(1..);
    let ended = events.flat_map(|((path, event), cursor)| {
        log.take(Logged {
            cursor,
            at: at(i64::try_from(cursor).unwrap()),
            execution: path.map(key),
            event,
        })
    });
    ended.map(|ended| line(&ended)).collect()
}

fn line(ended: &Ended) -> String {
    let shown = |period: &Period| format!("{}-{}", period.from.as_second(), period.to.as_second());
    match ended {
        Ended::Call(id) => format!("call {id}"),
        Ended::Attempt {
            key,
            number,
            end,
            period,
            outcome,
        } => format!("attempt {key}/{end}/{number} {} {outcome:?}", shown(period)),
        Ended::Execution {
            key,
            end,
            end_of_run,
            period,
            outcome,
        } => format!(
            "execution {end_of_run}/{key}/{end} {} {outcome:?}",
            shown(period)
        ),
        Ended::Run {
            end,
            period,
            outcome,
        } => format!("run {end} {} {outcome:?}", shown(period)),
    }
}

fn started() -> Event {
    let workflow = "w".into();
    Event::RunStarted { workflow }
}

fn resumed() -> Event {
    let changes = Vec::new();
    Event::RunResumed { changes }
}

fn begun(attempt: u32, afresh: bool) -> Event {
    Event::StepStarted {
        attempt,
        afresh,
        items: None,
    }
}

fn retried(end: &str, attempt: u32) -> Event {
    Event::StepRetried {
        end: end.into(),
        attempt,
        by_itself: false,
    }
}

fn succeeded() -> Event {
    Event::StepSucceeded {
        documents: Vec::new(),
        files: 0,
    }
}

fn failed() -> Event {
    let problem = Problem::new(ProblemCode::Trap, "what a model said");
    Event::StepFailed { problem }
}

fn ended(status: RunStatus) -> Event {
    Event::RunEnded {
        status,
        waiting_for: None,
        problem: None,
    }
}

#[test]
fn an_attempt_that_starts_afresh_is_the_same_and_a_run_that_waits_has_not_ended() {
    let events = vec![
        (None, started()),
        (Some("a"), begun(1, false)),
        (None, ended(RunStatus::Waiting)),
        (None, resumed()),
        (Some("a"), begun(1, true)),
        (Some("a"), retried("invalid-response: what a model said", 2)),
        (Some("a"), begun(2, false)),
        (Some("a"), succeeded()),
        (None, ended(RunStatus::Success)),
    ];
    assert_eq!(
        told(events),
        [
            "attempt a/0/1 2-6 Failure(\"invalid-response\")",
            "attempt a/0/2 7-8 Success",
            "execution 0/a/0 2-8 Success",
            "run 0 1-9 Success",
        ]
    );
}

#[test]
fn what_failed_and_is_taken_further_is_told_as_a_further_part() {
    let events = vec![
        (None, started()),
        (Some("a"), begun(1, false)),
        (Some("a"), failed()),
        (None, ended(RunStatus::Failure)),
        (None, resumed()),
        (Some("a"), begun(2, false)),
        (Some("a"), succeeded()),
        (None, ended(RunStatus::Success)),
    ];
    assert_eq!(
        told(events),
        [
            "attempt a/0/1 2-3 Failure(\"trap\")",
            "execution 0/a/0 2-3 Failure(\"trap\")",
            "run 0 1-4 Failure(\"failure\")",
            "attempt a/1/2 6-7 Success",
            "execution 1/a/1 6-7 Success",
            "run 1 5-8 Success",
        ]
    );
}

#[test]
fn a_cancelled_run_ends_what_was_open() {
    let events = vec![
        (None, started()),
        (Some("a"), begun(1, false)),
        (Some("a"), succeeded()),
        (Some("b"), begun(1, false)),
        (None, ended(RunStatus::Waiting)),
        (None, ended(RunStatus::Cancelled)),
    ];
    assert_eq!(
        told(events)[2..],
        [
            "attempt b/0/1 4-6 Cancelled",
            "execution 0/b/0 4-6 Cancelled",
            "run 0 1-6 Cancelled",
        ]
    );
}

#[test]
fn a_call_ends_with_its_answer_or_where_it_is_not_tried_again() {
    let call = Uuid::from_u128(7);
    let lost = |will_retry| Event::CallFailed {
        call,
        error: serde_json::from_value(serde_json::json!({"code": "c", "message": "m"})).unwrap(),
        will_retry,
        wait_ms: None,
    };
    let events = vec![(Some("a"), lost(true)), (Some("a"), lost(false))];
    assert_eq!(told(events), [format!("call {call}")]);
}
