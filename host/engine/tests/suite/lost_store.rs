//! The store fails while calls are under way: what was sent is paid for, and is kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use stepwell_contract::Digest;
use stepwell_engine::{Drive, EngineError, ResumeRun};
use stepwell_store::StoreError;
use tokio::sync::Notify;

use crate::common::{Ask, Counting, World, assert_success, step, text};

const FLOW: &str = "name = \"flow\"\n[[steps]]\nid = \"asks\"\nuses = \"builtin:asks\"\n\
                    [[steps]]\nid = \"first\"\nuses = \"builtin:first\"\n\
                    [[steps]]\nid = \"late\"\nuses = \"builtin:late\"\ninputs.x = \"{{ steps.first.out }}\"\n";

#[tokio::test]
async fn e7_an_answer_that_is_under_way_when_the_store_fails_is_waited_for_and_kept() {
    let mut world = World::new().await;
    world.step(step("asks").document("out"), |host: Ask, _| async move {
        Ok(vec![text("out", host.chat("draft").await?)])
    });
    let provider = Arc::clone(&world.provider);
    world.step(step("first").document("out"), move |_: Ask, _| {
        let provider = Arc::clone(&provider);
        async move {
            World::wait_for_requests(&provider, 1).await;
            Ok(vec![text("out", "what can't be read")])
        }
    });
    world.step(
        step("late").input("x").document("out"),
        |_: Ask, inputs: Vec<stepwell_contract::Text>| async move {
            Ok(vec![text("out", inputs[0].value.clone())])
        },
    );
    let lost = Digest::of("what can't be read");
    let (failing, failed) = (Arc::new(AtomicBool::new(true)), Arc::new(Notify::new()));
    let (is_failing, told) = (Arc::clone(&failing), Arc::clone(&failed));
    let hook = move |digest: &Digest| {
        if *digest != lost || !is_failing.load(SeqCst) {
            return Ok(());
        }
        told.notify_one();
        let (what, reason) = ("a document".into(), "a test".into());
        Err(StoreError::Unreadable { what, reason })
    };
    world.store = Arc::new(Counting::hooked(Arc::clone(&world.store), hook));
    world.restart();
    world.provider.hold();
    let run = world.start(FLOW).await;
    let meanwhile = async {
        failed.notified().await;
        // Whatever would end now would end without the answer.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        world.provider.release();
    };
    let driving = world.engine.drive(run, Drive::default());
    let (ended, ()) = tokio::join!(driving, meanwhile);
    assert!(
        matches!(ended, Err(EngineError::StoreFailed { .. })),
        "{ended:?}"
    );
    failing.store(false, SeqCst);
    world.restart();
    let resumed = world
        .engine
        .resume(run, ResumeRun::default(), Drive::default());
    assert_success(&resumed.await.unwrap());
    assert_eq!(world.provider.received().len(), 1);
}
