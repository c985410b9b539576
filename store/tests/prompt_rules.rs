//! The rules of prompt versions against a simple model in memory, under any order of adds, uses, removes,
//! declarations, re-opens and failing writes.

#![allow(
    clippy::unwrap_used,
    reason = "what these functions are told to do must work"
)]

mod support;

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use stepwell_contract::Digest;
use stepwell_store::*;
use support::*;

#[derive(Debug, Clone)]
enum Action {
    Add(u8, u8),
    Use(u8, u32),
    Remove(u8, u32),
    Declare(u8, u8),
    /// Two changes in one commit.
    Both(Box<Action>, Box<Action>),
    /// A run pins the current version.
    Pin(u8),
    Reopen,
    /// From the next commit on, this many writes succeed.
    Fail(i64),
    /// The same, but the disk works again as soon as the database is opened anew.
    FailOnce(i64),
    Heal,
}

fn changes() -> impl Strategy<Value = Action> {
    let prompt = 0..2_u8;
    prop_oneof![
        4 => (prompt.clone(), 0..6_u8).prop_map(|(p, text)| Action::Add(p, text)),
        3 => (prompt.clone(), 1..12_u32).prop_map(|(p, number)| Action::Use(p, number)),
        2 => (prompt.clone(), 1..12_u32).prop_map(|(p, number)| Action::Remove(p, number)),
        2 => (prompt, 0..6_u8).prop_map(|(p, text)| Action::Declare(p, text)),
    ]
}

fn actions() -> impl Strategy<Value = Action> {
    prop_oneof![
        10 => changes(),
        2 => (changes(), changes()).prop_map(|(one, other)| Action::Both(one.into(), other.into())),
        2 => (0..2_u8).prop_map(Action::Pin),
        1 => Just(Action::Reopen),
        1 => (0..40_i64).prop_map(Action::Fail),
        2 => (0..40_i64).prop_map(Action::FailOnce),
        2 => Just(Action::Heal),
    ]
}

/// A prompt as a person would write the rules down.
#[derive(Debug, Clone, Default, PartialEq)]
struct Model {
    /// Number, text, and whether it is an untouched intrinsic prompt.
    versions: Vec<(u32, String, bool)>,
    current: u32,
    given: u32,
    /// Whether somebody decided that the current one is.
    chosen: bool,
    /// The text that the plugin brought along last.
    intrinsic: Option<String>,
}

impl Model {
    fn add(&mut self, text: String, intrinsic: bool) {
        self.chosen = !intrinsic;
        self.given += 1;
        self.current = self.given;
        self.versions.push((self.given, text, intrinsic));
        if self.versions.len() == 5 {
            self.versions.remove(0);
        }
    }

    fn has(&self, number: u32) -> bool {
        self.versions.iter().any(|version| version.0 == number)
    }

    /// Whether the change is allowed; then it is made.
    fn change(&mut self, action: &Action) -> bool {
        match action {
            Action::Add(_, text) => {
                let text = format!("text {text}");
                let current = self.versions.iter().find(|v| v.0 == self.current);
                match current.is_some_and(|current| current.1 == text) {
                    // Whoever adds what is current already chooses it.
                    true => self.chosen = true,
                    false => self.add(text, false),
                }
            }
            Action::Use(_, number) if self.has(*number) => {
                self.current = *number;
                self.chosen = true;
            }
            Action::Remove(_, number) if self.has(*number) && self.current != *number => {
                self.versions.retain(|version| version.0 != *number);
            }
            Action::Declare(_, text) => {
                let text = format!("text {text}");
                self.intrinsic = Some(text.clone());
                let current = self.versions.iter().find(|v| v.0 == self.current);
                let Some((_, current, intrinsic)) = current else {
                    self.add(text, true);
                    return true;
                };
                if *current == text || !intrinsic || self.chosen {
                    return true;
                }
                let full = self.versions.len() == 4;
                match self.versions.iter().rfind(|version| version.1 == text) {
                    Some(version) => {
                        self.current = version.0;
                        self.chosen = false;
                    }
                    // What a person wrote goes for no plugin's text.
                    None if full && !self.versions[0].2 => {}
                    None => self.add(text, true),
                }
            }
            _ => return false,
        }
        true
    }
}

type Models = BTreeMap<String, Model>;

fn prompt_name(number: u8) -> String {
    format!("prompt_{number}")
}

fn change(action: &Action, n: i64) -> (String, Change) {
    match action {
        Action::Add(p, text) => (
            prompt_name(*p),
            add(&prompt_name(*p), &format!("text {text}"), n),
        ),
        Action::Use(p, number) => (prompt_name(*p), use_version(&prompt_name(*p), *number, n)),
        Action::Remove(p, number) => (prompt_name(*p), remove(&prompt_name(*p), *number)),
        Action::Declare(p, text) => (
            prompt_name(*p),
            declare(&prompt_name(*p), &format!("text {text}"), "plugin", n),
        ),
        other => unreachable!("{other:?} is no change"),
    }
}

/// Whether all the changes are allowed; then the models have made them.
fn change_models(models: &mut Models, actions: &[&Action]) -> bool {
    let mut changed = models.clone();
    for action in actions {
        let (prompt, _) = change(action, 0);
        let mut model = changed.get(&prompt).cloned().unwrap_or_default();
        if !model.change(action) {
            return false;
        }
        changed.insert(prompt, model);
    }
    *models = changed;
    true
}

async fn assert_like(store: &RedbStore, models: &Models) {
    let names = store.prompt_names().await.unwrap();
    let names: Vec<_> = names.iter().map(ToString::to_string).collect();
    assert_eq!(names, models.keys().cloned().collect::<Vec<_>>());
    for (prompt, model) in models {
        let record = store.prompt(&name(prompt)).await.unwrap().unwrap();
        let versions = record.versions.iter().map(|version| {
            let intrinsic = version.origin == Origin::Intrinsic;
            (version.number, version.content.clone().unwrap(), intrinsic)
        });
        let found = Model {
            versions: versions.collect(),
            current: record.current,
            given: record.next_number - 1,
            // Of a version that isn't a plugin's it makes no difference.
            chosen: model.chosen,
            intrinsic: record.intrinsic().map(|it| it.content.clone().unwrap()),
        };
        assert_eq!(found, *model, "{prompt}");
        let current = model.versions.iter().find(|v| v.0 == model.current);
        let is_left = current.is_some_and(|(_, _, intrinsic)| *intrinsic && !model.chosen);
        assert_eq!(record.is_left_to_plugins(), is_left, "{prompt}");
        assert!(record.versions.len() <= KEPT_VERSIONS);
        let current = record
            .versions
            .iter()
            .filter(|v| v.number == record.current);
        assert_eq!(current.count(), 1, "exactly one is current");
    }
}

async fn hold(actions: Vec<Action>) {
    let disk = Faulty::default();
    let mut store = disk.open().unwrap();
    let mut models = Models::new();
    let mut pinned: Vec<(Digest, String)> = Vec::new();
    let mut failing = false;
    for (n, action) in (1..).zip(&actions) {
        let batch: Vec<&Action> = match action {
            Action::Both(one, other) => vec![one, other],
            Action::Pin(p) => {
                if let Some(record) = store.prompt(&name(&prompt_name(*p))).await.unwrap() {
                    let version = record.current_version().unwrap();
                    pinned.push((version.digest, version.content.clone().unwrap()));
                }
                continue;
            }
            Action::Reopen => {
                disk.heal();
                failing = false;
                drop(store);
                store = disk.open().unwrap();
                assert_like(&store, &models).await;
                continue;
            }
            Action::Fail(writes) => {
                disk.heal();
                disk.fail_after(*writes);
                failing = true;
                continue;
            }
            Action::FailOnce(writes) => {
                disk.heal();
                disk.fail_once_after(*writes);
                failing = true;
                continue;
            }
            Action::Heal => {
                disk.heal();
                failing = false;
                continue;
            }
            change => vec![change],
        };
        let changes = batch.iter().map(|action| change(action, n).1).collect();
        let mut changed = models.clone();
        let allowed = change_models(&mut changed, &batch);
        match store.commit(changes).await {
            Ok(_) => {
                assert!(allowed, "{batch:?} should have been refused");
                models = changed;
            }
            Err(StoreError::Io { .. }) => assert!(failing, "{batch:?} failed on a good disk"),
            Err(error) => assert!(!allowed, "{batch:?} was refused: {error}"),
        }
        assert_like(&store, &models).await;
    }
    disk.heal();
    drop(store);
    let store = disk.open().unwrap();
    assert_like(&store, &models).await;
    for (digest, content) in pinned {
        let blob = store.blob(&digest).await.unwrap();
        assert_eq!(blob.as_deref(), Some(content.as_bytes()));
    }
    assert!(store.check().unwrap().is_empty());
}

/// Where `tests/explore` keeps what it found: cases that every later run tries first.
const FOUND: FileFailurePersistence = FileFailurePersistence::Direct(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/proptest-regressions/prompt_rules.txt"
));

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: Some(Box::new(FOUND)), ..ProptestConfig::default() })]

    #[test]
    fn the_rules_hold(actions in prop::collection::vec(actions(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(hold(actions));
    }
}
