//! What nobody needs any more goes, what anybody needs stays, and a copy is a store.

#![allow(
    clippy::unwrap_used,
    reason = "what these functions are told to do must work"
)]

mod support;

use std::collections::BTreeSet;
use std::path::Path;

use redb::{Database, TableDefinition};
use serde_json::json;
use stepwell_contract::{ComparisonId, Digest, Usage};
use stepwell_store::*;
use support::*;

const RECORDS: TableDefinition<'static, &[u8], &[u8]> = TableDefinition::new("records");

fn blob(text: &str) -> Change {
    Change::Blob(text.to_owned().into())
}

fn large(n: u32) -> String {
    format!("text {n} ").repeat(20_000)
}

async fn has(store: &RedbStore, text: &str) -> bool {
    store.has_blob(&Digest::of(text)).await.unwrap()
}

/// Puts a record in, as another build would.
fn put(folder: &Path, key: &[u8], payload: &[u8]) {
    let database = Database::open(folder.join("stepwell.redb")).unwrap();
    let transaction = database.begin_write().unwrap();
    let value = framed(key, payload);
    let mut table = transaction.open_table(RECORDS).unwrap();
    table.insert(key, value.as_slice()).unwrap();
    drop(table);
    transaction.commit().unwrap();
}

#[tokio::test]
async fn the_texts_of_dropped_versions_are_freed() {
    let folder = tempfile::tempdir().unwrap();
    let store = RedbStore::open(folder.path()).unwrap();
    for n in 0..30 {
        let text = large(n);
        store.commit(vec![add("p", &text, n.into())]).await.unwrap();
        store
            .commit(vec![add("q", &format!("short {n}"), n.into())])
            .await
            .unwrap();
    }
    let before = store.bytes_on_disk();
    let told = store.survey().await.unwrap();
    let told = told.free_without(&BTreeSet::new());
    let freed = store.compact().await.unwrap();
    assert_eq!((freed.blobs, told.blobs), (52, 52));
    assert_eq!(freed.bytes, told.bytes);
    let after = store.bytes_on_disk();
    assert!(after + freed.bytes <= before, "{before} {after} {freed:?}");
    assert!(after < 4 * 200_000 + 100_000, "{after}");
    for n in 0..30 {
        assert_eq!(has(&store, &large(n)).await, n >= 26, "{n}");
        assert_eq!(has(&store, &format!("short {n}")).await, n >= 26, "{n}");
    }
    assert!(store.check().unwrap().is_empty());
    let prompt = store.prompt(&name("p")).await.unwrap().unwrap();
    assert_eq!(prompt.versions[0].content, Ok(large(26)));
    // What was dropped comes back as it was.
    store.commit(vec![add("p", &large(0), 99)]).await.unwrap();
    assert!(store.check().unwrap().is_empty());
    assert_eq!(store.compact().await.unwrap().blobs, 1);
    assert_eq!(store.compact().await.unwrap(), Freed::default());
}

#[tokio::test]
async fn a_digest_anywhere_is_a_reference() {
    let folder = tempfile::tempdir().unwrap();
    let store = RedbStore::open(folder.path()).unwrap();
    let named = [
        "in a field that this build doesn't know",
        "in a kind of record that it doesn't know",
        "in the bytes of a blob that is needed",
    ];
    let holder = format!("{{\"file\":\"{}\"}}", Digest::of(named[2]));
    let unneeded = format!(
        "{{\"file\":\"{}\"}}",
        Digest::of("only by what nobody needs")
    );
    let mut run = run(run_id(1));
    run.other = json!({ "later": { "deep": [Digest::of(named[0]), Digest::of(&holder)] } })
        .as_object()
        .unwrap()
        .clone();
    let mut changes = vec![Change::Run(Box::new(run)), blob(&holder), blob(&unneeded)];
    changes.extend(named.map(blob));
    changes.push(blob("only by what nobody needs"));
    store.commit(changes).await.unwrap();
    drop(store);
    let payload = json!({ "of": Digest::of(named[1]) }).to_string();
    put(folder.path(), b"z later kind", payload.as_bytes());
    let store = RedbStore::open(folder.path()).unwrap();
    assert_eq!(store.compact().await.unwrap().blobs, 2);
    for text in named {
        assert!(has(&store, text).await, "{text}");
    }
    assert!(has(&store, &holder).await);
    assert!(!has(&store, "only by what nobody needs").await);
}

#[tokio::test]
async fn nothing_is_freed_while_a_record_cant_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let store = RedbStore::open(folder.path()).unwrap();
    store.commit(vec![blob("unneeded")]).await.unwrap();
    drop(store);
    let database = Database::open(folder.path().join("stepwell.redb")).unwrap();
    let transaction = database.begin_write().unwrap();
    let mut table = transaction.open_table(RECORDS).unwrap();
    let key = [b"r".as_slice(), run_id(1).0.as_bytes()].concat();
    table.insert(key.as_slice(), b"damaged".as_slice()).unwrap();
    drop(table);
    transaction.commit().unwrap();
    drop(database);
    let store = RedbStore::open(folder.path()).unwrap();
    let error = store.compact().await.unwrap_err();
    assert!(matches!(error, StoreError::Unreadable { .. }), "{error}");
    assert!(has(&store, "unneeded").await);
    let survey = store.survey().await.unwrap();
    assert!(survey.unreadable().is_some());
    assert_eq!(survey.free_without(&BTreeSet::new()), Freed::default());
}

#[tokio::test]
async fn files_that_no_commit_named_go_and_those_of_a_commit_stay() {
    let folder = tempfile::tempdir().unwrap();
    let store = RedbStore::open(folder.path()).unwrap();
    store.commit(vec![add("p", &large(1), 1)]).await.unwrap();
    let hex = Digest::of("never committed").hex();
    let orphan = folder.path().join("blobs").join(&hex[..2]).join(&hex);
    std::fs::create_dir_all(orphan.parent().unwrap()).unwrap();
    std::fs::write(&orphan, "never committed").unwrap();
    std::fs::write(orphan.with_extension("1-2.tmp"), "begun").unwrap();
    store.compact().await.unwrap();
    assert!(!orphan.exists() && !orphan.with_extension("1-2.tmp").exists());
    assert!(store.check().unwrap().is_empty());
}

fn paid(run: u128, n: u128) -> Change {
    let mut call = call(execution_key(run_id(run), "a"), n);
    call.state = CallState::Answered;
    call.request = Digest::of(format!("request of {run}"));
    call.attempts = vec![
        serde_json::from_value(json!({
            "number": 1, "started_at": at(5), "sent": Digest::of("shared"), "duration_ms": 7,
            "usage": Usage { input_tokens: Some(100), output_tokens: Some(1), ..Usage::default() },
        }))
        .unwrap(),
    ];
    Change::Call(Box::new(call))
}

/// Two runs that share a blob, each with a blob of its own.
async fn two_runs(store: &RedbStore) {
    for n in [1, 2] {
        let record = RunRecord {
            state: RunState::Success,
            ..run(run_id(n))
        };
        let document = Change::Document {
            key: DocumentKey {
                execution: execution_key(run_id(n), "a"),
                name: "out".into(),
            },
            revision: revision(&format!("document of {n}"), 1),
        };
        let changes = vec![
            Change::Run(Box::new(record)),
            paid(n, n),
            document,
            event(run_id(n), 1),
            blob(&format!("request of {n}")),
            blob(&format!("document of {n}")),
            blob("shared"),
            blob("name = \"automated_coding\""),
        ];
        store.commit(changes).await.unwrap();
    }
}

#[tokio::test]
async fn a_removed_run_goes_with_what_only_it_used_and_what_it_cost_stays() {
    let disk = Faulty::default();
    let store = disk.open().unwrap();
    two_runs(&store).await;
    let day = stepwell_contract::day_of(at(5));
    let paid_for = (
        store.totals(None).await.unwrap(),
        store.totals_of_day(day).await.unwrap(),
    );
    let told = store.survey().await.unwrap();
    let told = told.free_without(&BTreeSet::from([run_id(1)]));
    assert_eq!(told.blobs, 2);
    store
        .commit(vec![Change::RemoveRun(run_id(1))])
        .await
        .unwrap();
    for _ in 0..2 {
        assert!(store.run(run_id(1)).await.unwrap().is_none());
        let scope = || Scope::of_run(run_id(1), Gaps::Refuse);
        assert!(store.calls(scope()).await.unwrap().is_empty());
        assert!(store.documents(scope()).await.unwrap().is_empty());
        assert!(store.events(run_id(1), 0, 9).await.unwrap().is_empty());
        assert!(store.runs_by_id("").await.unwrap() == [run_id(2)]);
        assert_eq!(
            store
                .newest_calls(None, 0, 9, Gaps::Refuse)
                .await
                .unwrap()
                .len(),
            1
        );
        let states = store.run_states().await.unwrap();
        assert_eq!(states, [(RunState::Success, 1)].into());
        let of_run = store.totals_of_run(run_id(1)).await.unwrap();
        assert_eq!(of_run, CallTotals::default());
        // What was paid for stays paid for, also where it is counted anew.
        let now = (
            store.totals(None).await.unwrap(),
            store.totals_of_day(day).await.unwrap(),
        );
        assert_eq!(now, paid_for);
        assert!(store.check().unwrap().is_empty());
    }
    // Nothing happens to a run that isn't there.
    let transactions = store.transactions();
    store
        .commit(vec![Change::RemoveRun(run_id(1))])
        .await
        .unwrap();
    assert_eq!(store.transactions(), transactions);
    assert_eq!(store.compact().await.unwrap().blobs, 2);
    for (text, stays) in [
        ("document of 1", false),
        ("request of 1", false),
        ("document of 2", true),
        ("shared", true),
        ("name = \"automated_coding\"", true),
    ] {
        assert_eq!(has(&store, text).await, stays, "{text}");
    }
    drop(store);
    let store = disk.open().unwrap();
    store
        .commit(vec![Change::RemoveRun(run_id(2))])
        .await
        .unwrap();
    assert_eq!(store.totals_of_day(day).await.unwrap(), paid_for.1);
    assert!(store.check().unwrap().is_empty());
    assert!(
        store
            .newest_calls(None, 0, 9, Gaps::Refuse)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn what_stands_on_a_run_is_told() {
    let store = RedbStore::in_memory().unwrap();
    two_runs(&store).await;
    let mut cell = run(run_id(7));
    cell.scratch = Some(
        serde_json::from_value(json!({
            "comparison": uuid::Uuid::from_u128(5), "documents_of": run_id(1), "case": "one",
        }))
        .unwrap(),
    );
    store
        .commit(vec![Change::Run(Box::new(cell))])
        .await
        .unwrap();
    let survey = store.survey().await.unwrap();
    let named_by = survey.named_by(run_id(1)).unwrap();
    let comparison = ComparisonId(uuid::Uuid::from_u128(5));
    assert_eq!(*named_by, StandsOn::Comparison(comparison));
    assert_eq!(survey.named_by(run_id(2)), None);
    assert_eq!(survey.named_by(run_id(7)), None);
}

#[tokio::test]
async fn a_copy_of_a_store_that_is_written_on_is_a_store_of_one_moment() {
    let folder = tempfile::tempdir().unwrap();
    let store = RedbStore::open(folder.path()).unwrap();
    two_runs(&store).await;
    store.commit(vec![add("p", &large(1), 1)]).await.unwrap();
    let other = tempfile::tempdir().unwrap();
    let to = other.path().join("copies").join("one");
    let writing = async {
        for n in 0..40 {
            let changes = vec![event(run_id(1), n), event(run_id(2), n)];
            store.commit(changes).await.unwrap();
        }
    };
    let (bytes, ()) = tokio::join!(store.back_up(&to), writing);
    let made = bytes.unwrap();
    assert!(made.bytes > large(1).len() as u64 && made.unreadable.is_empty());
    let copy = RedbStore::open(&to).unwrap();
    assert!(copy.check().unwrap().is_empty());
    let events = |run| copy.last_cursor(run_id(run));
    assert_eq!(events(1).await.unwrap(), events(2).await.unwrap());
    assert_eq!(
        copy.runs(None, None, Gaps::LeaveOut).await.unwrap().len(),
        2
    );
    let prompt = copy.prompt(&name("p")).await.unwrap().unwrap();
    assert_eq!(prompt.versions[0].content, Ok(large(1)));
    // It is written on.
    copy.commit(vec![event(run_id(1), 99)]).await.unwrap();
    let error = store.back_up(&to).await.unwrap_err();
    assert!(
        matches!(error, StoreError::BackupInTheWay { .. }),
        "{error}"
    );
}

#[tokio::test]
async fn what_a_copy_left_that_was_broken_off_is_in_nobodys_way() {
    let folder = tempfile::tempdir().unwrap();
    let store = RedbStore::open(folder.path()).unwrap();
    two_runs(&store).await;
    let other = tempfile::tempdir().unwrap();
    let to = other.path().join("copy");
    std::fs::create_dir_all(to.join("blobs/ab")).unwrap();
    // It could be anybody's.
    let error = store.back_up(&to).await.unwrap_err();
    assert!(matches!(error, StoreError::BackupInTheWay { .. }));
    std::fs::write(to.join("stepwell.redb.new"), "half").unwrap();
    std::fs::write(to.join("mine.txt"), "mine").unwrap();
    let error = store.back_up(&to).await.unwrap_err();
    assert!(matches!(error, StoreError::BackupInTheWay { .. }));
    assert!(to.join("blobs/ab").exists());
    std::fs::remove_file(to.join("mine.txt")).unwrap();
    store.back_up(&to).await.unwrap();
    assert!(!to.join("blobs/ab").exists() && !to.join("stepwell.redb.new").exists());
    // It is kept out of a repository, as the store is.
    let ignoring = std::fs::read_to_string(to.join(".gitignore")).unwrap();
    assert_eq!(ignoring, "*\n");
    let copy = RedbStore::open(&to).unwrap();
    assert_eq!(
        copy.runs(None, None, Gaps::LeaveOut).await.unwrap().len(),
        2
    );
}
