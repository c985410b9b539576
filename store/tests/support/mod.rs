//! What the tests of the store share: samples of records, and storages that fail.
#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "nothing here runs outside tests")]

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Condvar, Mutex};

use jiff::Timestamp;
use redb::StorageBackend;
use serde_json::json;
use stepwell_contract::{Digest, ExecutionKey, Name, Position, RunId};
use stepwell_store::*;
use uuid::Uuid;

/// Second number `n` of the year 2026.
pub(crate) fn at(n: i64) -> Timestamp {
    Timestamp::from_second(1_767_225_600 + n).unwrap()
}

pub(crate) fn name(text: &str) -> Name {
    text.parse().unwrap()
}

pub(crate) fn run_id(n: u128) -> RunId {
    RunId(Uuid::from_u128(
        0x0190_0000_0000_7000_8000_0000_0000_0000 + n,
    ))
}

pub(crate) fn execution_key(run: RunId, path: &str) -> ExecutionKey {
    let at = path.split('/').map(|_| Position::default()).collect();
    ExecutionKey {
        run,
        path: path.parse().unwrap(),
        take: 1,
        at,
    }
}

pub(crate) fn add(prompt: &str, content: &str, n: i64) -> Change {
    Change::Prompt(PromptChange::Add {
        name: name(prompt),
        content: content.into(),
        note: String::new(),
        origin: Origin::Person,
        by: "anna".into(),
        because: None,
        at: at(n),
    })
}

pub(crate) fn use_version(prompt: &str, number: u32, n: i64) -> Change {
    Change::Prompt(PromptChange::Use {
        name: name(prompt),
        number,
        by: "anna".into(),
        reason: String::new(),
        comparison: None,
        at: at(n),
    })
}

pub(crate) fn remove(prompt: &str, number: u32) -> Change {
    Change::Prompt(PromptChange::Remove {
        name: name(prompt),
        number,
    })
}

pub(crate) fn declare(prompt: &str, intrinsic: &str, plugin: &str, n: i64) -> Change {
    Change::Prompt(PromptChange::Declare {
        name: name(prompt),
        intrinsic: intrinsic.into(),
        variables: vec![stepwell_contract::Field {
            name: "feature".into(),
            description: "What is wanted".into(),
            required: true,
            schema: None,
        }],
        plugin: plugin_version(plugin),
        at: at(n),
    })
}

/// A plugin by its name and, after a space, its version.
pub(crate) fn plugin_version(plugin: &str) -> PluginVersion {
    let (name, version) = plugin.split_once(' ').unwrap_or((plugin, "1"));
    PluginVersion {
        name: name.into(),
        version: version.into(),
    }
}

pub(crate) fn event(run: RunId, n: i64) -> Change {
    Change::Event(Box::new(EventRecord {
        run,
        cursor: 0,
        at: at(n),
        execution: None,
        body: json!({ "kind": "log", "message": format!("event {n}") }),
    }))
}

pub(crate) fn run(id: RunId) -> RunRecord {
    RunRecord {
        id,
        workflow: "automated_coding".into(),
        definition: Digest::of("name = \"automated_coding\""),
        definition_file: Some("flow.toml".into()),
        workspace: "/home/ada/tool".into(),
        inputs: BTreeMap::from([("feature".into(), "Sort the list".into())]),
        label: None,
        about: None,
        state: RunState::Started,
        waiting_for: None,
        problem: None,
        created_at: at(1),
        updated_at: at(2),
        ended_at: None,
        plugins: BTreeMap::new(),
        prompts: BTreeMap::new(),
        models: BTreeMap::new(),
        takes: BTreeMap::new(),
        takes_from: BTreeMap::new(),
        stale_from: BTreeMap::new(),
        takes_at: BTreeMap::new(),
        stale_at: BTreeMap::new(),
        stale: Default::default(),
        rounds_fail: false,
        more_rounds: BTreeMap::new(),
        rounds_used_up: std::collections::BTreeSet::new(),
        plugins_agreed: std::collections::BTreeSet::new(),
        until: None,
        given: Default::default(),
        answers: Vec::new(),
        answered_by: BTreeMap::new(),
        answers_used: Vec::new(),
        answers_to_forms: Vec::new(),
        declined: Vec::new(),
        no_questions: false,
        scratch: None,
        estimate: None,
        home: None,
        branch: None,
        settings: Default::default(),
        other: Default::default(),
    }
}

pub(crate) fn call(execution: ExecutionKey, n: u128) -> CallRecord {
    CallRecord {
        id: Uuid::from_u128(0x0190_0000_0000_7000_9000_0000_0000_0000 + n),
        execution,
        attempt: 1,
        sequence: u32::try_from(n).unwrap(),
        question: Digest::of(format!("question {n}")),
        occurrence: 0,
        model: "writer".into(),
        provider: "replay".into(),
        provider_model: "some-model".into(),
        instead_of: None,
        answer_of: None,
        reusable_as: None,
        request: Digest::of("request"),
        prompts: vec![("requirement".into(), 1)],
        state: CallState::Intended,
        attempts: Vec::new(),
        response: None,
        finish: None,
        error: None,
        created_at: at(i64::try_from(n).unwrap()),
        ended_at: None,
        other: Default::default(),
    }
}

pub(crate) fn revision(text: &str, n: i64) -> Revision {
    Revision {
        number: 0,
        digest: Digest::of(text),
        bytes: text.len() as u64,
        author: Author::Step,
        created_at: at(n),
        other: Default::default(),
    }
}

/// A value as every build writes it: a form, 16 bytes of the SHA-256 of form, length of the key, key and payload, the payload.
pub(crate) fn framed(key: &[u8], payload: &[u8]) -> Vec<u8> {
    let length = (key.len() as u64).to_be_bytes();
    let whole = [&[1], length.as_slice(), key, payload].concat();
    [&[1], &Digest::of(whole).as_bytes()[..16], payload].concat()
}

/// What is in a frame.
pub(crate) fn payload(value: &[u8]) -> &[u8] {
    &value[17..]
}

/// A storage in memory that outlives the database above it and fails when it is told to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Faulty(Arc<Faults>);

#[derive(Debug, Default)]
struct Faults {
    bytes: Mutex<Vec<u8>>,
    /// How many more writes, changes of length and syncs succeed; negative is all.
    left: AtomicI64,
    armed: AtomicBool,
    /// Whether it works again as soon as the database is opened anew.
    heals: AtomicBool,
    full: AtomicBool,
    /// Whether syncs wait.
    held: Mutex<bool>,
    released: Condvar,
}

impl Faulty {
    /// Lets this many writes and syncs succeed, and no more after them.
    pub(crate) fn fail_after(&self, writes: i64) {
        self.0.left.store(writes, Ordering::SeqCst);
        self.0.armed.store(true, Ordering::SeqCst);
    }

    /// The same, for as long as the database isn't opened anew.
    pub(crate) fn fail_once_after(&self, writes: i64) {
        self.0.heals.store(true, Ordering::SeqCst);
        self.fail_after(writes);
    }

    /// The error is that of a full disk.
    pub(crate) fn fill_up(&self) {
        self.0.full.store(true, Ordering::SeqCst);
        self.fail_after(0);
    }

    /// Lets every sync wait, and so the writer.
    pub(crate) fn hold(&self) {
        *self.0.held.lock().unwrap() = true;
    }

    pub(crate) fn release(&self) {
        *self.0.held.lock().unwrap() = false;
        self.0.released.notify_all();
    }

    pub(crate) fn heal(&self) {
        self.0.armed.store(false, Ordering::SeqCst);
        self.0.heals.store(false, Ordering::SeqCst);
        self.0.full.store(false, Ordering::SeqCst);
    }

    /// What [`RedbStore::open_with`] calls.
    pub(crate) fn storage(&self) -> impl Fn() -> io::Result<Self> + Send + Sync + 'static {
        let this = self.clone();
        move || {
            if this.0.heals.load(Ordering::SeqCst) && this.0.left.load(Ordering::SeqCst) <= 0 {
                this.heal();
            }
            Ok(this.clone())
        }
    }

    pub(crate) fn open(&self) -> Result<RedbStore, StoreError> {
        RedbStore::open_with(self.storage())
    }

    fn count(&self) -> io::Result<()> {
        if self.0.armed.load(Ordering::SeqCst) && self.0.left.fetch_sub(1, Ordering::SeqCst) <= 0 {
            return Err(if self.0.full.load(Ordering::SeqCst) {
                io::ErrorKind::StorageFull.into()
            } else {
                io::Error::other("the disk is broken")
            });
        }
        Ok(())
    }
}

impl StorageBackend for Faulty {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.bytes.lock().unwrap().len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let bytes = self.0.bytes.lock().unwrap();
        let offset = usize::try_from(offset).unwrap();
        let from = bytes
            .get(offset..offset + out.len())
            .ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(from);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.count()?;
        let len = usize::try_from(len).unwrap();
        self.0.bytes.lock().unwrap().resize(len, 0);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let held = self.0.held.lock().unwrap();
        drop(self.0.released.wait_while(held, |held| *held).unwrap());
        self.count()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.count()?;
        let mut bytes = self.0.bytes.lock().unwrap();
        let offset = usize::try_from(offset).unwrap();
        bytes
            .get_mut(offset..offset + data.len())
            .ok_or(io::ErrorKind::UnexpectedEof)?
            .copy_from_slice(data);
        Ok(())
    }
}

/// An improvement with one proposal, as the build that first knew them wrote it.
#[allow(dead_code, reason = "not every test has improvements")]
pub(crate) fn improvement(n: u128) -> ImprovementRecord {
    let written = serde_json::json!({
        "id": uuid::Uuid::from_u128(n), "prompt": "requirement", "step": "requirement", "request": Digest::of("request"),
        "baseline": { "name": "requirement", "number": 3, "digest": Digest::of("baseline") },
        "training": ["a", "b"], "validation": ["c", "d", "e", "f", "g", "h"], "rounds": 3, "concurrency": 8,
        "proposals": [{
            "round": 1, "asked_by": uuid::Uuid::from_u128(7), "text": Digest::of("proposal"), "state": "kept",
            "training": { "passed": 2, "checked": 2 },
        }],
        "comparisons": [uuid::Uuid::from_u128(6), uuid::Uuid::from_u128(7)], "stage": "validating",
        "created_at": at(1), "updated_at": at(1),
    });
    serde_json::from_value(written).unwrap()
}
