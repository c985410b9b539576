//! Cells that took what their model and their step took, however they were held up.

use serde_json::{Value, json};
use stepwell_contract::Digest;

use super::*;

/// A moment, by seconds from an arbitrary one.
fn at(seconds: f64) -> Value {
    let since = Duration::from_secs_f64(1_000_000.0 + seconds);
    json!(Timestamp::UNIX_EPOCH.checked_add(since).unwrap())
}

fn key() -> Value {
    json!(stepwell_contract::ExecutionKey {
        run: stepwell_contract::RunId(uuid::Uuid::nil()),
        path: "draft".parse().unwrap(),
        take: 1,
        at: vec![stepwell_contract::Position::default()],
    })
}

/// An execution whose attempts ended at these seconds, and took so many milliseconds.
fn execution(attempts: &[(Option<f64>, u64)]) -> ExecutionRecord {
    let attempts: Vec<Value> = attempts
        .iter()
        .map(|(ended, wall)| {
            json!({ "number": 1, "started_at": at(0.0), "ended_at": ended.map(at), "wall_ms": wall })
        })
        .collect();
    let record = json!({ "key": key(), "id": uuid::Uuid::nil(), "state": "success", "started_at": at(0.0),
                         "attempts": attempts });
    serde_json::from_value(record).unwrap()
}

/// A call that was made and ended at these seconds; each try began at one, and took so many milliseconds.
fn call(made: f64, ended: f64, tries: &[(f64, Option<u64>)]) -> CallRecord {
    let digest = Digest::of("x");
    let tries: Vec<Value> = tries
        .iter()
        .map(|(began, took)| {
            json!({ "number": 1, "started_at": at(*began), "sent": digest, "duration_ms": took })
        })
        .collect();
    let record = json!({ "id": uuid::Uuid::nil(), "execution": key(), "attempt": 1, "sequence": 0, "question": digest,
                         "occurrence": 0, "model": "m", "provider": "p", "provider_model": "m", "request": digest,
                         "state": "answered", "attempts": tries, "created_at": at(made), "ended_at": at(ended) });
    serde_json::from_value(record).unwrap()
}

#[track_caller]
fn takes(seconds: f64, execution: &ExecutionRecord, calls: &[CallRecord]) {
    assert_eq!(
        taken(execution, calls),
        Some(Duration::from_secs_f64(seconds))
    );
}

#[test]
fn a_wait_for_a_place_at_the_provider_does_not_count() {
    // At work from 0 to 4.5; the call is made at 0.25, sent at 2.25 and answered at 4.25.
    let calls = [call(0.25, 4.25, &[(2.25, Some(2_000))])];
    takes(2.5, &execution(&[(Some(4.5), 4_500)]), &calls);
}

#[test]
fn a_pause_between_two_tries_does_not_count_and_both_tries_do() {
    let calls = [call(0.0, 9.0, &[(0.0, Some(1_000)), (7.0, Some(2_000))])];
    takes(3.0, &execution(&[(Some(9.0), 9_000)]), &calls);
}

#[test]
fn calls_at_the_same_time_count_once() {
    let calls = [
        call(0.0, 3.0, &[(0.0, Some(2_000))]),
        call(0.0, 3.0, &[(1.0, Some(2_000))]),
    ];
    takes(3.5, &execution(&[(Some(3.5), 3_500)]), &calls);
}

#[test]
fn neither_a_lost_try_nor_the_gap_of_a_kill_counts() {
    // The first call was answered, the second lost with the process; an hour later that is sent again.
    let calls = [
        call(0.0, 1.0, &[(0.0, Some(1_000))]),
        call(1.0, 3602.0, &[(1.0, None), (3600.0, Some(2_000))]),
    ];
    takes(3.25, &execution(&[(Some(3602.25), 2_250)]), &calls);
}

#[test]
fn each_attempt_of_the_step_counts_and_a_step_without_calls_takes_its_own_time() {
    takes(0.75, &execution(&[(Some(1.0), 500), (Some(9.0), 250)]), &[]);
}

#[test]
fn what_has_not_ended_took_no_time_yet() {
    assert_eq!(taken(&execution(&[(None, 0)]), &[]), None);
    assert_eq!(taken(&execution(&[]), &[]), None);
}
