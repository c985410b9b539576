//! How attempts end that went wrong inside the guest.

use crate::common::{Room, end, environment};
use stepwell_contract::{AttemptEnd, AttemptReport, Failure, FailureKind};

fn trap(report: &AttemptReport) -> (&str, &str) {
    match end(report) {
        AttemptEnd::Trap {
            message, backtrace, ..
        } => (message, backtrace),
        other => panic!("not a trap: {other:?}"),
    }
}

#[tokio::test]
async fn a_panic_tells_its_message_and_where() {
    let room = Room::new().await;
    let report = room.execute("panics", 0, environment()).await;
    let (message, backtrace) = trap(&report);
    assert!(
        message.starts_with("panicked at ") && message.ends_with(": boom"),
        "{message}"
    );
    assert!(report.stderr.contains("boom"), "{}", report.stderr);
    let first = backtrace.lines().next().unwrap();
    assert_eq!(first, "stepwell_fixture_hostile::deeds::panic_aloud");
    assert!(
        !backtrace.contains("panicking") && !backtrace.contains("0x"),
        "{backtrace}"
    );
    assert!(
        !backtrace.contains("wasmtime") && !backtrace.contains("_ZN"),
        "{backtrace}"
    );
}

#[tokio::test]
async fn each_trap_has_plain_words() {
    let room = Room::new().await;
    for (deed, words, function) in [
        ("traps", "unreachable code was executed", "deeds::trap"),
        (
            "recurses",
            "it accessed memory out of bounds, deep in a recursion: its stack overflowed",
            "deeds::recurse (",
        ),
        (
            "reads-out-of-bounds",
            "it accessed memory out of bounds",
            "deeds::read_out_of_bounds",
        ),
        ("exits", "it called exit with status 1", "exit"),
    ] {
        let report = room.execute(deed, 0, environment()).await;
        let (message, backtrace) = trap(&report);
        assert_eq!(message, words);
        let first = backtrace.lines().next().unwrap();
        assert!(first.contains(function), "{deed}: {backtrace}");
    }
}

#[tokio::test]
async fn a_text_that_is_none_is_malformed() {
    let room = Room::new().await;
    let report = room.execute("returns-no-text", 0, environment()).await;
    let (message, _) = trap(&report);
    assert!(
        message.starts_with("it handed over something malformed: "),
        "{message}"
    );
}

#[tokio::test]
async fn a_failure_is_the_steps_own() {
    let room = Room::new().await;
    let report = room.execute("fails", 0, environment()).await;
    let failure = Failure {
        kind: FailureKind::Other("bored".into()),
        message: "no more".into(),
        retryable: true,
    };
    assert_eq!(*end(&report), AttemptEnd::Failure(failure));
}

#[tokio::test]
async fn documents_are_those_declared_each_once() {
    let room = Room::new().await;
    for (deed, words) in [
        (
            "returns-undeclared",
            "document `surprise`, which it doesn't declare",
        ),
        ("returns-twice", "document `out` twice"),
    ] {
        let report = room.execute(deed, 0, environment()).await;
        let reason = words.to_owned();
        assert_eq!(*end(&report), AttemptEnd::BadOutcome { reason });
    }
}

#[tokio::test]
async fn a_plugin_has_to_be_loaded_first() {
    let sandbox = crate::common::sandbox();
    let digest = stepwell_contract::Digest::of("nothing");
    let host = std::sync::Arc::new(crate::common::Host::default());
    let call = stepwell_contract::GuestCall::Execute {
        inputs: vec![],
        services: host,
    };
    let report = stepwell_contract::StepRunner::call(&sandbox, &digest, call, environment()).await;
    assert!(matches!(end(&report), AttemptEnd::Host { .. }));
}
