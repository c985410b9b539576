//! Answers that the store couldn't take when they came: they lie in their rooms, and are taken in later.

#![allow(
    clippy::unwrap_used,
    reason = "what these functions are told to do must work"
)]

mod support;

use std::path::{Path, PathBuf};

use bytes::Bytes;
use stepwell_contract::{Digest, Usage};
use stepwell_store::*;
use support::*;

/// An attempt of a call; where it has ended, so long after it began.
fn attempt(duration_ms: Option<u64>) -> CallAttempt {
    CallAttempt {
        number: 1,
        started_at: at(1),
        sent: Digest::of("sent"),
        raw: None,
        status: Some(200),
        headers: Vec::new(),
        first_token_ms: None,
        duration_ms,
        usage: Usage::default(),
        money: None,
        saved: None,
        price: None,
        budgeted: None,
        written_off: None,
        retry_at: None,
        comparison: None,
        batch: None,
        error: None,
        other: Default::default(),
    }
}

fn sent(duration_ms: Option<u64>) -> CallRecord {
    let mut record = call(execution_key(run_id(1), "a"), 1);
    record.attempts.push(attempt(duration_ms));
    record
}

const RAW: &[u8] = b"data: {\"text\": \"an answer\"}\n\ndata: [DONE]\n\n";

/// What is committed when an answer came, with bytes that are kept in the table and such that are kept in a file.
fn came() -> Vec<Change> {
    let mut answered = sent(Some(7));
    answered.state = CallState::Answered;
    vec![
        Change::Blob(Bytes::from_static(RAW)),
        Change::Blob(Bytes::from(vec![b'\n'; 100_000])),
        Change::Call(Box::new(answered)),
        event(run_id(1), 1),
    ]
}

fn rooms(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder.join("answers"));
    let mut files: Vec<_> = entries
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}

/// How many bytes of the disk they take.
fn taken(folder: &Path) -> u64 {
    let of = |path: &PathBuf| {
        let file = std::fs::metadata(path).unwrap();
        #[cfg(unix)]
        let taken = std::os::unix::fs::MetadataExt::blocks(&file) * 512;
        #[cfg(not(unix))]
        let taken = file.len();
        taken
    };
    rooms(folder).iter().map(of).sum()
}

/// A store with a call that was sent.
async fn with_a_call(folder: &Path) -> RedbStore {
    let store = RedbStore::open(folder).unwrap();
    let intent = Change::Call(Box::new(sent(None)));
    store.commit(vec![intent]).await.unwrap();
    store
}

async fn stored(store: &RedbStore) -> CallRecord {
    let calls = store.calls(Scope::default()).await.unwrap();
    calls.into_iter().next().unwrap()
}

#[tokio::test]
async fn room_is_on_the_disk_until_it_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let store = RedbStore::open(folder.path()).unwrap();
    let room = store.make_room(1 << 20).await.unwrap();
    let files = rooms(folder.path());
    let bytes = taken(folder.path());
    assert!(bytes >= 1 << 20, "{bytes} bytes of the disk");
    assert_eq!(files.len(), 1);
    store.take_in_answers().await.unwrap();
    assert_eq!(rooms(folder.path()), files, "a call is under way");
    drop(room);
    assert_eq!(taken(folder.path()), 0, "what is left takes nothing");
    drop(store.make_room(0).await.unwrap());
    drop(store);
    assert!(rooms(folder.path()).is_empty());
    let in_memory = RedbStore::in_memory().unwrap();
    drop(in_memory.make_room(u64::MAX).await.unwrap());
}

/// To make a file for each call, and to remove it, took a quarter of all that a call took of the processors.
#[cfg(unix)]
#[tokio::test]
async fn the_file_of_a_room_that_was_given_up_is_used_again() {
    use std::os::unix::fs::MetadataExt;
    let folder = tempfile::tempdir().unwrap();
    let store = RedbStore::open(folder.path()).unwrap();
    let only = || {
        let [file] = &rooms(folder.path())[..] else {
            panic!("one file")
        };
        (file.clone(), std::fs::metadata(file).unwrap().ino())
    };
    drop(store.make_room(1 << 20).await.unwrap());
    let (before, file) = only();
    let room = store.make_room(2 << 20).await.unwrap();
    let (after, again) = only();
    assert_eq!(again, file);
    assert!(
        after > before,
        "it stands behind those that were made before"
    );
    assert!(taken(folder.path()) >= 2 << 20);
    // What becomes of an answer in it is what becomes of one in a new file.
    room.keep(&came()).await.unwrap();
    store.take_in_answers().await.unwrap();
    assert_eq!(stored(&store).await.state, CallState::Answered);
    assert!(rooms(folder.path()).is_empty());

    // One that somebody removed is in nobody's way, and a thousand leave no thousand files behind.
    drop(store.make_room(4096).await.unwrap());
    std::fs::remove_file(only().0).unwrap();
    let mut many = Vec::new();
    for _ in 0..100 {
        many.push(store.make_room(4096).await.unwrap());
    }
    assert_eq!(rooms(folder.path()).len(), 100);
    drop(many);
    assert_eq!(rooms(folder.path()).len(), 64);
    assert_eq!(taken(folder.path()), 0);
    // A process that is killed leaves them to the next one.
    std::mem::forget(store.make_room(4096).await.unwrap());
    drop(store);
    drop(RedbStore::open(folder.path()).unwrap());
    assert!(rooms(folder.path()).is_empty());
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn more_room_than_there_is_is_a_full_disk() {
    let folder = tempfile::tempdir().unwrap();
    let store = RedbStore::open(folder.path()).unwrap();
    // No disk has so much, and no file may be so long.
    let error = store.make_room(i64::MAX as u64).await.unwrap_err();
    assert!(matches!(error, StoreError::Full { .. }), "{error}");
    // How much it would be, and how much there is.
    let told = error.to_string();
    assert!(
        told.contains("an answer may need 8388608 TiB, and "),
        "{told}"
    );
    assert!(told.ends_with(" are free"), "{told}");
    assert_eq!(taken(folder.path()), 0);
}

#[tokio::test]
async fn an_answer_in_its_room_is_taken_in_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_a_call(folder.path()).await;
    let room = store.make_room(1 << 20).await.unwrap();
    room.keep(&came()).await.unwrap();
    // As it is found by the next process.
    drop(store);
    let [file] = &rooms(folder.path())[..] else {
        panic!("one answer")
    };
    let kept = std::fs::read(file).unwrap();
    assert!(kept.len() < 200_000, "the rest of the room is given up");
    let store = RedbStore::open(folder.path()).unwrap();
    assert_eq!(stored(&store).await.state, CallState::Intended);
    store.take_in_answers().await.unwrap();
    assert_eq!(stored(&store).await.state, CallState::Answered);
    let raw = store.blob(&Digest::of(RAW)).await.unwrap().unwrap();
    assert_eq!(raw, RAW);
    assert_eq!(store.events(run_id(1), 0, 9).await.unwrap().len(), 1);
    assert!(rooms(folder.path()).is_empty());

    // A process that was killed before it could remove the file leaves it to the next one.
    drop(store);
    std::fs::write(file, &kept).unwrap();
    let store = RedbStore::open(folder.path()).unwrap();
    store.take_in_answers().await.unwrap();
    assert_eq!(store.events(run_id(1), 0, 9).await.unwrap().len(), 1);
    assert!(rooms(folder.path()).is_empty());
}

/// There is a file for each call under way, and each run that is taken up asks: to look into all of them each time would take
/// a thousand runs a million looks.
#[tokio::test]
async fn what_an_earlier_process_left_is_looked_for_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_a_call(folder.path()).await;
    store
        .make_room(1 << 20)
        .await
        .unwrap()
        .keep(&came())
        .await
        .unwrap();
    let [file] = &rooms(folder.path())[..] else {
        panic!("one answer")
    };
    let kept = std::fs::read(file).unwrap();
    std::fs::remove_file(file).unwrap();
    store.take_in_answers().await.unwrap();
    std::fs::write(file, &kept).unwrap();
    store.take_in_answers().await.unwrap();
    assert_eq!(stored(&store).await.state, CallState::Intended);
    // What this process keeps itself it takes in, and with it what lies there.
    let room = store.make_room(1 << 20).await.unwrap();
    room.keep(&came()).await.unwrap();
    store.take_in_answers().await.unwrap();
    assert_eq!(stored(&store).await.state, CallState::Answered);
    assert!(rooms(folder.path()).is_empty());
}

#[tokio::test]
async fn two_that_take_in_at_once_commit_it_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_a_call(folder.path()).await;
    let room = store.make_room(1 << 20).await.unwrap();
    room.keep(&came()).await.unwrap();
    let (one, other) = tokio::join!(store.take_in_answers(), store.take_in_answers());
    one.unwrap();
    other.unwrap();
    assert_eq!(store.events(run_id(1), 0, 9).await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_a_killed_process_left_is_given_up_and_half_an_answer_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_a_call(folder.path()).await;
    // As a process leaves it that is killed between the two.
    std::mem::forget(store.make_room(4096).await.unwrap());
    let room = store.make_room(1 << 20).await.unwrap();
    room.keep(&came()).await.unwrap();
    drop(store);
    assert_eq!(rooms(folder.path()).len(), 2);
    let mut store = RedbStore::open(folder.path()).unwrap();
    let [file] = &rooms(folder.path())[..] else {
        panic!("the room without an answer is given up")
    };
    let whole = std::fs::read(file).unwrap();
    // What lies there is looked at by the process that finds it.
    let reopened = |store: RedbStore, bytes: &[u8]| {
        drop(store);
        std::fs::write(file, bytes).unwrap();
        RedbStore::open(folder.path()).unwrap()
    };
    for length in [1, 10, 60, whole.len() / 2, whole.len() - 1] {
        store = reopened(store, &whole[..length]);
        store.take_in_answers().await.unwrap();
        assert_eq!(stored(&store).await.state, CallState::Intended, "{length}");
    }
    let mut damaged = whole.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    store = reopened(store, &damaged);
    store.take_in_answers().await.unwrap();
    assert_eq!(stored(&store).await.state, CallState::Intended);
    store = reopened(store, &whole);
    store.take_in_answers().await.unwrap();
    assert_eq!(stored(&store).await.state, CallState::Answered);
}
