//! What a step sees of the outside: nothing, a clock that stands still, and randomness that is always the same.

use std::time::Duration;

use stepwell_contract::Limit;

use crate::common::{Room, document, environment, limit};

#[tokio::test]
async fn there_is_no_outside() {
    let room = Room::new().await;
    let report = room.execute("looks-around", 0, environment()).await;
    assert_eq!(
        document(&report),
        "environment 0, arguments 0, file false, written false, listed false, refused true, \
         listening false, datagrams false, typed 0"
    );
}

#[tokio::test]
async fn the_clock_stands_at_the_start_and_timers_are_ready_at_once() {
    let room = Room::new().await;
    let start = environment().started_at.as_second();
    let report = room.execute("reads-clock", 0, environment()).await;
    // An hour of waiting would have met a limit.
    assert_eq!(document(&report), format!("{start} slept 3600 moved 0"));
}

/// Go's runtime gives up where it does.
#[tokio::test]
async fn no_clock_reads_0() {
    let room = Room::new().await;
    let report = room.execute("reads-monotonic", 0, environment()).await;
    assert_eq!(document(&report), "0: 0 1");
}

#[tokio::test]
async fn the_real_clock_is_a_grant() {
    let room = Room::new().await;
    let mut granted = environment();
    granted.grants.real_clock = true;
    // What it sleeps goes by now, and an hour of it meets a limit.
    granted.limits.wall = Duration::from_millis(100);
    let report = room.execute("sleeps", 3_600_000, granted).await;
    assert_eq!(limit(&report).0, Limit::Wall);
}

#[tokio::test]
async fn randomness_is_the_seeds() {
    let room = Room::new().await;
    let mut first = Vec::new();
    for _ in 0..2 {
        let report = room.execute("reads-random", 0, environment()).await;
        first.push(document(&report).to_owned());
    }
    assert!(first[0].starts_with("0 ["), "{}", first[0]);
    assert_eq!(first[0], first[1]);
    let mut other = environment();
    other.seed[31] ^= 1;
    let report = room.execute("reads-random", 0, other).await;
    let parts = |text: &str| {
        text.rsplit_once(' ')
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
    };
    let (ours, theirs) = (parts(&first[0]).unwrap(), parts(document(&report)).unwrap());
    assert!(ours.0 != theirs.0 && ours.1 != theirs.1);
}
