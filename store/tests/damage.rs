//! One flipped bit, in every kind of record and anywhere in the file: it is an error, and never another value.

#![allow(
    clippy::unwrap_used,
    reason = "what these functions are told to do must work"
)]

mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};
use serde_json::json;
use stepwell_contract::{Budget, ComparisonId, ComparisonState, Digest, ExecutionKey};
use stepwell_store::*;
use support::*;
use uuid::Uuid;

const RECORDS: TableDefinition<'static, &[u8], &[u8]> = TableDefinition::new("records");

fn key() -> ExecutionKey {
    execution_key(run_id(1), "requirement/refine")
}

fn comparison() -> ComparisonRecord {
    ComparisonRecord {
        id: ComparisonId(Uuid::from_u128(5)),
        step: key().path,
        at: Vec::new(),
        prompt: Some("requirement".into()),
        template: Box::new(run(run_id(2))),
        judges: BTreeMap::new(),
        variants: Vec::new(),
        cases: Digest::of("cases"),
        case_ids: Vec::new(),
        repeats: 1,
        baseline: 0,
        budget: Budget::default(),
        concurrency: 1,
        batch: false,
        cells: Vec::new(),
        promote_for: None,
        promoted: None,
        improvement: None,
        state: ComparisonState::Finished,
        problem: None,
        created_at: at(1),
        updated_at: at(1),
        ended_at: None,
        other: Default::default(),
    }
}

fn cell() -> CellRecord {
    CellRecord {
        identity: Digest::of("cell"),
        execution: key(),
        comparison: comparison().id,
        findings: BTreeMap::new(),
        rating: None,
        other: Default::default(),
    }
}

fn large() -> String {
    "a line of a large answer\n".repeat(3000)
}

/// One record of every kind.
fn changes() -> Vec<Change> {
    let execution = ExecutionRecord::new(key(), vec![None], ExecutionState::Running, at(1));
    let memo = MemoRecord {
        execution: key(),
        key: MemoKey {
            question: Digest::of("which?"),
            occurrence: 0,
        },
        kind: MemoKind::Complete,
        answer: json!({ "text": "an answer that was paid for" }),
        attempt: 1,
        only_attempt: None,
        received_at: at(2),
        other: Default::default(),
    };
    let checkpoint = CheckpointRecord {
        execution: key(),
        values: BTreeMap::from([("round".into(), Digest::of("2"))]),
        staging: json!({ "files": ["src/main.py"] }),
        saved_at: at(6),
        written: 0,
        other: Default::default(),
    };
    let scratch = Scratch {
        comparison: comparison().id,
        documents_of: None,
        case: "one".into(),
        files: None,
        other: Default::default(),
    };
    vec![
        add("requirement", "Write a requirement for {{ feature }}.", 1),
        Change::Blob("a short answer".into()),
        Change::Blob(large().into()),
        Change::Run(Box::new(run(run_id(1)))),
        Change::Run(Box::new(RunRecord {
            scratch: Some(scratch),
            ..run(run_id(3))
        })),
        Change::Comparison(Box::new(comparison())),
        Change::Improvement(Box::new(improvement(5))),
        Change::Cell(Box::new(cell())),
        Change::Execution(Box::new(execution)),
        Change::Memo(Arc::new(memo)),
        Change::Call(Box::new(call(key(), 1))),
        Change::Checkpoint(Box::new(checkpoint)),
        Change::Document {
            key: DocumentKey {
                execution: key(),
                name: "requirement".into(),
            },
            revision: revision("the text of a document", 3),
        },
        event(run_id(1), 4),
    ]
}

/// What everything that is stored reads as: an error is none, and so is what isn't there.
async fn everything(store: &RedbStore) -> Vec<(&'static str, Option<String>)> {
    fn told<T: std::fmt::Debug>(read: Result<T, StoreError>) -> Option<String> {
        let told = format!("{:?}", read.ok()?);
        (told != "None" && told != "[]" && told != "[None]").then_some(told)
    }
    let blob = |text: &str| Digest::of(text);
    // A text of a version that can't be read is an error where it is asked for.
    let prompt = store.prompt(&name("requirement")).await;
    let prompt = prompt.and_then(|prompt| {
        let texts = prompt.iter().flat_map(|it| {
            it.versions
                .iter()
                .map(|version| it.template(version.number))
        });
        let texts: Vec<_> = texts
            .collect::<Result<Vec<_>, _>>()?
            .into_iter()
            .map(str::to_owned)
            .collect();
        Ok((prompt.is_some() || !texts.is_empty()).then_some((prompt, texts)))
    });
    vec![
        ("prompt", told(prompt)),
        ("blob", told(store.blob(&blob("a short answer")).await)),
        ("large blob", told(store.blob(&blob(&large())).await)),
        ("run", told(store.run(run_id(1)).await)),
        ("scratch run", told(store.run(run_id(3)).await)),
        ("comparison", told(store.comparison(comparison().id).await)),
        (
            "improvement",
            told(store.improvement(improvement(5).id).await),
        ),
        ("cell", told(store.cells(&[Digest::of("cell")]).await)),
        ("execution", told(store.execution(&key()).await)),
        ("memos", told(store.memos(&key()).await)),
        ("calls", told(store.calls(Scope::default()).await)),
        ("checkpoint", told(store.checkpoint(&key()).await)),
        ("documents", told(store.documents(Scope::default()).await)),
        ("events", told(store.events(run_id(1), 0, 9).await)),
    ]
}

async fn written(folder: &Path) -> Vec<(&'static str, Option<String>)> {
    let store = RedbStore::open(folder).unwrap();
    store.commit(changes()).await.unwrap();
    assert!(store.check().unwrap().is_empty());
    let all = everything(&store).await;
    assert!(all.iter().all(|(_, told)| told.is_some()), "{all:?}");
    all
}

/// Every value that isn't made anew from others, or by the next transaction.
fn values(folder: &Path) -> Vec<(Vec<u8>, Vec<u8>)> {
    let database = Database::open(folder.join("stepwell.redb")).unwrap();
    let table = database.begin_read().unwrap().open_table(RECORDS).unwrap();
    let records = table.iter().unwrap().map(|record| {
        let (key, value) = record.unwrap();
        (key.value().to_vec(), value.value().to_vec())
    });
    records
        .filter(|(key, _)| !b"aghijnqtuvw".contains(&key[0]))
        .collect()
}

fn put(folder: &Path, key: &[u8], value: &[u8]) {
    let database = Database::open(folder.join("stepwell.redb")).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction
        .open_table(RECORDS)
        .unwrap()
        .insert(key, value)
        .unwrap();
    transaction.commit().unwrap();
}

#[tokio::test]
async fn one_bit_of_any_record_is_an_error_and_never_another_value() {
    let folder = tempfile::tempdir().unwrap();
    let before = written(folder.path()).await;
    let mut kinds = String::new();
    for (key, value) in values(folder.path()) {
        kinds.push(char::from(key[0]));
        // The form, the digest, and places all over the payload.
        let places = [0, 5].into_iter().chain((17..value.len()).step_by(83));
        for place in places {
            let mut damaged = value.clone();
            damaged[place] ^= 1 << (place % 8);
            put(folder.path(), &key, &damaged);
            let store = RedbStore::open(folder.path()).unwrap();
            let problems = store.check().unwrap();
            assert!(!problems.is_empty(), "{}", key.escape_ascii());
            for problem in problems {
                assert!(matches!(
                    problem,
                    StoreError::Unreadable { .. } | StoreError::UnreadableVersion { .. }
                ));
            }
            for (was, is) in before.iter().zip(everything(&store).await) {
                assert!(is.1.is_none() || *was == is, "{was:?} became {is:?}");
            }
            drop(store);
            put(folder.path(), &key, &value);
        }
    }
    // Each letter is a kind of record.
    let mut sorted: Vec<_> = kinds.chars().collect();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(String::from_iter(sorted), "BRbcdefklmoprsx");
    let store = RedbStore::open(folder.path()).unwrap();
    assert_eq!(everything(&store).await, before);
}

#[tokio::test]
async fn one_bit_of_an_answer_is_noticed_and_mended_by_the_same_answer() {
    let folder = tempfile::tempdir().unwrap();
    let before = written(folder.path()).await;
    let hex = Digest::of(large()).hex();
    let file = folder.path().join("blobs").join(&hex[..2]).join(&hex);
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[40_000] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let small = values(folder.path());
    let small = small
        .iter()
        .find(|(_, value)| payload(value) == b"a short answer");
    let (key, mut value) = small.unwrap().clone();
    value[20] ^= 1;
    put(folder.path(), &key, &value);
    let store = RedbStore::open(folder.path()).unwrap();
    assert_eq!(store.check().unwrap().len(), 2);
    assert!(!store.has_blob(&Digest::of("a short answer")).await.unwrap());
    store.blob(&Digest::of(large())).await.unwrap_err();
    store
        .commit(vec![
            Change::Blob(large().into()),
            Change::Blob("a short answer".into()),
        ])
        .await
        .unwrap();
    assert!(store.check().unwrap().is_empty());
    assert_eq!(everything(&store).await, before);
}

#[tokio::test]
async fn one_bit_anywhere_in_the_file_changes_no_value_and_hides_none_unnoticed() {
    let folder = tempfile::tempdir().unwrap();
    let before = written(folder.path()).await;
    let file = folder.path().join("stepwell.redb");
    let good = std::fs::read(&file).unwrap();
    let (mut tried, mut noticed) = (0, 0);
    for place in (0..good.len()).step_by(421) {
        let mut bad = good.clone();
        bad[place] ^= 1 << (place % 8);
        std::fs::write(&file, &bad).unwrap();
        tried += 1;
        // Where it can't be opened, that is an error, too.
        let Ok(store) = RedbStore::open(folder.path()) else {
            noticed += 1;
            continue;
        };
        let after = everything(&store).await;
        let clean = store.check().is_ok_and(|problems| problems.is_empty());
        for (was, is) in before.iter().zip(&after) {
            assert!(
                is.1.is_none() || was == is,
                "{place}: {was:?} became {is:?}"
            );
        }
        assert!(!clean || after == before, "{place}: something is hidden");
        noticed += usize::from(!clean);
    }
    assert!(noticed > 10, "{noticed} of {tried} were noticed");
}

#[tokio::test]
async fn one_bit_in_the_store_of_a_killed_process_undoes_nothing_unnoticed() {
    let folder = tempfile::tempdir().unwrap();
    let store = RedbStore::open(folder.path()).unwrap();
    store.commit(changes()).await.unwrap();
    store.commit(vec![event(run_id(1), 5)]).await.unwrap();
    let before = everything(&store).await;
    // What a kill leaves.
    let kept = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    let (good, acknowledged) = (kept("stepwell.redb"), kept("acknowledged"));
    drop(store);
    assert!(!folder.path().join("acknowledged").exists());

    let opened = |bytes: &[u8]| {
        std::fs::write(folder.path().join("stepwell.redb"), bytes).unwrap();
        std::fs::write(folder.path().join("acknowledged"), &acknowledged).unwrap();
        RedbStore::open(folder.path())
    };
    let store = opened(&good).unwrap();
    assert_eq!(everything(&store).await, before);
    assert!(store.check().unwrap().is_empty(), "a kill is no damage");
    drop(store);
    let mut undone = 0;
    for place in (0..good.len()).step_by(283) {
        let mut bad = good.clone();
        bad[place] ^= 1 << (place % 8);
        let Ok(store) = opened(&bad) else { continue };
        let after = everything(&store).await;
        if after != before {
            let noticed = store.lost().is_some() || !store.check().unwrap().is_empty();
            assert!(noticed, "{place}: the last transaction is gone");
            undone += usize::from(store.lost().is_some());
        }
    }
    assert!(undone > 0, "no place was tried where it is undone");
}

#[tokio::test]
async fn a_prompt_under_a_damaged_name_is_no_prompt_that_isnt_there() {
    let folder = tempfile::tempdir().unwrap();
    written(folder.path()).await;
    let records = values(folder.path());
    let (key, value) = records.iter().find(|(key, _)| key[0] == b'p').unwrap();
    let database = Database::open(folder.path().join("stepwell.redb")).unwrap();
    let transaction = database.begin_write().unwrap();
    {
        let mut table = transaction.open_table(RECORDS).unwrap();
        table.remove(key.as_slice()).unwrap();
        let other = [&key[..key.len() - 1], b"u"].concat();
        table.insert(other.as_slice(), value.as_slice()).unwrap();
    }
    transaction.commit().unwrap();
    drop(database);
    let store = RedbStore::open(folder.path()).unwrap();
    let error = store.prompt(&name("requirement")).await.unwrap_err();
    assert!(error.to_string().contains("digest"), "{error}");
    // Nobody takes the name for a new one.
    let declared = declare("requirement", "intrinsic", "requirement 0.1.0", 9);
    let error = store.commit(vec![declared]).await.unwrap_err();
    assert!(matches!(error, StoreError::Unreadable { .. }), "{error}");
}

/// Damages the text of a version of the prompt.
fn spoil_text(folder: &Path, text: &str) {
    let stored = values(folder);
    let mut texts = stored.iter().filter(|(key, _)| key[0] == b'b');
    let (key, value) = texts
        .find(|(_, value)| payload(value) == text.as_bytes())
        .unwrap();
    let mut value = value.clone();
    value[20] ^= 1;
    put(folder, key, &value);
}

#[tokio::test]
async fn a_version_whose_text_is_damaged_is_unreadable_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let store = RedbStore::open(folder.path()).unwrap();
    for (n, text) in (1..).zip(["the first text", "the second text", "the third text"]) {
        store.commit(vec![add("p", text, n)]).await.unwrap();
    }
    drop(store);
    spoil_text(folder.path(), "the second text");
    let store = RedbStore::open(folder.path()).unwrap();
    let prompt = store.prompt(&name("p")).await.unwrap().unwrap();
    assert_eq!(prompt.template(1).unwrap(), "the first text");
    assert_eq!(prompt.template(3).unwrap(), "the third text");
    let error = prompt.template(2).unwrap_err();
    assert!(
        matches!(error, StoreError::UnreadableVersion { number: 2, .. }),
        "{error}"
    );
    let found = store.check().unwrap();
    assert!(
        found.iter().any(|it| it.to_string() == error.to_string()),
        "{found:?}"
    );
    // It can't become current, and it can go.
    let error = store
        .commit(vec![use_version("p", 2, 9)])
        .await
        .unwrap_err();
    assert!(
        matches!(error, StoreError::UnreadableVersion { .. }),
        "{error}"
    );
    store.commit(vec![use_version("p", 1, 10)]).await.unwrap();
    store.commit(vec![remove("p", 2)]).await.unwrap();
    let prompt = store.prompt(&name("p")).await.unwrap().unwrap();
    assert_eq!((prompt.versions.len(), prompt.current), (2, 1));
    // What was pushed out or removed leaves its blob behind, until compacting.
    drop(store);
    let store = RedbStore::open(folder.path()).unwrap();
    let prompt = store.prompt(&name("p")).await.unwrap().unwrap();
    assert!(
        prompt
            .versions
            .iter()
            .all(|version| version.content.is_ok())
    );
}

#[tokio::test]
async fn a_damaged_current_version_is_mended_by_its_own_text() {
    for with in [
        add("p", "the first text", 9),
        declare("p", "the first text", "x 1", 9),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let store = RedbStore::open(folder.path()).unwrap();
        store
            .commit(vec![declare("p", "the first text", "x 1", 1)])
            .await
            .unwrap();
        drop(store);
        spoil_text(folder.path(), "the first text");
        let store = RedbStore::open(folder.path()).unwrap();
        let prompt = store.prompt(&name("p")).await.unwrap().unwrap();
        prompt.template(1).unwrap_err();
        store.commit(vec![with]).await.unwrap();
        let prompt = store.prompt(&name("p")).await.unwrap().unwrap();
        assert_eq!(
            (prompt.versions.len(), prompt.template(1).unwrap()),
            (1, "the first text")
        );
        assert!(store.check().unwrap().is_empty());
        drop(store);
        let store = RedbStore::open(folder.path()).unwrap();
        let prompt = store.prompt(&name("p")).await.unwrap().unwrap();
        assert_eq!(prompt.template(1).unwrap(), "the first text");
    }
}

#[tokio::test]
async fn a_run_whose_record_is_hidden_is_no_run_that_never_was() {
    let folder = tempfile::tempdir().unwrap();
    written(folder.path()).await;
    let records = values(folder.path());
    let (key, value) = records.iter().find(|(key, _)| key[0] == b'r').unwrap();
    let database = Database::open(folder.path().join("stepwell.redb")).unwrap();
    let transaction = database.begin_write().unwrap();
    {
        let mut table = transaction.open_table(RECORDS).unwrap();
        table.remove(key.as_slice()).unwrap();
        let mut other = key.clone();
        other[16] ^= 1;
        table.insert(other.as_slice(), value.as_slice()).unwrap();
    }
    transaction.commit().unwrap();
    drop(database);
    let store = RedbStore::open(folder.path()).unwrap();
    let error = store.run(run_id(1)).await.unwrap_err();
    assert!(error.to_string().contains("damaged"), "{error}");
    // A run that never was is none, and neither is the log of a comparison.
    assert!(store.run(run_id(77)).await.unwrap().is_none());
    let log = stepwell_contract::RunId(comparison().id.0);
    assert!(store.run(log).await.unwrap().is_none());
    // What stands on what isn't known then.
    let error = store.stood_on().await.unwrap_err();
    assert!(matches!(error, StoreError::Unreadable { .. }), "{error}");
}

/// Moves a record to another key, as a flipped bit in its key does.
fn move_record(folder: &Path, from: &[u8], to: &[u8]) {
    let database = Database::open(folder.join("stepwell.redb")).unwrap();
    let transaction = database.begin_write().unwrap();
    {
        let mut table = transaction.open_table(RECORDS).unwrap();
        let value = table.remove(from).unwrap().unwrap().value().to_vec();
        table.insert(to, value.as_slice()).unwrap();
    }
    transaction.commit().unwrap();
}

#[tokio::test]
async fn one_bit_of_the_key_of_a_run_hides_it_from_nobody_unnoticed() {
    let folder = tempfile::tempdir().unwrap();
    // Far from each other, so that no bit makes one of another.
    let [first, newest] = [0x0f0f, 0xf0f0].map(run_id);
    let runs = [first, newest].map(|id| Change::Run(Box::new(run(id))));
    let store = RedbStore::open(folder.path()).unwrap();
    store.commit(runs.into()).await.unwrap();
    drop(store);
    for id in [first, newest] {
        let key = [b"r", id.0.as_bytes().as_slice()].concat();
        for bit in 0..8 * key.len() {
            let mut other = key.clone();
            other[bit / 8] ^= 1 << (bit % 8);
            let told = other.escape_ascii().to_string();
            move_record(folder.path(), &key, &other);
            let store = RedbStore::open(folder.path()).unwrap();
            let problems = store.check().unwrap();
            let named = problems
                .iter()
                .any(|it| it.to_string().contains(&id.to_string()));
            assert!(named, "{told}: {problems:?}");
            assert!(store.run(id).await.is_err(), "{told}");
            let left_out = LeftOut::default();
            let gaps = Gaps::Count(left_out.clone());
            let listed = store.runs(None, None, gaps).await.unwrap();
            assert_eq!((listed.len(), left_out.count()), (1, 1), "{told}");
            assert!(
                store.runs(None, None, Gaps::Refuse).await.is_err(),
                "{told}"
            );
            // No other one is taken for the last.
            let last = store.newest_run().await.unwrap().unwrap();
            if id == newest {
                assert!(store.run(last).await.is_err(), "{told}: {last}");
            }
            // Nothing is freed that it may need.
            assert!(
                store.survey().await.unwrap().unreadable().is_some(),
                "{told}"
            );
            assert!(store.stood_on().await.is_err(), "{told}");
            drop(store);
            move_record(folder.path(), &other, &key);
        }
    }
    let store = RedbStore::open(folder.path()).unwrap();
    assert!(store.check().unwrap().is_empty());
    assert_eq!(store.runs(None, None, Gaps::Refuse).await.unwrap().len(), 2);
}

/// On a page of a listing is told what is missing there, and nowhere else.
#[tokio::test]
async fn a_hidden_run_is_missed_on_its_own_page_of_a_listing() {
    let folder = tempfile::tempdir().unwrap();
    let ids = [0x000f, 0x00f0, 0x0f00, 0xf000].map(run_id);
    let store = RedbStore::open(folder.path()).unwrap();
    let runs = ids.map(|id| Change::Run(Box::new(run(id))));
    store.commit(runs.into()).await.unwrap();
    drop(store);
    let key = [b"r", ids[1].0.as_bytes().as_slice()].concat();
    move_record(folder.path(), &key, &[b"s", &key[1..]].concat());
    let store = RedbStore::open(folder.path()).unwrap();
    let mut before = None;
    for missed in [0, 1] {
        let left_out = LeftOut::default();
        let gaps = Gaps::Count(left_out.clone());
        let page = store.runs(before, Some(2), gaps).await.unwrap();
        assert_eq!(left_out.count(), missed);
        before = page.last().map(|run| run.id);
    }
}
