//! How often a run is committed: each time it waits for the disk.

use std::sync::Arc;

use stepwell_engine::Drive;

use crate::common::{Ask, Counting, World, assert_success, step};

/// How often a run of the step `work` commits when it is started, and when it is driven.
async fn commits(mut world: World) -> (usize, usize) {
    let counting = Arc::new(Counting::around(Arc::clone(&world.store)));
    world.store = Arc::clone(&counting) as _;
    world.restart();
    let run = world
        .start("name = \"one\"\n[[steps]]\nid = \"work\"\nuses = \"builtin:work\"\n")
        .await;
    let started = counting.committed();
    let outcome = world.engine.drive(run, Drive::default()).await.unwrap();
    assert_success(&outcome);
    (started, counting.committed() - started)
}

#[tokio::test]
async fn a_run_of_one_step_waits_for_the_disk_three_times() {
    let mut world = World::new().await;
    world.step(step("work"), |_: Ask, _| async { Ok(Vec::new()) });
    // That its step is under way, its outcome, and that it has ended.
    assert_eq!(commits(world).await, (1, 3));
}

#[tokio::test]
async fn a_call_waits_for_the_disk_twice() {
    let mut world = World::new().await;
    world.step(step("work"), |host: Ask, _| async move {
        for question in ["one", "two", "three"] {
            host.chat(question).await?;
        }
        Ok(Vec::new())
    });
    // Before each is sent, and when its answer is there.
    assert_eq!(commits(world).await, (1, 3 + 3 * 2));
}
