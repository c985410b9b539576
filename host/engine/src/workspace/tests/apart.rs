//! No look and no write holds up the thread of whoever asks.

use std::collections::BTreeSet;
use std::sync::mpsc;
use std::task::{Context, Waker};

use crate::workspace::{Aside, RulesBefore, Shown, Workspace};

/// Carries a test out on one thread, beside one that may block.
fn on_one_thread(test: impl Future<Output = ()>) {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.max_blocking_threads(1).build().unwrap();
    runtime.block_on(test);
}

/// Begins something while the thread that may block is at work on something else: others have their turn meanwhile.
fn begun<F: Future>(future: F) -> std::pin::Pin<Box<F>> {
    let (done, waits) = mpsc::channel::<()>();
    tokio::task::spawn_blocking(move || waits.recv());
    let mut future = Box::pin(future);
    let mut context = Context::from_waker(Waker::noop());
    let polled = future.as_mut().poll(&mut context);
    assert!(polled.is_pending(), "the thread of whoever asked did it");
    drop(done);
    future
}

#[test]
fn looks_and_writes_are_carried_out_elsewhere() {
    on_one_thread(async {
        let folder = tempfile::tempdir().unwrap();
        let open = Workspace::open(folder.path().to_owned(), Vec::new());
        let workspace = begun(open).await.unwrap();
        let text = Some(bytes::Bytes::from("text"));
        begun(workspace.check_write("a.txt", BTreeSet::new()))
            .await
            .unwrap();
        let aside = Aside::of(uuid::Uuid::nil(), 0);
        let left = begun(workspace.left_aside("a.txt", &aside)).await;
        assert_eq!(left.unwrap(), None);
        let exchanged = begun(workspace.exchange("a.txt", text, None, &aside)).await;
        assert_eq!(exchanged.unwrap().text, None);
        begun(workspace.let_go("a.txt", &aside, false))
            .await
            .unwrap();
        let (_, read) = begun(workspace.read("a.txt", 100)).await.unwrap().unwrap();
        assert_eq!(read, "text");
        let entries = workspace.entries("**", Shown::default(), RulesBefore::new());
        assert_eq!(begun(entries).await.unwrap().len(), 1);
    });
}

#[test]
fn a_write_whose_task_is_gone_is_waited_for() {
    on_one_thread(async {
        let folder = tempfile::tempdir().unwrap();
        let open = Workspace::open(folder.path().to_owned(), Vec::new()).await;
        let workspace = open.unwrap();
        let text = Some(bytes::Bytes::from("text"));
        let aside = Aside::of(uuid::Uuid::nil(), 0);
        drop(begun(workspace.exchange("a.txt", text, None, &aside)));
        workspace.settled().await;
        let now = std::fs::read_to_string(folder.path().join("a.txt"));
        assert_eq!(now.unwrap(), "text");
    });
}
