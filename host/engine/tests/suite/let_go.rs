//! Whoever lets go of a run has nothing more to write, and nobody takes it up before.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex, mpsc};

use stepwell_contract::{Digest, FailureKind};
use stepwell_engine::{Drive, EngineError, RerunStep, RunError, TakeUp};
use stepwell_store::StoreError;
use tokio::sync::Notify;

use crate::common::{Ask, Counting, Declared, World, assert_success, failure, one, step, text};

/// Carries a test out on one thread, beside one for all that blocks.
fn beside_one_that_blocks(test: impl Future<Output = ()>) {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().max_blocking_threads(1).build();
    runtime.unwrap().block_on(test);
}

/// Keeps the thread that blocks at work, until the other end is dropped.
fn keep_at_work(waits: mpsc::Receiver<()>) {
    tokio::task::spawn_blocking(move || waits.recv());
}

async fn world(writes: Declared) -> World {
    let mut world = World::new().await;
    world.step(
        writes.document("out").grant("workspace", "write"),
        |host: Ask, _| async move {
            host.write("a.txt", "content").await?;
            Ok(vec![text("out", "")])
        },
    );
    world
}

const THREE: &str = r#"
name = "three"
[[steps]]
id = "makes"
uses = "builtin:makes"
[[steps]]
id = "writes"
uses = "builtin:writes"
grants.workspace = "write"
inputs.list = "{{ steps.makes.list }}"
[[steps]]
id = "gate"
uses = "builtin:gate"
optional = true
[[steps]]
id = "each"
uses = "builtin:each"
for_each = "steps.makes.list"
inputs.gate = "{{ steps.gate.out | default('') }}"
"#;

/// The store fails while a file is on its way into the workspace: the run ends then, but not before the file is there.
#[test]
fn a_run_that_must_stop_is_let_go_of_when_its_last_write_is_made() {
    beside_one_that_blocks(async {
        let mut world = world(step("writes").input("list")).await;
        let (published, refused) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        world.step(step("makes").document("list"), |_: Ask, _| async {
            Ok(vec![text("list", "[1]")])
        });
        let publishing = Arc::clone(&published);
        world.step(step("gate").maybe_document("out"), move |_: Ask, _| {
            let publishing = Arc::clone(&publishing);
            async move {
                publishing.notified().await;
                Err(failure(FailureKind::Other("late".into()), "no", false))
            }
        });
        world.step(
            step("each").input("gate").document("out"),
            |_: Ask, _| async { Ok(vec![text("out", "")]) },
        );
        let (release, waits) = mpsc::channel();
        let waits = Mutex::new(Some(waits));
        let (list, content) = (Digest::of("[1]"), Digest::of("content"));
        let lost = AtomicBool::new(false);
        let told = Arc::clone(&refused);
        let hook = move |digest: &Digest| {
            if *digest == content {
                // It is written next.
                waits
                    .lock()
                    .unwrap()
                    .take()
                    .into_iter()
                    .for_each(keep_at_work);
                lost.store(true, SeqCst);
                published.notify_one();
            }
            if *digest != list || !lost.load(SeqCst) {
                return Ok(());
            }
            told.notify_one();
            let (what, reason) = ("the list".into(), "a test".into());
            Err(StoreError::Unreadable { what, reason })
        };
        world.store = Arc::new(Counting::hooked(Arc::clone(&world.store), hook));
        world.restart();
        let run = world.start(THREE).await;
        let meanwhile = async {
            refused.notified().await;
            // Whatever can go on without the write does.
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            let under_way = world.engine.under_way();
            drop(release);
            under_way
        };
        let driving = world.engine.drive(run, Drive::default());
        let (ended, under_way) = tokio::join!(driving, meanwhile);
        let error = ended.unwrap_err();
        assert!(error.to_string().contains("the list"), "{error}");
        assert_eq!(under_way, [run.into()]);
        assert_eq!(world.file("a.txt").as_deref(), Some("content"));
        assert_eq!(world.engine.under_way(), []);
    });
}

#[test]
fn nobody_takes_a_run_up_while_one_of_its_files_is_restored() {
    beside_one_that_blocks(async {
        let world = world(step("writes")).await;
        let definition = one("writes", "grants.workspace = \"write\"");
        let (run, outcome) = world.run(&definition).await;
        assert_success(&outcome);
        let again = TakeUp::Rerun("writes".parse().unwrap(), RerunStep::default());
        let taken = world.engine.take_up(run, again, None).await.unwrap();
        let restored = world.engine.restore_file(run, "a.txt", false).await;
        assert!(is_under_way(&restored.unwrap_err()));
        assert_eq!(world.file("a.txt").as_deref(), Some("content"));
        drop(taken);

        let (release, waits) = mpsc::channel();
        keep_at_work(waits);
        let meanwhile = async {
            let refused = world.engine.cancel(run).await;
            drop(release);
            refused
        };
        let restoring = world.engine.restore_file(run, "a.txt", false);
        let (restored, refused) = tokio::join!(restoring, meanwhile);
        restored.unwrap();
        assert!(is_under_way(&refused.unwrap_err()));
        assert_eq!(world.file("a.txt"), None);
    });
}

fn is_under_way(error: &EngineError) -> bool {
    matches!(error, EngineError::Run(RunError::UnderWay { .. }))
}
