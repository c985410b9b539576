//! A clock that is set back: nothing that a run does rests on its going forwards.

use jiff::SignedDuration;
use stepwell_engine::{Drive, FileFate, RerunStep, Selection};

use crate::common::{Ask, World, assert_success, step, text};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// `first` writes `a.txt`. Then the clock is set back, and `second` writes it, too; in its third take it writes nothing.
async fn world() -> World {
    let mut world = World::new().await;
    world.step(
        step("first").document("out").grant("workspace", "write"),
        |host: Ask, _| async move {
            host.write("a.txt", "one\n").await?;
            Ok(vec![text("out", "")])
        },
    );
    let time = world.time.clone();
    world.step(
        step("second")
            .input("x")
            .document("out")
            .grant("workspace", "write"),
        move |host: Ask, _| {
            let time = time.clone();
            async move {
                time.turn(-HOUR);
                let take = host.0.attempt();
                let before = host.read("a.txt").await?;
                host.write("a.txt", &format!("{before}two {take}\n"))
                    .await?;
                Ok(vec![text("out", "")])
            }
        },
    );
    world
}

const TWO: &str = "name = \"two\"\n[[steps]]\nid = \"first\"\nuses = \"builtin:first\"\ngrants.workspace = \"write\"\n\
                   [[steps]]\nid = \"second\"\nuses = \"builtin:second\"\ngrants.workspace = \"write\"\n\
                   inputs.x = \"{{ steps.first.out }}\"\n";

#[tokio::test]
async fn a_run_ends_well_and_its_outcomes_keep_their_order() {
    let mut world = world().await;
    let (run, outcome) = world.run(TWO).await;
    assert_success(&outcome);
    assert_eq!(world.file("a.txt").unwrap(), "one\ntwo 1\n");
    let events = world
        .engine
        .events(run.into(), 0, usize::MAX)
        .await
        .unwrap();
    assert!(events.is_sorted_by(|one, next| one.cursor < next.cursor));
    assert!(events.last().unwrap().at < events[0].at);
    world.restart();
    let diff = world
        .engine
        .file_diff(run, &Selection::default(), None, None, FileFate::Written)
        .await
        .unwrap();
    assert!(diff.contains("+two 1"), "{diff}");
}

#[tokio::test]
async fn what_earlier_takes_left_is_known_though_the_later_of_them_ended_earlier() {
    let mut world = World::new().await;
    let time = world.time.clone();
    let takes = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
    world.step(
        step("writes").document("out").grant("workspace", "write"),
        move |host: Ask, _| {
            let take = takes.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1;
            time.turn(-HOUR);
            async move {
                if take < 3 {
                    host.write("a.txt", &format!("take {take}")).await?;
                }
                Ok(vec![text("out", "")])
            }
        },
    );
    let one = crate::common::one("writes", "grants.workspace = \"write\"");
    let (run, outcome) = world.run(&one).await;
    assert_success(&outcome);
    let step = "writes".parse().unwrap();
    for file in [Some("take 2".to_owned()), None] {
        world.restart();
        let again = world
            .engine
            .rerun(run, &step, RerunStep::default(), Drive::default());
        assert_success(&again.await.unwrap());
        assert_eq!(world.file("a.txt"), file);
    }
}
