//! A store whose disk fails, fills up, is somebody else's, or is pulled from under it.

#![allow(
    clippy::unwrap_used,
    reason = "what these functions are told to do must work"
)]

mod support;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use stepwell_contract::Digest;
use stepwell_store::*;
use support::*;

#[tokio::test]
async fn every_commit_lands_wholly_or_not_at_all_wherever_the_disk_fails() {
    // Each number of writes hits another place: the pages, the header, the syncs.
    for writes in 0..60 {
        for once in [false, true] {
            let disk = Faulty::default();
            let store = disk.open().unwrap();
            store.commit(vec![add("p", "first", 1)]).await.unwrap();
            if once {
                disk.fail_once_after(writes);
            } else {
                disk.fail_after(writes);
            }
            let changes = vec![
                add("p", "second", 2),
                event(run_id(1), 1),
                Change::Blob("text".into()),
                Change::Run(Box::new(run(run_id(1)))),
            ];
            let landed = store.commit(changes).await.is_ok();
            for _ in 0..2 {
                let prompt = store.prompt(&name("p")).await.unwrap().unwrap();
                assert_eq!(prompt.current == 2, landed, "{writes} {once}");
                let events = store.events(run_id(1), 0, 9).await.unwrap();
                assert_eq!(!events.is_empty(), landed, "{writes} {once}");
                let blob = store.blob(&Digest::of("text")).await.unwrap();
                assert_eq!(blob.is_some(), landed, "{writes} {once}");
                let run = store.run(run_id(1)).await.unwrap();
                assert_eq!(run.is_some(), landed, "{writes} {once}");
                disk.heal();
            }
            // The same process goes on.
            let committed = store.commit(vec![event(run_id(1), 2)]).await.unwrap();
            assert_eq!(committed.cursors, [if landed { 2 } else { 1 }]);
            drop(store);
            let prompt = disk.open().unwrap().prompt(&name("p")).await.unwrap();
            assert_eq!(prompt.unwrap().current == 2, landed, "{writes} {once}");
        }
    }
}

#[tokio::test]
async fn a_full_disk_stops_writes_and_not_reads() {
    let disk = Faulty::default();
    let store = disk.open().unwrap();
    store.commit(vec![event(run_id(1), 1)]).await.unwrap();
    disk.fill_up();
    for _ in 0..2 {
        let error = store.commit(vec![event(run_id(1), 2)]).await.unwrap_err();
        assert!(matches!(error, StoreError::Full { .. }), "{error:?}");
        assert_eq!(store.events(run_id(1), 0, 9).await.unwrap().len(), 1);
    }
    // Another process looks at it, without a clean close before it.
    drop(store);
    let store = disk.open().unwrap();
    assert_eq!(store.events(run_id(1), 0, 9).await.unwrap().len(), 1);
    let error = store.commit(vec![event(run_id(1), 2)]).await.unwrap_err();
    assert!(matches!(error, StoreError::Full { .. }), "{error:?}");
    disk.heal();
    let committed = store.commit(vec![event(run_id(1), 2)]).await.unwrap();
    assert_eq!(committed.cursors, [2]);
}

#[tokio::test]
async fn a_second_opener_is_told_who_holds_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = RedbStore::open(folder.path()).unwrap();
    let Err(StoreError::Held { path, pid, command }) = RedbStore::open(folder.path()) else {
        panic!("it opened twice");
    };
    assert_eq!(path, folder.path());
    assert_eq!(pid, std::process::id());
    assert!(command.unwrap().contains("disk"), "the test's own command");
    drop(store);
    assert!(!folder.path().join("holder").exists());

    // One left behind by a killed process keeps nobody out.
    std::fs::write(folder.path().join("holder"), "999999999\nstepwell run\n").unwrap();
    let store = RedbStore::open(folder.path()).unwrap();
    drop(store);
}

#[test]
fn a_file_that_is_no_store_is_left_as_it_is() {
    for content in ["x".repeat(10_000), "short".into()] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("stepwell.redb");
        std::fs::write(&file, &content).unwrap();
        let error = RedbStore::open(folder.path()).unwrap_err();
        assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), content);
    }
}

/// Bytes without any order, the same for the same seed.
fn noise(seed: u64, bytes: &mut [u8]) {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    for byte in bytes {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        *byte = state.to_le_bytes()[3];
    }
}

#[tokio::test]
async fn damage_anywhere_in_the_file_is_an_error_and_no_panic() {
    const PAGE: usize = 4096;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("stepwell.redb");
    let store = RedbStore::open(folder.path()).unwrap();
    for n in 0..200 {
        let changes = vec![add(&format!("p{n}"), "first", n), event(run_id(1), n)];
        store.commit(changes).await.unwrap();
    }
    drop(store);
    let good = std::fs::read(&file).unwrap();
    let mut damaged = 0;
    for seed in 0..40_usize {
        let mut bad = good.clone();
        // Everything after a page, or some pages alone, or a few bytes of one.
        let first = (seed % 4 + 1) * PAGE;
        let bad_part = match seed % 3 {
            0 => &mut bad[first..],
            1 => &mut bad[first..first + 3 * PAGE],
            _ => &mut bad[first + seed * 7..first + seed * 7 + 16],
        };
        noise(seed as u64, bad_part);
        std::fs::write(&file, &bad).unwrap();
        let mut errors = Vec::new();
        match RedbStore::open(folder.path()) {
            Err(error) => {
                assert_eq!(
                    std::fs::read(&file).unwrap(),
                    bad,
                    "{seed}: it is left as it is"
                );
                errors.push(error);
            }
            Ok(store) => {
                errors.extend(store.check().err());
                errors.extend(store.runs(None, None, Gaps::LeaveOut).await.err());
                errors.extend(store.events(run_id(1), 0, 999).await.err());
                errors.extend(store.commit(vec![event(run_id(1), 1)]).await.err());
            }
        }
        for error in &errors {
            assert!(
                matches!(error, StoreError::Damaged { .. }),
                "{seed}: {error:?}"
            );
        }
        damaged += usize::from(!errors.is_empty());
    }
    assert!(damaged > 20, "most of the damage is met: {damaged}");
}

#[test]
fn a_folder_that_cant_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let wanted = file.join("store");
    let Err(StoreError::Io { path, .. }) = RedbStore::open(&wanted) else {
        panic!("it opened below a file");
    };
    assert_eq!(path, wanted);
}

#[cfg(unix)]
#[test]
fn a_new_folder_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join(".stepwell");
    let _store = RedbStore::open(&folder).unwrap();
    let mode = std::fs::metadata(&folder).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[tokio::test]
async fn commits_that_come_together_share_transactions() {
    let disk = Faulty::default();
    let store = Arc::new(disk.open().unwrap());
    disk.hold();
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..64 {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            let changes = vec![event(run_id(1), n), event(run_id(2), n)];
            // One of them breaks a rule, and fails alone.
            if n == 7 {
                let changes = [changes, vec![use_version("p", 1, 1)]].concat();
                return store.commit(changes).await;
            }
            store.commit(changes).await
        });
    }
    // Each task has handed over its commit once it has run until it waits.
    for _ in 0..64 {
        tokio::task::yield_now().await;
    }
    assert!(
        store.events(run_id(1), 0, 100).await.unwrap().is_empty(),
        "reads don't wait"
    );
    disk.release();
    let (mut cursors, mut failed) = (BTreeSet::new(), 0);
    while let Some(result) = tasks.join_next().await {
        match result.unwrap() {
            Ok(committed) => assert!(cursors.insert(committed.cursors[0])),
            Err(error) => {
                assert!(matches!(error, StoreError::NoSuchPrompt { .. }), "{error}");
                failed += 1;
            }
        }
    }
    assert_eq!((cursors, failed), ((1..=63).collect(), 1));
    for run in [run_id(1), run_id(2)] {
        let events = store.events(run, 0, 100).await.unwrap();
        let cursors = events.iter().map(|event| event.cursor);
        assert!(cursors.eq(1..=63), "no gaps");
    }
    // What the writer took before it had to wait, and all the others.
    assert!(store.transactions() <= 2, "{}", store.transactions());
}

/// Set where this test is the child that is killed: the store's folder.
const CHILD: &str = "STEPWELL_STORE_TEST_CHILD";

#[test]
fn what_was_acknowledged_outlives_a_kill() {
    #[allow(
        clippy::disallowed_methods,
        reason = "how the child is told from the test"
    )]
    if let Some(folder) = std::env::var_os(CHILD) {
        commit_until_killed(Path::new(&folder));
    }
    let folder = tempfile::tempdir().unwrap();
    for round in 1..=4_u64 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "what_was_acknowledged_outlives_a_kill",
                "--nocapture",
            ])
            .env(CHILD, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut acknowledged = 0;
        let enough = 30 * round;
        let mut seen = 0;
        // A line may be cut off by the kill; what was read whole was acknowledged.
        for line in lines.by_ref() {
            if let Some(cursor) = line.unwrap().strip_prefix("acknowledged ") {
                acknowledged = cursor.parse::<u64>().unwrap();
                seen += 1;
            }
            if seen == enough {
                child.kill().unwrap();
                break;
            }
        }
        assert_eq!(seen, enough, "the child ended by itself");
        child.wait().unwrap();

        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(async {
            let store = RedbStore::open(folder.path()).unwrap();
            let events = store.events(run_id(1), 0, usize::MAX).await.unwrap();
            let last = events.len() as u64;
            assert!(events.iter().map(|event| event.cursor).eq(1..=last));
            assert!(last >= acknowledged, "{last} of {acknowledged}");
            for cursor in 1..=acknowledged {
                let large = large_text(cursor);
                let blob = store.blob(&Digest::of(&large)).await.unwrap();
                assert_eq!(blob.unwrap(), large);
            }
            assert!(store.check().unwrap().is_empty());
        });
    }
}

fn large_text(cursor: u64) -> String {
    let length = if cursor.is_multiple_of(5) {
        70_000
    } else {
        700
    };
    format!("{cursor} {}", "x".repeat(length))
}

#[allow(
    clippy::print_stdout,
    reason = "how the child tells what was acknowledged"
)]
fn commit_until_killed(folder: &Path) -> ! {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let store = RedbStore::open(folder).unwrap();
        let events = store.events(run_id(1), 0, usize::MAX).await.unwrap();
        let mut last = events.len() as u64;
        loop {
            let blob = Change::Blob(large_text(last + 1).into());
            let committed = store.commit(vec![blob, event(run_id(1), 1)]).await.unwrap();
            last = committed.cursors[0];
            println!("\nacknowledged {last}");
        }
    })
}

#[tokio::test]
async fn a_store_that_was_begun_and_never_finished_is_no_obstacle() {
    let folder = tempfile::tempdir().unwrap();
    // What a process leaves that is killed while it makes the file.
    std::fs::write(folder.path().join("stepwell.redb.new"), vec![0; 4096]).unwrap();
    let store = stepwell_store::RedbStore::open(folder.path()).unwrap();
    store
        .commit(vec![support::add("a", "one", 1)])
        .await
        .unwrap();
    drop(store);
    let store = stepwell_store::RedbStore::open(folder.path()).unwrap();
    assert_eq!(
        store
            .prompt(&support::name("a"))
            .await
            .unwrap()
            .unwrap()
            .current,
        1
    );
    let files: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("redb"))
        .collect();
    assert_eq!(files, ["stepwell.redb"]);
}
