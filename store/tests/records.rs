//! Records come back as they were written, are found by what names them, and survive builds that differ.

#![allow(
    clippy::unwrap_used,
    reason = "what these functions are told to do must work"
)]

mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};
use serde_json::{Value, json};
use stepwell_contract::{
    ComparisonId, Digest, ExecutionKey, Finding, Position, ProposalState, Rating,
};
use stepwell_store::*;
use support::*;
use uuid::Uuid;

const RECORDS: TableDefinition<'static, &[u8], &[u8]> = TableDefinition::new("records");

/// Changes the payload of every key that begins with a letter, as another build would.
fn rewrite(folder: &Path, letter: u8, change: impl Fn(&[u8]) -> Vec<u8>) {
    let database = Database::open(folder.join("stepwell.redb")).unwrap();
    let transaction = database.begin_write().unwrap();
    {
        let mut table = transaction.open_table(RECORDS).unwrap();
        let start: &[u8] = &[letter];
        let end: &[u8] = &[letter + 1];
        let found = table.range(start..end).unwrap();
        let found: Vec<(Vec<u8>, Vec<u8>)> = found
            .map(|record| record.unwrap())
            .map(|(key, value)| (key.value().to_vec(), value.value().to_vec()))
            .collect();
        assert!(!found.is_empty());
        for (key, value) in found {
            table
                .insert(
                    key.as_slice(),
                    framed(&key, &change(payload(&value))).as_slice(),
                )
                .unwrap();
        }
    }
    transaction.commit().unwrap();
}

fn rewrite_json(folder: &Path, letter: u8, change: impl Fn(&mut Value)) {
    rewrite(folder, letter, |bytes| {
        let mut value = serde_json::from_slice(bytes).unwrap();
        change(&mut value);
        serde_json::to_vec(&value).unwrap()
    });
}

/// The one value whose key begins with a letter, as it lies in the file.
fn stored(folder: &Path, letter: u8) -> Value {
    let database = Database::open(folder.join("stepwell.redb")).unwrap();
    let table = database.begin_read().unwrap().open_table(RECORDS).unwrap();
    let records = table.iter().unwrap().map(|record| record.unwrap());
    let mut found = records.filter(|(key, _)| key.value()[0] == letter);
    serde_json::from_slice(payload(found.next().unwrap().1.value())).unwrap()
}

fn execution(key: ExecutionKey) -> ExecutionRecord {
    serde_json::from_value(json!({
        "key": key, "id": Uuid::nil(), "state": "running", "started_at": at(1),
    }))
    .unwrap()
}

fn memo(key: &ExecutionKey, question: &str, occurrence: u32) -> MemoRecord {
    MemoRecord {
        execution: key.clone(),
        key: MemoKey {
            question: Digest::of(question),
            occurrence,
        },
        kind: MemoKind::Complete,
        answer: json!({ "text": "an answer" }),
        attempt: 1,
        only_attempt: None,
        received_at: at(3),
        other: Default::default(),
    }
}

#[tokio::test]
async fn records_come_back_as_they_were_written() {
    let store = RedbStore::in_memory().unwrap();
    let key = execution_key(run_id(1), "requirement/refine");
    let document = DocumentKey {
        execution: key.clone(),
        name: "design".into(),
    };
    let mut checkpoint: CheckpointRecord = serde_json::from_value(json!({
        "execution": key, "values": { "round": Digest::of("2") }, "saved_at": at(4),
    }))
    .unwrap();
    checkpoint.staging = json!({ "files": [] });
    store
        .commit(vec![
            Change::Run(Box::new(run(run_id(1)))),
            Change::Execution(Box::new(execution(key.clone()))),
            Change::Memo(Arc::new(memo(&key, "who?", 0))),
            Change::Call(Box::new(call(key.clone(), 1))),
            Change::Checkpoint(Box::new(checkpoint.clone())),
            Change::Document {
                key: document.clone(),
                revision: revision("a design", 5),
            },
            event(run_id(1), 6),
        ])
        .await
        .unwrap();
    assert_eq!(store.run(run_id(1)).await.unwrap(), Some(run(run_id(1))));
    assert_eq!(store.run(run_id(2)).await.unwrap(), None);
    assert_eq!(
        store.execution(&key).await.unwrap(),
        Some(execution(key.clone()))
    );
    assert_eq!(
        store.executions(run_id(1), Gaps::Refuse).await.unwrap(),
        [execution(key.clone())]
    );
    assert_eq!(store.memos(&key).await.unwrap(), [memo(&key, "who?", 0)]);
    assert_eq!(store.checkpoint(&key).await.unwrap(), Some(checkpoint));
    assert_eq!(
        store.calls(Scope::default()).await.unwrap(),
        [call(key.clone(), 1)]
    );
    let found = store.document(&document).await.unwrap().unwrap();
    assert_eq!(
        found.revisions,
        [Revision {
            number: 1,
            ..revision("a design", 5)
        }]
    );
    let events = store.events(run_id(1), 0, 10).await.unwrap();
    assert_eq!(
        (events[0].cursor, &events[0].body["kind"]),
        (1, &json!("log"))
    );
    assert!(store.check().unwrap().is_empty());
}

#[tokio::test]
async fn forgotten_memos_are_gone_and_others_stay() {
    let store = RedbStore::in_memory().unwrap();
    let key = execution_key(run_id(1), "a");
    let memos = [memo(&key, "x", 0), memo(&key, "x", 1), memo(&key, "y", 0)];
    let changes = memos
        .iter()
        .map(|memo| Change::Memo(Arc::new(memo.clone())));
    store.commit(changes.collect()).await.unwrap();
    let forget = Change::ForgetMemos {
        execution: key.clone(),
        keys: vec![memos[1].key, memo(&key, "never asked", 0).key],
    };
    store.commit(vec![forget]).await.unwrap();
    let mut left = store.memos(&key).await.unwrap();
    left.sort_by_key(|memo| memo.key.question != Digest::of("x"));
    assert_eq!(left, [memos[0].clone(), memos[2].clone()]);
}

#[tokio::test]
async fn a_document_keeps_every_text_that_it_had() {
    let store = RedbStore::in_memory().unwrap();
    let key = DocumentKey {
        execution: execution_key(run_id(1), "a"),
        name: "requirement".into(),
    };
    let put = |text: &str| Change::Document {
        key: key.clone(),
        revision: revision(text, 1),
    };
    let committed = store.commit(vec![put("one"), put("two")]).await.unwrap();
    assert_eq!(committed.revisions, [1, 2]);
    store
        .commit(vec![Change::DeleteDocument(key.clone())])
        .await
        .unwrap();
    let record = store.document(&key).await.unwrap().unwrap();
    assert!(record.deleted);
    assert_eq!(record.revisions.len(), 2);
    let committed = store.commit(vec![put("three")]).await.unwrap();
    assert_eq!(committed.revisions, [3]);
    assert!(!store.document(&key).await.unwrap().unwrap().deleted);

    let other = DocumentKey {
        name: "design".into(),
        ..key
    };
    let error = store
        .commit(vec![Change::DeleteDocument(other)])
        .await
        .unwrap_err();
    assert!(
        matches!(error, StoreError::NoSuchDocument { .. }),
        "{error}"
    );
}

#[tokio::test]
async fn a_scope_finds_its_records_and_no_others() {
    let store = RedbStore::in_memory().unwrap();
    // `a_b` and `a/b` begin as `a` does.
    let mut keys = Vec::new();
    for run in [1, 2] {
        for path in ["a", "a/b", "a_b", "b"] {
            keys.push(execution_key(run_id(run), path));
        }
    }
    let mut item = execution_key(run_id(1), "a");
    item.at[0] = Position {
        item: Some(3),
        round: 2,
    };
    keys.push(item.clone());
    // The newest first, so that the order of the answer isn't that of the writes.
    for (n, key) in keys.iter().enumerate().rev() {
        let document = DocumentKey {
            execution: key.clone(),
            name: "design".into(),
        };
        let changes = vec![
            Change::Call(Box::new(call(key.clone(), n as u128))),
            Change::Document {
                key: document,
                revision: revision("text", 1),
            },
        ];
        store.commit(changes).await.unwrap();
    }
    let scope = |run: Option<u128>, step: Option<&str>, execution: Option<&ExecutionKey>| Scope {
        run: run.map(run_id),
        step: step.map(|step| step.parse().unwrap()),
        execution: execution.cloned(),
        gaps: Gaps::Refuse,
    };
    let expectations: [(Scope, &[u32]); 7] = [
        (scope(None, None, None), &[0, 1, 2, 3, 4, 5, 6, 7, 8]),
        (scope(Some(1), None, None), &[0, 1, 2, 3, 8]),
        (scope(None, Some("a"), None), &[0, 4, 8]),
        (scope(None, Some("a/b"), None), &[1, 5]),
        (scope(Some(2), Some("a"), None), &[4]),
        (scope(None, None, Some(&item)), &[8]),
        (scope(Some(2), None, Some(&item)), &[]),
    ];
    for (scope, expected) in expectations {
        let calls = store.calls(scope.clone()).await.unwrap();
        let found: Vec<_> = calls.iter().map(|call| call.sequence).collect();
        assert_eq!(found, expected, "{scope:?}");
        let documents = store.documents(scope.clone()).await.unwrap();
        let found: Vec<_> = documents.into_iter().map(|document| document.key).collect();
        assert!(found.is_sorted(), "{scope:?}");
        assert_eq!(found.len(), expected.len(), "{scope:?}");
    }
    // A part at a time every call comes once, newest first.
    for size in [1, 2, 9, 100] {
        let mut found = Vec::new();
        loop {
            let part = store
                .newest_calls(None, found.len(), size, Gaps::Refuse)
                .await
                .unwrap();
            assert!(part.len() <= size);
            if part.is_empty() {
                break;
            }
            found.extend(part.into_iter().map(|call| call.sequence));
        }
        assert_eq!(found, [8, 7, 6, 5, 4, 3, 2, 1, 0]);
    }
    assert_eq!(
        store.newest_calls(None, 0, 0, Gaps::Refuse).await.unwrap(),
        []
    );
}

#[tokio::test]
async fn runs_come_newest_first_and_can_be_read_on() {
    let store = RedbStore::in_memory().unwrap();
    for n in [2, 5, 1, 4, 3] {
        let change = Change::Run(Box::new(run(run_id(n))));
        store.commit(vec![change]).await.unwrap();
    }
    let mut before = None;
    let mut pages = Vec::new();
    loop {
        let page = store.runs(before, Some(2), Gaps::LeaveOut).await.unwrap();
        let Some(last) = page.last() else { break };
        before = Some(last.id);
        pages.push(page.iter().map(|run| run.id).collect::<Vec<_>>());
    }
    let expected = [vec![5, 4], vec![3, 2], vec![1]];
    assert_eq!(
        pages,
        expected.map(|page| page.into_iter().map(run_id).collect::<Vec<_>>())
    );
    assert_eq!(
        store.runs(None, None, Gaps::LeaveOut).await.unwrap().len(),
        5
    );
}

#[tokio::test]
async fn events_have_cursors_without_gaps_and_can_be_followed() {
    let store = RedbStore::in_memory().unwrap();
    let mut watcher = store.watch();
    let changes = vec![
        event(run_id(1), 1),
        event(run_id(2), 2),
        event(run_id(1), 3),
    ];
    assert_eq!(store.commit(changes).await.unwrap().cursors, [1, 1, 2]);
    store
        .commit(vec![event(run_id(1), 4), add("p", "text", 4)])
        .await
        .unwrap();
    let read = store.events(run_id(1), 1, 1).await.unwrap();
    assert_eq!((read.len(), read[0].cursor, read[0].at), (1, 2, at(3)));
    let cursors = store.events(run_id(1), 0, 10).await.unwrap();
    assert!(cursors.iter().map(|event| event.cursor).eq(1..=3));

    let mut told = Vec::new();
    while let Ok(notice) = watcher.try_recv() {
        told.push(notice);
    }
    let events = |run, cursor| Notice::Events {
        run: run_id(run),
        cursor,
    };
    let expected = [
        events(1, 2),
        events(2, 1),
        events(1, 3),
        Notice::Prompt(name("p")),
    ];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn one_bad_record_spoils_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let store = RedbStore::open(folder.path()).unwrap();
    store
        .commit(vec![
            add("bad", "text", 1),
            Change::Run(Box::new(run(run_id(1)))),
        ])
        .await
        .unwrap();
    drop(store);
    rewrite(folder.path(), b'p', |_| b"{ no json".to_vec());
    rewrite_json(folder.path(), b'r', |run| {
        run["state"] = json!("no such state")
    });

    let store = RedbStore::open(folder.path()).unwrap();
    let changes = vec![
        add("good", "text", 2),
        Change::Run(Box::new(run(run_id(2)))),
    ];
    store.commit(changes).await.unwrap();
    let runs = store.runs(None, None, Gaps::LeaveOut).await.unwrap();
    assert_eq!(runs, [run(run_id(2))]);
    let error = store.run(run_id(1)).await.unwrap_err();
    assert!(matches!(error, StoreError::Unreadable { .. }), "{error}");

    assert_eq!(
        store.prompt_names().await.unwrap(),
        [name("bad"), name("good")]
    );
    assert!(store.prompt(&name("good")).await.unwrap().is_some());
    let error = store.prompt(&name("bad")).await.unwrap_err();
    let StoreError::Unreadable { what, .. } = &error else {
        panic!("{error}")
    };
    assert_eq!(what, "prompt bad");
    let error = store.commit(vec![add("bad", "new", 3)]).await.unwrap_err();
    assert!(matches!(error, StoreError::Unreadable { .. }), "{error}");

    let problems = store.check().unwrap();
    let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(problems.len(), 2);
    assert!(problems[0].contains("prompt bad"), "{problems:?}");
    assert!(problems[1].contains(&run_id(1).to_string()), "{problems:?}");
}

#[tokio::test]
async fn a_prompt_that_breaks_the_rules_counts_as_unreadable() {
    let folder = tempfile::tempdir().unwrap();
    let store = RedbStore::open(folder.path()).unwrap();
    store.commit(vec![add("p", "text", 1)]).await.unwrap();
    drop(store);
    rewrite_json(folder.path(), b'p', |prompt| prompt["current"] = json!(9));
    let store = RedbStore::open(folder.path()).unwrap();
    let error = store.prompt(&name("p")).await.unwrap_err();
    assert!(error.to_string().contains("v9"), "{error}");
}

#[tokio::test]
async fn what_a_newer_build_wrote_is_kept_when_a_record_is_rewritten() {
    let folder = tempfile::tempdir().unwrap();
    let store = RedbStore::open(folder.path()).unwrap();
    let key = execution_key(run_id(1), "a");
    let document = DocumentKey {
        execution: key.clone(),
        name: "design".into(),
    };
    let put = Change::Document {
        key: document.clone(),
        revision: revision("text", 1),
    };
    store
        .commit(vec![
            add("p", "one", 1),
            put.clone(),
            Change::Run(Box::new(run(run_id(1)))),
        ])
        .await
        .unwrap();
    drop(store);
    let newer = json!({ "from": ["a", "newer build"] });
    for letter in [b'p', b'd', b'r'] {
        rewrite_json(folder.path(), letter, |record| {
            record["newer"] = newer.clone()
        });
    }
    rewrite_json(folder.path(), b'p', |prompt| {
        prompt["versions"][0]["newer"] = newer.clone();
        prompt["promotions"][0]["newer"] = newer.clone();
    });

    let store = RedbStore::open(folder.path()).unwrap();
    let mut run = store.run(run_id(1)).await.unwrap().unwrap();
    run.state = RunState::Success;
    store
        .commit(vec![add("p", "two", 2), put, Change::Run(Box::new(run))])
        .await
        .unwrap();
    drop(store);
    let prompt = stored(folder.path(), b'p');
    assert_eq!((&prompt["newer"], &prompt["current"]), (&newer, &json!(2)));
    assert_eq!(prompt["versions"][0]["newer"], newer);
    assert_eq!(prompt["promotions"][0]["newer"], newer);
    assert_eq!(stored(folder.path(), b'd')["newer"], newer);
    let run = stored(folder.path(), b'r');
    assert_eq!((&run["newer"], &run["state"]), (&newer, &json!("success")));
}

#[tokio::test]
async fn a_record_without_its_optional_fields_has_defaults() {
    let folder = tempfile::tempdir().unwrap();
    let store = RedbStore::open(folder.path()).unwrap();
    let key = execution_key(run_id(1), "a");
    store
        .commit(vec![
            Change::Run(Box::new(run(run_id(1)))),
            Change::Call(Box::new(call(key.clone(), 1))),
            add("p", "text", 1),
        ])
        .await
        .unwrap();
    drop(store);
    let keep = |record: &mut Value, fields: &[&str]| {
        record
            .as_object_mut()
            .unwrap()
            .retain(|field, _| fields.contains(&field.as_str()));
    };
    rewrite_json(folder.path(), b'r', |run| {
        let fields = [
            "id",
            "workflow",
            "definition",
            "workspace",
            "state",
            "created_at",
            "updated_at",
        ];
        keep(run, &fields);
    });
    rewrite_json(folder.path(), b'c', |call| {
        for field in ["prompts", "attempts", "response", "error", "ended_at"] {
            call.as_object_mut().unwrap().remove(field).unwrap();
        }
    });
    rewrite_json(folder.path(), b'p', |prompt| {
        keep(prompt, &["name", "versions", "current", "next_number"]);
        let fields = ["number", "content", "digest", "created_at", "updated_at"];
        keep(&mut prompt["versions"][0], &fields);
    });
    let store = RedbStore::open(folder.path()).unwrap();
    let run = store.run(run_id(1)).await.unwrap().unwrap();
    assert!(run.inputs.is_empty() && run.problem.is_none() && !run.no_questions);
    let calls = store.calls(Scope::default()).await.unwrap();
    assert_eq!(calls[0].attempts, []);
    let prompt = store.prompt(&name("p")).await.unwrap().unwrap();
    assert_eq!(prompt.current_version().unwrap().origin, Origin::Person);
}

#[tokio::test]
async fn what_an_execution_goes_on_from_is_never_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let store = RedbStore::open(folder.path()).unwrap();
    let key = execution_key(run_id(1), "a");
    let changes = vec![
        Change::Memo(Arc::new(memo(&key, "one", 0))),
        Change::Call(Box::new(call(key.clone(), 1))),
    ];
    store.commit(changes).await.unwrap();
    drop(store);
    rewrite(folder.path(), b'm', |_| b"{".to_vec());
    rewrite(folder.path(), b'c', |_| b"{".to_vec());
    let store = RedbStore::open(folder.path()).unwrap();
    let error = store.memos(&key).await.unwrap_err();
    assert!(matches!(error, StoreError::Unreadable { .. }), "{error}");
    let scope = |execution, gaps| Scope {
        execution,
        ..Scope::of_run(key.run, gaps)
    };
    for execution in [Some(key.clone()), None] {
        let calls = store.calls(scope(execution, Gaps::Refuse)).await;
        assert!(matches!(calls, Err(StoreError::Unreadable { .. })));
    }
    // A listing of a run's calls shows those that there are.
    let listed = store.calls(scope(None, Gaps::LeaveOut)).await;
    assert_eq!(listed.unwrap(), []);
    // Who tells a person of them says how many there are not.
    let left_out = LeftOut::default();
    let listed = store.calls(scope(None, Gaps::Count(left_out.clone())));
    assert_eq!((listed.await.unwrap(), left_out.count()), (vec![], 1));
}

#[test]
fn the_file_of_a_large_blob_is_read_elsewhere() {
    use std::task::{Context, Waker};
    let folder = tempfile::tempdir().unwrap();
    let store = RedbStore::open(folder.path()).unwrap();
    let large = bytes::Bytes::from(vec![7; 1 << 20]);
    let digest = Digest::of(&large);
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.max_blocking_threads(1).build().unwrap();
    runtime.block_on(async {
        let changes = vec![Change::Blob(large.clone())];
        store.commit(changes).await.unwrap();
        // The thread that may block is at work on something else.
        let (done, waits) = std::sync::mpsc::channel::<()>();
        tokio::task::spawn_blocking(move || waits.recv());
        let mut read = store.blob(&digest);
        let mut context = Context::from_waker(Waker::noop());
        assert!(read.as_mut().poll(&mut context).is_pending());
        drop(done);
        assert_eq!(read.await.unwrap(), Some(large));
    });
}

#[tokio::test]
async fn what_checks_find_and_what_a_person_says_of_a_cell_stand_beside_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let store = RedbStore::open(folder.path()).unwrap();
    let cell = CellRecord {
        identity: Digest::of("cell"),
        execution: execution_key(run_id(1), "a"),
        comparison: ComparisonId(Uuid::from_u128(1)),
        findings: BTreeMap::new(),
        rating: None,
        other: OtherFields::new(),
    };
    store
        .commit(vec![Change::Cell(Box::new(cell.clone()))])
        .await
        .unwrap();
    drop(store);
    // As a build wrote it that knew no findings.
    rewrite_json(folder.path(), b'l', |cell| {
        cell.as_object_mut().unwrap().remove("findings").unwrap();
    });
    let store = RedbStore::open(folder.path()).unwrap();
    let finding = |passed| Finding {
        passed: Some(passed),
        ..Finding::default()
    };
    let found = |checks: std::ops::Range<usize>| Change::Findings {
        cell: cell.identity,
        findings: checks
            .map(|check| (Digest::of(check.to_string()), finding(true)))
            .collect(),
    };
    let rating = Some(Rating {
        score: 4,
        comment: String::new(),
        by: "anna".into(),
        at: at(1),
    });
    let rated = Change::Rating {
        cell: cell.identity,
        rating: rating.clone(),
    };
    let nowhere = Change::Rating {
        cell: Digest::of("no cell"),
        rating: None,
    };
    store
        .commit(vec![found(0..1), rated, nowhere])
        .await
        .unwrap();
    store.commit(vec![found(1..3)]).await.unwrap();
    let kept = async || {
        let cells = [cell.identity, Digest::of("no cell")];
        let mut cells = store.cells(&cells).await.unwrap();
        assert_eq!(cells.pop().unwrap(), None);
        cells.pop().unwrap().unwrap()
    };
    assert_eq!(
        (kept().await.findings.len(), kept().await.rating),
        (3, rating)
    );
    // Where more come than are kept, those of others make room.
    store
        .commit(vec![found(10..10 + KEPT_FINDINGS)])
        .await
        .unwrap();
    assert_eq!(kept().await.findings.len(), KEPT_FINDINGS);
    let last = Digest::of((9 + KEPT_FINDINGS).to_string());
    assert_eq!(kept().await.findings[&last], finding(true));
}

#[tokio::test]
async fn an_improvement_keeps_what_a_later_build_wrote_and_what_it_names_is_not_freed() {
    let folder = tempfile::tempdir().unwrap();
    let store = RedbStore::open(folder.path()).unwrap();
    let (first, second) = (improvement(5), improvement(8));
    let texts = ["request", "baseline", "proposal", "nobody's"];
    let mut changes: Vec<_> = texts
        .iter()
        .map(|text| Change::Blob((*text).into()))
        .collect();
    changes.push(Change::Improvement(Box::new(first.clone())));
    changes.push(Change::Improvement(Box::new(second.clone())));
    store.commit(changes).await.unwrap();
    drop(store);
    rewrite_json(folder.path(), b'f', |improvement| {
        improvement["mood"] = "bright".into();
        improvement["proposals"][0]["state"] = "pondered".into();
    });
    let store = RedbStore::open(folder.path()).unwrap();
    let later = store.improvement(first.id).await.unwrap().unwrap();
    assert_eq!(later.other["mood"], "bright");
    let state = &later.proposals[0].state;
    assert_eq!(*state, ProposalState::Other("pondered".into()));
    let again = Change::Improvement(Box::new(later.clone()));
    store.commit(vec![again]).await.unwrap();
    assert_eq!(store.improvement(first.id).await.unwrap(), Some(later));

    let ids = async |before, limit| {
        let listed = store
            .improvements(before, limit, Gaps::Refuse)
            .await
            .unwrap();
        listed.into_iter().map(|it| it.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(None, None).await, [second.id, first.id]);
    assert_eq!(ids(None, Some(1)).await, [second.id]);
    assert_eq!(ids(Some(second.id), None).await, [first.id]);
    assert!(store.check_records().await.unwrap().is_empty());

    store.compact().await.unwrap();
    let there = async |text: &str| store.has_blob(&Digest::of(text)).await.unwrap();
    assert!(there("request").await && there("baseline").await && there("proposal").await);
    assert!(!there("nobody's").await);
    let gone = [first.id, second.id].map(Change::RemoveImprovement);
    store.commit(gone.into()).await.unwrap();
    assert_eq!(ids(None, None).await, []);
    store.compact().await.unwrap();
    assert!(!there("proposal").await);
}
