//! Each limit ends the attempt, or cuts, and says what was used and allowed.

use std::sync::Arc;
use std::time::Duration;

use crate::common::{Host, Room, document, end, environment, limit};
use stepwell_contract::{AttemptEnd, Environment, Limit, Limits, LogLevel, most};

fn with(change: impl FnOnce(&mut Limits)) -> Environment {
    let mut environment = environment();
    change(&mut environment.limits);
    environment
}

#[tokio::test]
async fn a_guest_that_spins_runs_out_of_processor_time() {
    let room = Room::new().await;
    let bounds = with(|limits| limits.cpu = Duration::from_millis(60));
    let report = room.execute("loops-forever", 0, bounds).await;
    let (which, used, allowed) = limit(&report);
    assert_eq!((which, allowed), (Limit::Cpu, "60 ms"));
    assert!(used.ends_with("ms") || used.ends_with(" s"), "{used}");
    assert!(
        end(&report).to_string().contains("`limits.cpu`"),
        "{}",
        end(&report)
    );
}

#[tokio::test]
async fn waiting_costs_no_processor_time() {
    let room = Room::new().await;
    let host = Arc::new(Host {
        delay: Duration::from_millis(200),
        ..Host::default()
    });
    let bounds = with(|limits| limits.cpu = Duration::from_millis(100));
    let report = room.execute_on("asks-model", 0, bounds, &host).await;
    // It would have met its limit.
    assert_eq!(document(&report), "Ok(\"hi\")");
}

#[tokio::test]
async fn a_wait_for_a_model_counts_as_time_from_start_to_end() {
    let room = Room::new().await;
    let host = Arc::new(Host {
        delay: Duration::from_secs(60),
        ..Host::default()
    });
    let bounds = with(|limits| limits.wall = Duration::from_millis(50));
    let report = room.execute_on("asks-model", 0, bounds, &host).await;
    assert_eq!((limit(&report).0, limit(&report).2), (Limit::Wall, "50 ms"));
}

#[tokio::test]
async fn a_guest_that_spins_runs_out_of_time_from_start_to_end_too() {
    let room = Room::new().await;
    let bounds = with(|limits| limits.wall = Duration::from_millis(60));
    let report = room.execute("loops-forever", 0, bounds).await;
    assert_eq!(limit(&report).0, Limit::Wall);
}

#[tokio::test]
async fn the_time_that_a_person_takes_does_not_count() {
    let room = Room::new().await;
    let host = Arc::new(Host {
        delay: Duration::from_millis(900),
        ..Host::default()
    });
    let bounds = with(|limits| limits.wall = Duration::from_millis(600));
    let report = room.execute_on("asks-person", 0, bounds, &host).await;
    // It would have met its limit.
    assert_eq!(document(&report), "Ok([\"key\"])");
}

#[tokio::test]
async fn a_guest_that_dies_for_want_of_memory_is_told_so() {
    let room = Room::new().await;
    let bounds = with(|limits| limits.memory = 16 << 20);
    let report = room.execute("grows-memory", 0, bounds).await;
    let (which, used, allowed) = limit(&report);
    assert_eq!((which, allowed), (Limit::Memory, "16 MiB"));
    assert!(used.ends_with("MiB"), "{used}");
    assert!(report.memory <= 16 << 20 && report.memory > 8 << 20);
}

#[tokio::test]
async fn a_guest_may_live_with_a_refused_growth() {
    let room = Room::new().await;
    let bounds = || with(|limits| limits.memory = 16 << 20);
    let deed = "grows-memory-and-copes";
    let refused = room.execute(deed, 64 << 20, bounds()).await;
    assert_eq!(document(&refused), "refused: true");
    let allowed = room.execute(deed, 4 << 20, bounds()).await;
    assert_eq!(document(&allowed), "refused: false");
}

#[tokio::test]
async fn a_memory_that_is_too_large_from_the_start_is_the_same_limit() {
    let room = Room::new().await;
    let bounds = with(|limits| limits.memory = 1 << 16);
    let report = room.execute("nothing", 0, bounds).await;
    assert_eq!(
        (limit(&report).0, limit(&report).2),
        (Limit::Memory, "64 KiB")
    );
}

#[tokio::test]
async fn calls_of_host_functions_are_counted() {
    let room = Room::new().await;
    let bounds = || with(|limits| limits.host_calls = 100);
    let report = room.execute("calls-host", 100, bounds()).await;
    assert_eq!((document(&report), report.host_calls), ("called", 100));
    let report = room.execute("calls-host", 101, bounds()).await;
    let expected = (Limit::HostCalls, "101 calls", "100 calls");
    assert_eq!(limit(&report), expected);
}

#[tokio::test]
async fn what_is_handed_over_in_one_go_is_bounded_both_ways() {
    let room = Room::new().await;
    let bounds = || with(|limits| limits.transfer = 100_000);

    let report = room.execute("writes-much", 90_000, bounds()).await;
    assert!(
        document(&report).contains("Denied"),
        "the call went through"
    );
    for size in [100_000, 5_000_000] {
        let report = room.execute("writes-much", size, bounds()).await;
        assert_eq!(
            (limit(&report).0, limit(&report).2),
            (Limit::Transfer, "97.7 KiB")
        );
    }

    let host = Arc::new(Host {
        file: 200_000,
        ..Host::default()
    });
    let report = room.execute_on("reads-file", 0, bounds(), &host).await;
    let expected = (Limit::Transfer, "195.4 KiB", "97.7 KiB");
    assert_eq!(limit(&report), expected);

    let report = room.execute("returns-much", 150_000, bounds()).await;
    assert_eq!(limit(&report).0, Limit::Transfer);
    let report = room.execute("returns-much", 9_000_000, bounds()).await;
    assert_eq!(limit(&report).0, Limit::Transfer);
}

#[tokio::test]
async fn a_document_is_bounded() {
    let room = Room::new().await;
    let bounds = || with(|limits| limits.document = 1000);
    let report = room.execute("returns-much", 1000, bounds()).await;
    assert_eq!(document(&report).len(), 1000);
    let report = room.execute("returns-much", 2048, bounds()).await;
    assert_eq!(limit(&report), (Limit::Document, "2 KiB", "1000 B"));
}

#[tokio::test]
async fn a_flood_of_log_lines_is_cut_with_one_notice() {
    let room = Room::new().await;
    let host = Arc::new(Host::default());
    let bounds = with(|limits| limits.log = 70);
    let report = room.execute_on("floods-log", 10_000, bounds, &host).await;
    assert_eq!(document(&report), "flooded");
    let lines = host.lines.lock().unwrap();
    assert_eq!(
        lines.len(),
        11,
        "ten lines of seven bytes, and the notice: {lines:?}"
    );
    assert_eq!(lines[9], (LogLevel::Info, "line 9".into()));
    assert_eq!(lines[10].0, LogLevel::Warn);
    assert!(
        lines[10].1.contains("`limits.log` allows 70 B"),
        "{}",
        lines[10].1
    );
}

#[tokio::test]
async fn a_flood_of_output_is_cut() {
    let room = Room::new().await;
    let bounds = with(|limits| limits.log = 1000);
    let report = room.execute("floods-output", 1000, bounds).await;
    assert_eq!(document(&report), "flooded");
    assert!(report.stderr.starts_with("out\nerror\nout\nerror\n"));
    assert!(report.stderr.len() < 1100 && report.stderr.contains("cut by `limits.log`"));
}

#[tokio::test]
async fn sleeping_for_ever_ends_by_either_clock() {
    let room = Room::new().await;
    let bounds = || {
        with(|limits| {
            limits.cpu = Duration::from_millis(80);
            limits.wall = Duration::from_millis(400);
        })
    };
    // The frozen clock makes a sleep nothing, so that it spins; the real one makes it wait.
    let report = room.execute("sleeps-forever", 0, bounds()).await;
    assert!(matches!(limit(&report).0, Limit::Cpu | Limit::Wall));
    let mut real = bounds();
    real.grants.real_clock = true;
    let report = room.execute("sleeps-forever", 0, real).await;
    assert_eq!(limit(&report).0, Limit::Wall);
    assert!(!matches!(end(&report), AttemptEnd::Trap { .. }));
}

#[tokio::test]
async fn lines_and_labels_are_cut_before_anybody_keeps_them() {
    let room = Room::new().await;
    let host = Arc::new(Host::default());
    let logged = room.execute_on("logs-a-line", 500_000, environment(), &host);
    assert_eq!(document(&logged.await), "logged");
    let labelled = room.execute_on("labels-much", 1_000_000, environment(), &host);
    assert_eq!(document(&labelled.await), "labelled");
    let lines = host.lines.lock().unwrap();
    let [(_, line), (level, notice)] = &lines[..] else {
        panic!("a line and one notice: {}", lines.len());
    };
    assert!(line.len() < most::LINE + 50 && line.ends_with("… [cut: 488.3 KiB in all]"));
    assert_eq!(*level, LogLevel::Warn);
    assert!(notice.contains("at most 256 B"), "{notice}");
    let labels = host.labels.lock().unwrap();
    assert_eq!(labels.len(), 3);
    assert!(labels.iter().all(|label| label.len() < most::LABEL + 50));
}

#[tokio::test]
async fn empty_lines_are_lines_too() {
    let room = Room::new().await;
    let host = Arc::new(Host::default());
    let report = room.execute_on("logs-nothing", 100_000, environment(), &host);
    assert_eq!(document(&report.await), "logged");
    let lines = host.lines.lock().unwrap();
    assert_eq!(lines.len(), most::LINES + 1);
    let notice = &lines[most::LINES].1;
    assert!(notice.contains("may write 10000 of them"), "{notice}");
}

#[tokio::test]
async fn what_is_said_of_a_failure_is_cut() {
    let room = Room::new().await;
    let report = room
        .execute("fails-at-length", 1 << 20, environment())
        .await;
    let AttemptEnd::Failure(failure) = end(&report) else {
        panic!("{:?}", end(&report));
    };
    assert!(failure.message.len() < most::MESSAGE + 50);
    assert!(failure.message.ends_with("… [cut: 2 MiB in all]"));
    assert!(failure.kind.code().len() < most::NAME + 50);
    let report = room
        .execute("returns-a-long-name", 1 << 20, environment())
        .await;
    assert!(matches!(end(&report), AttemptEnd::BadOutcome { .. }));
    assert!(end(&report).to_string().len() < most::MESSAGE + 200);
}
