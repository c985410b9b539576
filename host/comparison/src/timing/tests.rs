//! Cells that took what their model and their step took, however they were held up.

use super::*;

/// A moment, by seconds from an arbitrary one.
fn at(seconds: f64) -> Timestamp {
    let since = Duration::from_secs_f64(1_000_000.0 + seconds);
    Timestamp::UNIX_EPOCH.checked_add(since).unwrap()
}

/// Attempts that ended at these seconds, and took so many milliseconds.
fn attempts(attempts: &[(Option<f64>, u64)]) -> Vec<Work> {
    let of = |(ended, wall): &(Option<f64>, u64)| Work {
        ended_at: ended.map(at),
        wall: Duration::from_millis(*wall),
    };
    attempts.iter().map(of).collect()
}

/// A call that was made and ended at these seconds; each try began at one, and took so many milliseconds.
fn call(made: f64, ended: f64, tries: &[(f64, u64)]) -> CallTimes {
    let of = |(began, took): &(f64, u64)| (at(*began), Duration::from_millis(*took));
    CallTimes {
        made_at: at(made),
        ended_at: Some(at(ended)),
        tries: tries.iter().map(of).collect(),
    }
}

#[track_caller]
fn takes(seconds: f64, attempts: &[Work], calls: &[CallTimes]) {
    assert_eq!(
        taken(attempts, calls),
        Some(Duration::from_secs_f64(seconds))
    );
}

#[test]
fn a_wait_for_a_place_at_the_provider_does_not_count() {
    // At work from 0 to 4.5; the call is made at 0.25, sent at 2.25 and answered at 4.25.
    let calls = [call(0.25, 4.25, &[(2.25, 2_000)])];
    takes(2.5, &attempts(&[(Some(4.5), 4_500)]), &calls);
}

#[test]
fn a_pause_between_two_tries_does_not_count_and_both_tries_do() {
    let calls = [call(0.0, 9.0, &[(0.0, 1_000), (7.0, 2_000)])];
    takes(3.0, &attempts(&[(Some(9.0), 9_000)]), &calls);
}

#[test]
fn calls_at_the_same_time_count_once() {
    let calls = [
        call(0.0, 3.0, &[(0.0, 2_000)]),
        call(0.0, 3.0, &[(1.0, 2_000)]),
    ];
    takes(3.5, &attempts(&[(Some(3.5), 3_500)]), &calls);
}

#[test]
fn neither_a_lost_try_nor_the_gap_of_a_kill_counts() {
    // The first call was answered, the second lost with the process; an hour later that is sent again.
    let calls = [
        call(0.0, 1.0, &[(0.0, 1_000)]),
        call(1.0, 3602.0, &[(3600.0, 2_000)]),
    ];
    takes(3.25, &attempts(&[(Some(3602.25), 2_250)]), &calls);
}

#[test]
fn each_attempt_of_the_step_counts_and_a_step_without_calls_takes_its_own_time() {
    takes(0.75, &attempts(&[(Some(1.0), 500), (Some(9.0), 250)]), &[]);
}

#[test]
fn what_has_not_ended_took_no_time_yet() {
    assert_eq!(taken(&attempts(&[(None, 0)]), &[]), None);
    assert_eq!(taken(&attempts(&[]), &[]), None);
}
