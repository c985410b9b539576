//! Stores that earlier releases wrote are opened by this build, read as they were meant, and written on.
//!
//! `tests/golden/VERSION/` holds the store of each release: `stepwell.redb` and `blobs/`. Once released, one is never
//! written again. Each release adds its own:
//!
//! ```sh
//! cargo test -p stepwell-store --test golden -- --ignored bless
//! ```

#![allow(
    clippy::unwrap_used,
    reason = "what these functions are told to do must work"
)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::json;
use stepwell_contract::{
    Digest, ExecutionKey, Form, Money, Position, Problem, ProblemCode, Question, Usage, WaitingFor,
};
use stepwell_store::*;
use support::{add, at, event, name, run_id};
use uuid::Uuid;

const PROMPT_TEXTS: [&str; 5] = ["intrinsic", "second", "third", "fourth", "fifth"];

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn key() -> ExecutionKey {
    ExecutionKey {
        run: run_id(1),
        path: "implementation/code".parse().unwrap(),
        take: 2,
        at: vec![
            Position::default(),
            Position {
                item: Some(3),
                round: 2,
            },
        ],
    }
}

fn document_key() -> DocumentKey {
    DocumentKey {
        execution: key(),
        name: "design".into(),
    }
}

/// A blob that is kept as a file.
fn large() -> String {
    "a line of a large blob\n".repeat(3000)
}

fn problem() -> Problem {
    Problem {
        code: ProblemCode::Limit,
        message: "It computed for too long".into(),
        remedy: None,
        step: Some("implementation/code[3]".into()),
        // What helps was a sentence once.
        other: [("hint".to_owned(), json!("Raise `limits.cpu`"))]
            .into_iter()
            .collect(),
    }
}

fn run() -> RunRecord {
    let step = || "implementation/code".parse().unwrap();
    let prompt = PinnedPrompt {
        name: "our_code".into(),
        number: 4,
        digest: Digest::of("fourth"),
        unsaved: false,
        other: Default::default(),
    };
    RunRecord {
        waiting_for: Some(WaitingFor::Answers),
        problem: Some(problem()),
        state: RunState::Waiting,
        ended_at: Some(at(9)),
        plugins: BTreeMap::from([(
            step(),
            PinnedPlugin {
                uses: "builtin:code".into(),
                digest: Digest::of("component"),
                title: None,
                before: None,
                signed_by: None,
                other: Default::default(),
            },
        )]),
        prompts: BTreeMap::from([(step(), BTreeMap::from([("code".into(), prompt)]))]),
        models: BTreeMap::from([(
            step(),
            PinnedModel {
                name: "writer".into(),
                provider: "local".into(),
                model: "some-model".into(),
                fallback: Vec::new(),
                other: Default::default(),
            },
        )]),
        takes: BTreeMap::from([(step(), 2)]),
        takes_from: BTreeMap::new(),
        stale_from: BTreeMap::new(),
        takes_at: BTreeMap::new(),
        stale_at: BTreeMap::new(),
        stale: BTreeSet::from([step()]),
        rounds_fail: false,
        more_rounds: BTreeMap::new(),
        rounds_used_up: BTreeSet::new(),
        plugins_agreed: BTreeSet::new(),
        until: Some(step()),
        given: BTreeSet::from([step()]),
        answers: vec![("code/language".into(), "Python".into())],
        declined: Vec::new(),
        no_questions: true,
        settings: json!({ "in-doubt": "resend" }).as_object().unwrap().clone(),
        ..support::run(run_id(1))
    }
}

fn execution() -> ExecutionRecord {
    ExecutionRecord {
        key: key(),
        id: Uuid::from_u128(7),
        state: ExecutionState::Failure,
        started_at: at(3),
        ended_at: Some(at(4)),
        inputs: Some(Digest::of("inputs")),
        items: vec![None, Some(4)],
        attempts: vec![AttemptRecord {
            number: 1,
            started_at: at(3),
            ended_at: Some(at(4)),
            end: Some("limit: cpu".into()),
            progress: None,
            counts: true,
            cpu_ms: 10_000,
            wall_ms: 11_000,
            memory: 65_536,
            stderr: "panicked".into(),
            other: Default::default(),
        }],
        documents: BTreeMap::from([("design".into(), Digest::of("a design"))]),
        dropped: Vec::new(),
        kept: Vec::new(),
        answered: Vec::new(),
        skipped: None,
        files: vec![FileChange {
            path: "src/main.py".into(),
            before: Some(Digest::of("before")),
            after: Some(Digest::of("after")),
            published: true,
            foreign: Some(ForeignText {
                stands: false,
                digest: Some(Digest::of("foreign")),
                other: Default::default(),
            }),
            mode: None,
            other: Default::default(),
        }],
        outcome: 0,
        form: Some(PendingForm {
            form: Form {
                title: "Language".into(),
                guidance: "Choose one".into(),
                about: None,
                questions: vec![Question {
                    key: "language".into(),
                    text: "Which language?".into(),
                    choices: vec!["Python".into()],
                    suggested: Some("Python".into()),
                    annotations: Vec::new(),
                }],
            },
            question: Digest::of("which?"),
            occurrence: 1,
            answers: vec![None],
            asked_at: at(5),
            stakes: Vec::new(),
            other: Default::default(),
        }),
        problem: Some(problem()),
        warnings: Vec::new(),
        answers_of: None,
        commit: None,
        other: OtherFields::new(),
    }
}

fn memo() -> MemoRecord {
    MemoRecord {
        execution: key(),
        key: MemoKey {
            question: Digest::of("which?"),
            occurrence: 1,
        },
        kind: MemoKind::Complete,
        answer: json!({ "text": "an answer", "usage": { "input_tokens": 12 } }),
        attempt: 1,
        only_attempt: Some(1),
        received_at: at(5),
        other: OtherFields::new(),
    }
}

fn call() -> CallRecord {
    CallRecord {
        state: CallState::Answered,
        attempts: vec![CallAttempt {
            number: 1,
            started_at: at(4),
            sent: Digest::of("sent"),
            raw: Some(Digest::of("raw")),
            status: Some(200),
            headers: vec![("content-type".into(), "text/event-stream".into())],
            first_token_ms: Some(120),
            duration_ms: Some(900),
            usage: Usage {
                input_tokens: Some(12),
                output_tokens: Some(34),
                cache_read_tokens: Some(5),
                ..Usage::default()
            },
            money: Some(Money(1_234)),
            saved: None,
            price: None,
            budgeted: None,
            written_off: None,
            retry_at: None,
            comparison: None,
            batch: None,
            error: Some(CallError {
                code: "network".into(),
                message: "It broke".into(),
                other: Default::default(),
            }),
            other: Default::default(),
        }],
        response: Some(Digest::of("response")),
        error: Some(CallError {
            code: "rate-limited".into(),
            message: "Too many".into(),
            other: Default::default(),
        }),
        ended_at: Some(at(5)),
        ..support::call(key(), 1)
    }
}

fn checkpoint() -> CheckpointRecord {
    CheckpointRecord {
        execution: key(),
        values: BTreeMap::from([("round".into(), Digest::of("2"))]),
        staging: json!({ "files": ["src/main.py"] }),
        saved_at: at(6),
        written: 0,
        other: OtherFields::new(),
    }
}

/// A call of a run that is removed.
fn gone() -> CallRecord {
    CallRecord {
        execution: ExecutionKey {
            run: run_id(2),
            ..key()
        },
        id: Uuid::from_u128(9),
        ..call()
    }
}

fn changes() -> Vec<Change> {
    let document = |text: &str| Change::Document {
        key: document_key(),
        revision: support::revision(text, 7),
    };
    vec![
        Change::Blob("a small blob".into()),
        Change::Blob(large().into()),
        Change::Run(Box::new(run())),
        Change::Execution(Box::new(execution())),
        Change::Memo(Arc::new(memo())),
        Change::Call(Box::new(call())),
        Change::Checkpoint(Box::new(checkpoint())),
        document("one"),
        document("two"),
        Change::DeleteDocument(document_key()),
        event(run_id(1), 8),
        Change::Event(Box::new(EventRecord {
            run: run_id(1),
            cursor: 0,
            at: at(9),
            execution: Some(key()),
            body: json!({ "kind": "step-finished" }),
        })),
        support::declare("our_code", "intrinsic", "code 0.1.0", 10),
        add("our_code", "second", 11),
        add("our_code", "third", 12),
        support::remove("our_code", 2),
        add("our_code", "fourth", 13),
        support::use_version("our_code", 1, 14),
        add("our_code", "fifth", 15),
        support::use_version("our_code", 4, 16),
        Change::Run(Box::new(RunRecord {
            state: RunState::Success,
            ..support::run(run_id(2))
        })),
        Change::Call(Box::new(gone())),
    ]
}

async fn assert_as_written(store: &RedbStore) {
    assert!(store.check().unwrap().is_empty());
    for text in ["a small blob", &large()].into_iter().chain(PROMPT_TEXTS) {
        let blob = store.blob(&Digest::of(text)).await.unwrap();
        assert_eq!(blob.as_deref(), Some(text.as_bytes()));
    }
    assert_eq!(store.run(run_id(1)).await.unwrap(), Some(run()));
    assert_eq!(
        store.runs(None, None, Gaps::LeaveOut).await.unwrap(),
        [run()]
    );
    let executions = store.executions(run_id(1), Gaps::Refuse).await.unwrap();
    assert_eq!(executions, [execution()]);
    assert_eq!(store.execution(&key()).await.unwrap(), Some(execution()));
    assert_eq!(store.memos(&key()).await.unwrap(), [memo()]);
    assert_eq!(store.checkpoint(&key()).await.unwrap(), Some(checkpoint()));
    let of_step = Scope {
        step: Some(key().path),
        ..Scope::default()
    };
    assert_eq!(store.calls(of_step.clone()).await.unwrap(), [call()]);
    let totals: CallTotals = [&call()].into_iter().collect();
    assert_eq!(store.totals_of_run(run_id(1)).await.unwrap(), totals);
    let groups = store.totals(None).await.unwrap();
    // What a removed run cost stays.
    let both: CallTotals = [&call(), &gone()].into_iter().collect();
    let mut together = CallTotals::default();
    for (group, totals) in groups {
        // The first builds didn't keep the provider of a removed run.
        let provider = call().provider;
        assert_eq!(CallGroup { provider, ..group }, CallGroup::of(&call()));
        together.add(&totals);
    }
    assert_eq!(together.spent(), both.spent());
    let states = store.run_states().await.unwrap();
    assert_eq!(states, BTreeMap::from([(RunState::Waiting, 1)]));
    let documents = store.documents(of_step).await.unwrap();
    let [document] = documents.as_slice() else {
        panic!("one document: {documents:?}");
    };
    assert_eq!((&document.key, document.deleted), (&document_key(), true));
    let revision = |number, text| Revision {
        number,
        ..support::revision(text, 7)
    };
    let expected = [revision(1, "one"), revision(2, "two")];
    assert_eq!(document.revisions, expected);
    let events = store.events(run_id(1), 0, 10).await.unwrap();
    let found: Vec<_> = events
        .iter()
        .map(|event| (event.cursor, event.at))
        .collect();
    assert_eq!(found, [(1, at(8)), (2, at(9))]);
    assert_eq!(events[1].execution, Some(key()));
    assert_eq!(events[1].body, json!({ "kind": "step-finished" }));

    assert_eq!(store.prompt_names().await.unwrap(), [name("our_code")]);
    let prompt = store.prompt(&name("our_code")).await.unwrap().unwrap();
    assert_eq!((prompt.current, prompt.next_number), (4, 6));
    let variables = prompt.variables.as_ref().unwrap();
    assert_eq!(
        (variables[0].name.as_str(), variables[0].required),
        ("feature", true)
    );
    let versions = prompt.versions.iter().map(|version| {
        assert_eq!(
            version.digest,
            Digest::of(version.content.as_deref().unwrap())
        );
        let times = (version.created_at, version.updated_at);
        (
            version.number,
            version.content.as_deref().unwrap(),
            version.origin,
            times,
        )
    });
    let expected = [
        (1, "intrinsic", Origin::Intrinsic, (at(10), at(15))),
        (3, "third", Origin::Person, (at(12), at(13))),
        (4, "fourth", Origin::Person, (at(13), at(16))),
        (5, "fifth", Origin::Person, (at(15), at(16))),
    ];
    assert_eq!(versions.collect::<Vec<_>>(), expected);
    assert_eq!(prompt.versions[0].note, "Intrinsic prompt of code 0.1.0");
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (entry, to) = (
            entry.as_ref().unwrap(),
            to.join(entry.as_ref().unwrap().file_name()),
        );
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

#[tokio::test]
async fn every_released_store_reads_as_it_was_written_and_is_written_on() {
    let mut releases = 0;
    for entry in fs::read_dir(golden()).unwrap() {
        let folder = tempfile::tempdir().unwrap();
        copy_folder(&entry.unwrap().path(), folder.path());
        let store = RedbStore::open(folder.path()).unwrap();
        assert_as_written(&store).await;

        let changes = vec![
            add("our_code", "sixth", 20),
            event(run_id(1), 21),
            Change::Document {
                key: document_key(),
                revision: support::revision("three", 22),
            },
        ];
        let committed = store.commit(changes).await.unwrap();
        assert_eq!((committed.revisions, committed.cursors), (vec![3], vec![3]));
        assert_eq!(committed.prompts[0].current, 6);
        assert_eq!(committed.dropped, [(name("our_code"), 1)]);
        releases += 1;
    }
    assert!(releases > 0, "there is no golden store");
}

/// Writes the golden store of this version, where there is none.
#[tokio::test]
#[ignore = "writes into the source folder: once for each release"]
async fn bless() {
    let folder = golden().join(env!("CARGO_PKG_VERSION"));
    assert!(!folder.exists(), "{} is there already", folder.display());
    let store = RedbStore::open(&folder).unwrap();
    store.commit(changes()).await.unwrap();
    let gone = Change::RemoveRun(run_id(2));
    store.commit(vec![gone]).await.unwrap();
    assert_as_written(&store).await;
    drop(store);
    let mut database = redb::Database::open(folder.join("stepwell.redb")).unwrap();
    while database.compact().unwrap() {}
}
