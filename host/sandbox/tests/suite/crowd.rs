//! Many guests at once: nobody starves, nobody is lost, and what is dropped is gone.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::common::{Host, Room, document, environment, hostile, limit};
use stepwell_contract::{Limit, StepRunner as _};
use stepwell_sandbox::{Sandbox, SandboxSettings};

async fn small_room(max_instances: u32) -> Room {
    let settings = SandboxSettings {
        cache_folder: Some(std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("code")),
        max_instances,
        ..SandboxSettings::default()
    };
    let sandbox = Sandbox::new(settings).unwrap();
    let digest = sandbox.load(hostile()).await.unwrap().digest;
    Room { sandbox, digest }
}

/// On one thread, so that only giving way lets the others run.
#[tokio::test]
async fn guests_that_spin_starve_nobody_and_pay_for_themselves_alone() {
    let room = Room::new().await;
    let mut bounds = environment();
    bounds.limits.cpu = Duration::from_millis(300);
    let spin = || room.execute("loops-forever", 0, bounds.clone());
    let modest = async {
        let mut served = 0;
        for _ in 0..5 {
            let report = room.execute("calls-host", 10, bounds.clone()).await;
            assert_eq!(document(&report), "called");
            served += 1;
        }
        served
    };
    let (one, two, three, served) = tokio::join!(spin(), spin(), spin(), modest);
    assert_eq!(served, 5);
    for report in [one, two, three] {
        assert_eq!(limit(&report).0, Limit::Cpu);
        // Three of them share one thread: most of the time that one takes, it waits for the others.
        assert!(
            report.wall >= 2 * report.cpu,
            "it ran alone, or was charged for others: {:?} of {:?}",
            report.cpu,
            report.wall
        );
    }
}

#[tokio::test]
async fn a_queue_stands_before_a_full_pool() {
    let room = small_room(2).await;
    let host = Arc::new(Host {
        delay: Duration::from_millis(20),
        ..Host::default()
    });
    let calls = (0..10).map(|_| room.execute_on("asks-model", 0, environment(), &host));
    let began = Instant::now();
    let reports = futures_util::future::join_all(calls).await;
    let took = began.elapsed();
    for report in &reports {
        assert_eq!(document(report), "Ok(\"hi\")");
    }
    // Time in the queue is not the attempt's: with two at once, all of them have no more than twice what went by.
    let together: Duration = reports.iter().map(|report| report.wall).sum();
    assert!(together <= 2 * took, "{together:?} of {took:?}");
}

#[tokio::test]
async fn dropping_a_call_frees_its_room() {
    let room = small_room(1).await;
    let host = Arc::new(Host {
        delay: Duration::from_secs(600),
        ..Host::default()
    });
    for deed in ["asks-model", "loops-forever"] {
        let call = room.execute_on(deed, 0, environment(), &host);
        let dropped = tokio::time::timeout(Duration::from_millis(50), call).await;
        assert!(dropped.is_err());
    }
    assert_eq!(
        Arc::strong_count(&host),
        1,
        "an instance still holds the host"
    );
    let report = room.execute("nothing", 0, environment()).await;
    assert_eq!(document(&report), "done");
}

#[tokio::test]
async fn loading_at_the_same_time_compiles_once() {
    let sandbox = crate::common::fresh_sandbox();
    let loads = (0..4).map(|_| sandbox.load(hostile()));
    for loaded in futures_util::future::join_all(loads).await {
        assert_eq!(loaded.unwrap().description.name, "hostile");
    }
    assert_eq!(sandbox.check().compiled, 1);
}

#[tokio::test]
async fn without_address_space_for_a_pool_instances_are_made_on_demand() {
    let room = small_room(100_000).await;
    let health = room.sandbox.check();
    assert!(
        !health.pooling && health.max_instances < 100_000,
        "{health:?}"
    );
    let report = room.execute("nothing", 0, environment()).await;
    assert_eq!(document(&report), "done");
}

#[test]
fn a_sandbox_without_room_for_anybody_is_none() {
    let settings = SandboxSettings {
        max_instances: 0,
        ..SandboxSettings::default()
    };
    let error = Sandbox::new(settings).unwrap_err();
    assert!(error.hint().contains("1 or more"));
}
