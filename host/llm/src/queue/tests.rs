use std::sync::atomic::{AtomicUsize, Ordering};

use stepwell_contract::ProviderKind;

use super::*;

const MINUTE: Duration = Duration::from_secs(60);
const A: Asker = Asker(1);
const B: Asker = Asker(2);

fn queue(at_once: u32, requests: Option<u32>, tokens: Option<u32>) -> Queue {
    Queue::new(&ProviderSettings {
        concurrency: at_once,
        requests_per_minute: requests,
        tokens_per_minute: tokens,
        ..ProviderSettings::new(ProviderKind::OpenaiChat, "http://localhost")
    })
}

async fn enter(queue: &Queue, asker: Asker, tokens: u64) -> Permit {
    queue.place(asker).enter(tokens, |_, _| ()).await
}

/// Begins to wait, and says so in `log` when it is let in; it stays for a second.
fn visit(queue: &Queue, asker: Asker, log: &Arc<Mutex<Vec<Asker>>>) -> tokio::task::JoinHandle<()> {
    let (place, log) = (queue.place(asker), Arc::clone(log));
    tokio::spawn(async move {
        let permit = place.enter(1, |_, _| ()).await;
        log.lock().unwrap().push(asker);
        tokio::time::sleep(Duration::from_secs(1)).await;
        drop(permit);
    })
}

#[tokio::test(start_paused = true)]
async fn no_minute_holds_more_requests_than_allowed() {
    let queue = queue(10, Some(3), None);
    let start = Instant::now();
    let mut times = Vec::new();
    for _ in 0..8 {
        drop(enter(&queue, A, 1).await);
        times.push((Instant::now() - start).as_secs());
        tokio::time::advance(Duration::from_secs(5)).await;
    }
    assert_eq!(times, [0, 5, 10, 60, 65, 70, 120, 125]);
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_longer_than_was_said_is_told_again() {
    let queue = queue(10, Some(1), None);
    drop(enter(&queue, A, 1).await);
    // Another one's turn comes first.
    let log = Arc::new(Mutex::new(Vec::new()));
    let before = visit(&queue, B, &log);
    tokio::task::yield_now().await;
    let told = Arc::new(Mutex::new(Vec::new()));
    let place = queue.place(A);
    let start = Instant::now();
    let permit = place
        .enter(1, |wait, _| {
            let at = (Instant::now() - start).as_secs();
            told.lock().unwrap().push((at, wait.as_secs()));
        })
        .await;
    assert_eq!((Instant::now() - start).as_secs(), 120);
    drop(permit);
    before.await.unwrap();
    assert_eq!(*told.lock().unwrap(), [(0, 60), (60, 60)]);
}

#[tokio::test(start_paused = true)]
async fn no_minute_holds_more_tokens_than_allowed_and_what_was_not_used_is_free() {
    let queue = queue(10, None, Some(1_000));
    let start = Instant::now();
    let permit = enter(&queue, A, 900).await;
    permit.took(300);
    drop(permit);
    drop(enter(&queue, A, 700).await);
    assert_eq!(Instant::now(), start, "both fit");
    let told = AtomicUsize::new(0);
    let place = queue.place(A);
    let permit = place.enter(100, |wait, limit| {
        assert_eq!((wait, limit), (MINUTE, Limit::Tokens));
        told.fetch_add(1, Ordering::Relaxed);
    });
    drop(permit.await);
    assert_eq!(Instant::now(), start + MINUTE);
    assert_eq!(told.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn no_more_requests_at_once_than_allowed() {
    let queue = queue(2, None, None);
    let first = enter(&queue, A, 1).await;
    let _second = enter(&queue, A, 1).await;
    let third = tokio::time::timeout(MINUTE, enter(&queue, A, 1));
    assert!(third.await.is_err());
    drop(first);
    let third = tokio::time::timeout(MINUTE, enter(&queue, A, 1));
    assert!(third.await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_run_with_one_call_does_not_wait_behind_the_many_of_another() {
    let queue = queue(2, None, None);
    let log = Arc::default();
    let mut visits: Vec<_> = (0..20).map(|_| visit(&queue, A, &log)).collect();
    tokio::time::sleep(Duration::from_millis(500)).await;
    visits.push(visit(&queue, B, &log));
    visits.push(visit(&queue, B, &log));
    for visit in visits {
        visit.await.unwrap();
    }
    let log = log.lock().unwrap();
    let at: Vec<_> = (0..log.len()).filter(|at| log[*at] == B).collect();
    assert_eq!(at, [2, 4], "{log:?}");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_sent_again_stands_where_it_stood() {
    let queue = queue(1, None, None);
    let first = queue.place(A);
    let permit = first.enter(1, |_, _| ()).await;
    let log = Arc::default();
    let others: Vec<_> = (0..3).map(|_| visit(&queue, A, &log)).collect();
    tokio::time::sleep(Duration::from_millis(10)).await;
    let start = Instant::now();
    let mut again = std::pin::pin!(first.enter(1, |_, _| ()));
    // It waits before its first request has ended.
    tokio::select! {
        biased;
        _ = &mut again => panic!("there is no room"),
        () = tokio::task::yield_now() => {}
    }
    drop(permit);
    drop(again.await);
    assert_eq!(Instant::now(), start);
    for other in others {
        other.await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn who_gives_up_holds_up_nobody_and_nothing_is_kept_of_them() {
    let queue = queue(1, Some(2), None);
    let permit = enter(&queue, A, 1).await;
    for _ in 0..100 {
        let given_up = tokio::time::timeout(Duration::from_millis(1), enter(&queue, A, 1));
        assert!(given_up.await.is_err());
    }
    drop(permit);
    let start = Instant::now();
    drop(enter(&queue, B, 1).await);
    assert_eq!(Instant::now(), start, "those who gave up used nothing");
    assert!(queue.shared.lock().askers.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_large_request_is_not_passed_by_small_ones_for_ever() {
    let queue = queue(10, None, Some(100));
    drop(enter(&queue, A, 50).await);
    let start = Instant::now();
    let large = tokio::spawn({
        let queue = queue.clone();
        async move { drop(enter(&queue, A, 100).await) }
    });
    tokio::task::yield_now().await;
    let small = tokio::spawn({
        let queue = queue.clone();
        async move { drop(enter(&queue, A, 10).await) }
    });
    large.await.unwrap();
    assert_eq!(Instant::now(), start + MINUTE);
    small.await.unwrap();
    assert_eq!(Instant::now(), start + 2 * MINUTE);
}
