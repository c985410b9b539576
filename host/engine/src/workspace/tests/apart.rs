//! No look and no write holds up the thread of whoever asks.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use crate::workspace::{RulesBefore, Workspace};

/// What a future gives, and whether others had their turn before it did.
async fn of_its_own<F: Future>(future: F) -> F::Output {
    let mut future = Box::pin(future);
    let mut context = Context::from_waker(Waker::noop());
    match future.as_mut().poll(&mut context) {
        Poll::Pending => future.await,
        Poll::Ready(_) => panic!("it was carried out on the thread of whoever asked"),
    }
}

#[tokio::test]
async fn looks_and_writes_are_carried_out_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let open = Workspace::open(folder.path().to_owned(), Vec::new());
    let workspace = of_its_own(open).await.unwrap();
    let text = Some(bytes::Bytes::from("text"));
    of_its_own(workspace.check_write("a.txt")).await.unwrap();
    of_its_own(workspace.publish("a.txt", text)).await.unwrap();
    let (_, read) = of_its_own(workspace.read("a.txt", 100))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(read, "text");
    let entries = workspace.entries("**", Arc::default(), RulesBefore::new());
    assert_eq!(of_its_own(entries).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_write_whose_task_is_gone_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let open = Workspace::open(folder.path().to_owned(), Vec::new()).await;
    let workspace = open.unwrap();
    for number in 0..20 {
        let text = number.to_string();
        let content = Some(bytes::Bytes::from(text.clone()));
        let mut write = Box::pin(workspace.publish("a.txt", content));
        let mut context = Context::from_waker(Waker::noop());
        assert!(write.as_mut().poll(&mut context).is_pending());
        drop(write);
        workspace.settled().await;
        let now = std::fs::read_to_string(folder.path().join("a.txt"));
        assert_eq!(now.unwrap(), text);
    }
}
