//! The rules of prompt versions, as somebody who keeps prompts meets them.

#![allow(
    clippy::unwrap_used,
    reason = "what these functions are told to do must work"
)]

mod support;

use stepwell_contract::Digest;
use stepwell_store::*;
use support::*;

fn numbers(prompt: &PromptRecord) -> Vec<u32> {
    prompt
        .versions
        .iter()
        .map(|version| version.number)
        .collect()
}

async fn prompt(store: &RedbStore, text: &str) -> PromptRecord {
    let record = store.prompt(&name(text)).await.unwrap().unwrap();
    record.as_ref().clone()
}

async fn with_versions(store: &RedbStore, count: i64) {
    for n in 1..=count {
        store
            .commit(vec![add("p", &format!("text {n}"), n)])
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_new_version_is_current_at_once() {
    let store = RedbStore::in_memory().unwrap();
    with_versions(&store, 2).await;
    let record = prompt(&store, "p").await;
    assert_eq!(record.current, 2);
    let [first, second] = record.versions.as_slice() else {
        panic!("two versions: {record:?}");
    };
    assert_eq!((first.created_at, first.updated_at), (at(1), at(2)));
    assert_eq!((second.created_at, second.updated_at), (at(2), at(2)));
}

#[tokio::test]
async fn the_text_of_the_current_version_adds_none() {
    let store = RedbStore::in_memory().unwrap();
    with_versions(&store, 4).await;
    let before = prompt(&store, "p").await;
    for n in 10..14 {
        let committed = store.commit(vec![add("p", "text 4", n)]).await.unwrap();
        assert!(committed.dropped.is_empty());
        assert_eq!(*committed.prompts[0], before);
    }
    assert_eq!(prompt(&store, "p").await, before);
    // That of another one does: it is current then.
    store.commit(vec![add("p", "text 2", 20)]).await.unwrap();
    let record = prompt(&store, "p").await;
    assert_eq!((numbers(&record), record.current), (vec![2, 3, 4, 5], 5));
}

#[tokio::test]
async fn using_a_version_leaves_one_current_and_stamps_both() {
    let store = RedbStore::in_memory().unwrap();
    with_versions(&store, 3).await;
    store.commit(vec![use_version("p", 1, 10)]).await.unwrap();
    let record = prompt(&store, "p").await;
    assert_eq!(record.template(record.current).unwrap(), "text 1");
    assert_eq!(record.version(1).unwrap().updated_at, at(10));
    assert_eq!(record.version(2).unwrap().updated_at, at(3));
    assert_eq!(record.version(3).unwrap().updated_at, at(10));
    assert_eq!(record.latest().unwrap().number, 3);
}

#[tokio::test]
async fn survivors_keep_their_numbers() {
    let store = RedbStore::in_memory().unwrap();
    with_versions(&store, 4).await;
    let committed = store.commit(vec![add("p", "text 5", 5)]).await.unwrap();
    assert_eq!(committed.dropped, [(name("p"), 1)]);
    let record = prompt(&store, "p").await;
    assert_eq!(numbers(&record), [2, 3, 4, 5]);
    for number in 2..=5 {
        let content = record.template(number).unwrap();
        assert_eq!(content, format!("text {number}"));
    }
}

#[tokio::test]
async fn the_current_one_may_be_the_oldest_and_go() {
    let store = RedbStore::in_memory().unwrap();
    with_versions(&store, 4).await;
    store.commit(vec![use_version("p", 1, 10)]).await.unwrap();
    let committed = store.commit(vec![add("p", "text 5", 11)]).await.unwrap();
    assert_eq!(committed.dropped, [(name("p"), 1)]);
    let record = prompt(&store, "p").await;
    assert_eq!((numbers(&record), record.current), (vec![2, 3, 4, 5], 5));
    let gone = store.blob(&Digest::of("text 1")).await.unwrap();
    assert_eq!(gone.as_deref(), Some(&b"text 1"[..]));
}

#[tokio::test]
async fn a_number_never_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let store = RedbStore::open(folder.path()).unwrap();
    with_versions(&store, 3).await;
    store
        .commit(vec![
            use_version("p", 1, 10),
            remove("p", 3),
            remove("p", 2),
        ])
        .await
        .unwrap();
    drop(store);
    let store = RedbStore::open(folder.path()).unwrap();
    store.commit(vec![add("p", "text 4", 11)]).await.unwrap();
    assert_eq!(numbers(&prompt(&store, "p").await), [1, 4]);
}

#[tokio::test]
async fn a_prompt_outlives_a_store_that_fails() {
    let disk = Faulty::default();
    let store = disk.open().unwrap();
    with_versions(&store, 4).await;
    let before = prompt(&store, "p").await;
    disk.fail_after(0);
    let error = store.commit(vec![add("p", "lost", 9)]).await.unwrap_err();
    assert!(matches!(error, StoreError::Io { .. }), "{error:?}");
    assert_eq!(prompt(&store, "p").await, before);
    disk.heal();
    assert_eq!(prompt(&store, "p").await, before);
    store.commit(vec![add("p", "text 5", 10)]).await.unwrap();
    assert_eq!(numbers(&prompt(&store, "p").await), [2, 3, 4, 5]);
}

#[tokio::test]
async fn what_breaks_a_rule_is_refused() {
    let store = RedbStore::in_memory().unwrap();
    let refused = store.commit(vec![use_version("p", 1, 1)]).await;
    assert!(matches!(refused, Err(StoreError::NoSuchPrompt { .. })));
    with_versions(&store, 2).await;
    let refused = store.commit(vec![remove("p", 2)]).await;
    assert!(matches!(
        refused,
        Err(StoreError::VersionIsCurrent { number: 2, .. })
    ));
    let refused = store.commit(vec![use_version("p", 7, 1)]).await;
    let Err(StoreError::NoSuchVersion {
        number: 7, kept, ..
    }) = refused
    else {
        panic!("{refused:?}");
    };
    assert_eq!(kept, [1, 2]);
}

#[tokio::test]
async fn a_commit_that_breaks_a_rule_leaves_nothing() {
    let store = RedbStore::in_memory().unwrap();
    let changes = vec![
        Change::Blob("some text".into()),
        add("p", "text 1", 1),
        event(run_id(1), 1),
        remove("p", 1),
    ];
    store.commit(changes).await.unwrap_err();
    assert_eq!(store.prompt(&name("p")).await.unwrap(), None);
    assert!(store.events(run_id(1), 0, 9).await.unwrap().is_empty());
    let blob = store.blob(&Digest::of("some text")).await.unwrap();
    assert_eq!(blob, None);
}

#[tokio::test]
async fn declaring_gives_the_first_version() {
    let store = RedbStore::in_memory().unwrap();
    store
        .commit(vec![declare("p", "intrinsic", "requirement 0.1.0", 1)])
        .await
        .unwrap();
    let record = prompt(&store, "p").await;
    let version = record.current_version().unwrap();
    assert_eq!(
        (
            version.number,
            version.content.as_deref().unwrap(),
            version.origin
        ),
        (1, "intrinsic", Origin::Intrinsic)
    );
    assert_eq!(record.variables.unwrap()[0].name, "feature");
}

#[tokio::test]
async fn a_changed_intrinsic_prompt_replaces_an_untouched_one() {
    let store = RedbStore::in_memory().unwrap();
    for (intrinsic, plugin) in [("old", "plugin 1"), ("new", "plugin 2")] {
        let change = declare("p", intrinsic, plugin, 1);
        store.commit(vec![change]).await.unwrap();
    }
    let record = prompt(&store, "p").await;
    let version = record.current_version().unwrap();
    assert_eq!(
        (version.number, version.content.as_deref().unwrap()),
        (2, "new")
    );
    assert!(version.note.contains("plugin 2"), "{}", version.note);

    // Back to the first plugin: its text is kept already.
    let change = declare("p", "old", "plugin 1", 2);
    store.commit(vec![change]).await.unwrap();
    let record = prompt(&store, "p").await;
    assert_eq!((record.current, numbers(&record)), (1, vec![1, 2]));
}

#[tokio::test]
async fn declaring_leaves_a_persons_version_alone() {
    let store = RedbStore::in_memory().unwrap();
    let changes = vec![
        declare("p", "old", "plugin 1", 1),
        add("p", "mine", 2),
        declare("p", "new", "plugin 2", 3),
    ];
    store.commit(changes).await.unwrap();
    let record = prompt(&store, "p").await;
    assert_eq!((record.current, numbers(&record)), (2, vec![1, 2]));
}

async fn told(store: &RedbStore) -> bool {
    prompt(store, "p").await.intrinsic().unwrap().told
}

#[tokio::test]
async fn a_changed_intrinsic_prompt_never_goes_over_a_choice() {
    let store = RedbStore::in_memory().unwrap();
    let changes = vec![
        declare("p", "one", "plugin 1", 1),
        declare("p", "two", "plugin 2", 2),
        use_version("p", 1, 3),
        // The plugin as it was, and one more.
        declare("p", "two", "plugin 2", 4),
        declare("p", "three", "plugin 3", 5),
    ];
    store.commit(changes).await.unwrap();
    let record = prompt(&store, "p").await;
    assert_eq!((record.current, numbers(&record)), (1, vec![1, 2]));
    let brought = record.intrinsic().unwrap();
    assert_eq!(brought.template(&name("p")).unwrap(), "three");
    assert_eq!(brought.plugin.to_string(), "plugin 3");
    assert_eq!(record.intrinsic.len(), 1, "one for each plugin");

    // Whoever names what is current anyway chooses it, too.
    let changes = vec![
        declare("q", "one", "plugin 1", 1),
        use_version("q", 1, 2),
        declare("q", "two", "plugin 2", 3),
    ];
    store.commit(changes).await.unwrap();
    let record = prompt(&store, "q").await;
    assert_eq!((record.current, numbers(&record)), (1, vec![1]));
}

#[tokio::test]
async fn a_plugins_text_that_somebody_took_is_a_choice() {
    let store = RedbStore::in_memory().unwrap();
    for n in 1..=3 {
        store
            .commit(vec![add("p", &format!("mine {n}"), n)])
            .await
            .unwrap();
    }
    let changes = vec![
        declare("p", "one", "plugin 1", 4),
        Change::Prompt(PromptChange::Add {
            name: name("p"),
            content: "one".into(),
            note: String::new(),
            origin: Origin::Intrinsic,
            by: "anna".into(),
            because: None,
            at: at(5),
        }),
    ];
    store.commit(changes).await.unwrap();
    let record = prompt(&store, "p").await;
    assert_eq!((record.current, numbers(&record)), (4, vec![1, 2, 3, 4]));
    // She took it: that is a choice.
    assert!(!record.is_left_to_plugins());
    store
        .commit(vec![declare("p", "two", "plugin 2", 6)])
        .await
        .unwrap();
    let record = prompt(&store, "p").await;
    assert_eq!((record.current, numbers(&record)), (4, vec![1, 2, 3, 4]));
}

#[tokio::test]
async fn what_a_plugin_brings_along_is_told_once() {
    let store = RedbStore::in_memory().unwrap();
    store
        .commit(vec![declare("p", "one", "plugin 1", 1)])
        .await
        .unwrap();
    assert!(told(&store).await, "the first text is no news");
    store.commit(vec![add("p", "mine", 2)]).await.unwrap();
    store
        .commit(vec![declare("p", "two", "plugin 2", 3)])
        .await
        .unwrap();
    assert!(!told(&store).await);
    let of = |text: &str| {
        Change::Prompt(PromptChange::Told {
            name: name("p"),
            text: Digest::of(text),
        })
    };
    // What was told of another text says nothing of this one.
    store.commit(vec![of("one")]).await.unwrap();
    assert!(!told(&store).await);
    store.commit(vec![of("two")]).await.unwrap();
    assert!(told(&store).await);
    store
        .commit(vec![declare("p", "two", "plugin 3", 4)])
        .await
        .unwrap();
    assert!(told(&store).await);

    // Another plugin under the same name has its own text beside it.
    store
        .commit(vec![declare("p", "other", "helper 1", 5)])
        .await
        .unwrap();
    assert!(!told(&store).await);
    store
        .commit(vec![of("other"), declare("p", "two", "plugin 3", 6)])
        .await
        .unwrap();
    let record = prompt(&store, "p").await;
    let whose = record.intrinsic.iter().map(|it| it.plugin.name.as_str());
    assert_eq!(whose.collect::<Vec<_>>(), ["helper", "plugin"]);
    assert!(record.intrinsic.iter().all(|it| it.told));
    for n in 0..9 {
        let plugin = format!("plugin{n} 1");
        store
            .commit(vec![declare("p", "two", &plugin, 7)])
            .await
            .unwrap();
    }
    let kept = prompt(&store, "p").await.intrinsic.len();
    assert_eq!(kept, KEPT_INTRINSIC);
}

/// The text is read and freed as that of a version is.
#[tokio::test]
async fn what_a_plugin_brings_along_outlives_a_restart_and_compacting() {
    let folder = tempfile::tempdir().unwrap();
    let store = RedbStore::open(folder.path()).unwrap();
    let large = "a long text ".repeat(100_000);
    let changes = vec![add("p", "mine", 1), declare("p", &large, "plugin 1", 2)];
    store.commit(changes).await.unwrap();
    store.compact().await.unwrap();
    drop(store);
    let store = RedbStore::open(folder.path()).unwrap();
    let record = prompt(&store, "p").await;
    let brought = record.intrinsic().unwrap();
    assert_eq!(brought.template(&name("p")).unwrap(), large);
    assert!(store.check().unwrap().is_empty());
}
