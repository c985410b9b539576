//! What one attempt knows: the memos it can be answered from, and what isn't durable yet.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;
use stepwell_contract::{Digest, ExecutionKey, Halt, Hosted, PromptVersion, most};
use stepwell_store::{
    CallRecord, CallState, Change, CheckpointRecord, MemoKey, MemoKind, MemoRecord,
};

use super::digesting::digest_of;
use super::filled::Filled;
use super::fingerprint::Fingerprint;
use super::seen::{SeenFile, file_question, hidden_question};
use super::staging::{RECORD, Staging};
use crate::state::unreadable;
use crate::words::Event;
use crate::workspace::Known;

/// The memos of an execution, and the state of its current attempt.
///
/// Pure data behind a mutex: nothing here waits.
pub(crate) struct Memory {
    execution: ExecutionKey,
    attempt: u32,
    memos: BTreeMap<MemoKey, Arc<MemoRecord>>,
    /// How often each question was asked in this attempt so far: the next occurrence.
    asked: BTreeMap<Digest, u32>,
    /// Memos that were there when the attempt started afresh and were not asked for yet.
    unasked: BTreeSet<MemoKey>,
    /// Whether what the guest does now is a repetition of what it did before (rule E18).
    replaying: bool,
    /// How many lines of the log this attempt wrote before it started afresh, and hasn't repeated yet.
    logged: u32,
    /// What the guest warned of, as far as it is shown beside the outcome.
    warned: Vec<String>,
    /// Bytes of what was looked at and is remembered: what `limits.looks` bounds.
    pub(super) looked: u64,
    /// Looks and events that become durable with the next commit (rule E4).
    unsaved: Vec<Change>,
    /// The last progress, which replaces the one before while neither is durable.
    progress: Option<Change>,
    /// The label of the last progress, which the next attempt may ask for.
    pub(crate) at: Option<String>,
    /// Bytes that the store may not have yet.
    fresh_blobs: BTreeMap<Digest, Bytes>,
    /// The paths of files that this attempt read.
    read: BTreeSet<String>,
    /// What looks that keep no text saw of files; none is no file.
    glimpsed: BTreeMap<String, Option<Fingerprint>>,
    /// The memos of the last `complete` or `complete-all` (rule E19).
    pub(crate) last_chat: Vec<MemoKey>,
    /// What the guest has written so far.
    pub(crate) staging: Staging,
    /// Files of an earlier take or round that stay, though this one doesn't write them: nobody agreed to anything else.
    pub(super) spared: BTreeSet<String>,
    /// The checkpoints of the execution.
    pub(crate) checkpoint: Option<CheckpointRecord>,
    /// Whether this attempt saved one (rule E20).
    pub(crate) saved_checkpoint: bool,
    /// Which prompts stand in what is asked.
    pub(super) filled: Filled,
    /// Prompts that this attempt has used so far, by the name that its plugin declares.
    pub(crate) used_prompts: BTreeMap<String, Arc<UsedPrompt>>,
    in_doubt: Vec<CallRecord>,
    next_sequence: u32,
}

/// A version of a prompt that is used.
pub(crate) struct UsedPrompt {
    /// The name under which its versions are kept.
    pub(super) stored: String,
    pub(super) version: PromptVersion,
}

impl Memory {
    /// The memory at the start of an attempt. `afresh` says that the attempt had begun before, in another process
    /// or before an answer came.
    pub(crate) fn new(
        execution: ExecutionKey,
        attempt: u32,
        afresh: bool,
        memos: Vec<MemoRecord>,
        calls: Vec<CallRecord>,
        logged: u32,
    ) -> Self {
        let memos: BTreeMap<_, _> = memos
            .into_iter()
            .filter(|memo| memo.only_attempt.is_none_or(|only| only == attempt))
            .map(|memo| (memo.key, Arc::new(memo)))
            .collect();
        let unasked: BTreeSet<_> = memos
            .values()
            .filter(|memo| afresh && memo.attempt == attempt)
            .map(|memo| memo.key)
            .collect();
        let looked = memos.values().filter(|memo| memo.kind.is_look());
        let looked = looked.map(|memo| RECORD + weight(&memo.answer)).sum();
        let next_sequence = calls
            .iter()
            .map(|call| call.sequence + 1)
            .max()
            .unwrap_or(0);
        Self {
            execution,
            attempt,
            replaying: !unasked.is_empty(),
            spared: BTreeSet::new(),
            logged,
            unasked,
            memos,
            asked: BTreeMap::new(),
            looked,
            warned: Vec::new(),
            unsaved: Vec::new(),
            progress: None,
            at: None,
            fresh_blobs: BTreeMap::new(),
            read: BTreeSet::new(),
            glimpsed: BTreeMap::new(),
            last_chat: Vec::new(),
            staging: Staging::default(),
            checkpoint: None,
            saved_checkpoint: false,
            filled: Filled::default(),
            used_prompts: BTreeMap::new(),
            in_doubt: calls
                .into_iter()
                .filter(|call| call.state == CallState::Intended)
                .collect(),
            next_sequence,
        }
    }

    /// The key of a look: the first one counts, so that all looks at one thing see the same (rule E3).
    pub(crate) fn look_key(question: &Value) -> MemoKey {
        MemoKey {
            question: digest_of(question),
            occurrence: 0,
        }
    }

    /// The key of a question that may be asked again and get another answer.
    pub(crate) fn next_key(&mut self, question: Digest) -> MemoKey {
        let occurrence = self.asked.entry(question).or_default();
        let key = MemoKey {
            question,
            occurrence: *occurrence,
        };
        *occurrence += 1;
        key
    }

    /// The remembered answer.
    pub(crate) fn recall(&mut self, key: &MemoKey) -> Option<Value> {
        let answer = self.memos.get(key).map(|memo| memo.answer.clone());
        self.unasked.remove(key);
        if answer.is_none() || self.unasked.is_empty() {
            self.replaying = false;
        }
        answer
    }

    /// The remembered answer, for who doesn't ask in the guest's place.
    pub(super) fn known(&self, key: &MemoKey) -> Option<Value> {
        self.memos.get(key).map(|memo| memo.answer.clone())
    }

    /// The memo of an answer, which from now on is remembered. The caller commits it, or keeps it for later.
    pub(crate) fn remember(
        &mut self,
        key: MemoKey,
        kind: MemoKind,
        answer: Value,
        passes: bool,
        received_at: Timestamp,
    ) -> Arc<MemoRecord> {
        let memo = Arc::new(MemoRecord {
            execution: self.execution.clone(),
            key,
            kind,
            answer,
            attempt: self.attempt,
            only_attempt: passes.then_some(self.attempt),
            received_at,
            other: serde_json::Map::new(),
        });
        self.memos.insert(key, Arc::clone(&memo));
        memo
    }

    /// Keeps a change for the next commit.
    pub(crate) fn later(&mut self, change: Change) {
        if let Change::Blob(bytes) = &change {
            self.fresh_blobs.insert(Digest::of(bytes), bytes.clone());
        }
        self.unsaved.push(change);
    }

    /// Keeps an event of the log for the next commit, unless it was written before: a guest that starts afresh says
    /// the same again.
    pub(crate) fn log_later(&mut self, event: Change) -> bool {
        if self.logged > 0 {
            self.logged -= 1;
            return false;
        }
        self.unsaved.extend(self.progress.take());
        self.unsaved.push(event);
        true
    }

    /// Keeps a warning for the outcome, once.
    pub(crate) fn warn(&mut self, message: &str) {
        if self.warned.len() < most::WARNINGS && !self.warned.iter().any(|told| told == message) {
            self.warned.push(message.to_owned());
        }
    }

    /// What the guest warned of in this attempt, and these.
    pub(crate) fn warned_with(&mut self, events: &[Event]) -> Vec<String> {
        for event in events {
            if let Event::Warning { message, .. } = event {
                self.warn(message);
            }
        }
        self.warned.clone()
    }

    /// Keeps a progress event in the place of the one before.
    pub(crate) fn progress_later(&mut self, event: Change, label: &str) -> bool {
        self.at = Some(label.to_owned());
        if !self.replaying {
            self.progress = Some(event);
        }
        !self.replaying
    }

    /// Everything that waits for a commit.
    pub(crate) fn take_unsaved(&mut self) -> Vec<Change> {
        let mut changes = std::mem::take(&mut self.unsaved);
        changes.extend(self.progress.take());
        self.fresh_blobs.clear();
        changes
    }

    /// How many bytes were looked at and aren't durable yet.
    pub(super) fn unsaved_bytes(&self) -> u64 {
        let bytes = self.fresh_blobs.values().map(Bytes::len);
        bytes.sum::<usize>() as u64
    }

    /// Bytes that were looked at and aren't durable yet.
    pub(crate) fn fresh_blob(&self, digest: &Digest) -> Option<Bytes> {
        self.fresh_blobs.get(digest).cloned()
    }

    /// A call that was sent, or about to be, when its process ended (rule E7).
    pub(crate) fn take_in_doubt(&mut self, key: &MemoKey) -> Option<CallRecord> {
        let same =
            |call: &CallRecord| call.question == key.question && call.occurrence == key.occurrence;
        // The last of them is the one to the model that was asked in the end.
        let last = self.in_doubt.iter().rposition(same)?;
        Some(self.in_doubt.remove(last))
    }

    /// The place of the next call among those of the execution.
    pub(crate) fn next_sequence(&mut self) -> u32 {
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        sequence
    }

    /// What was remembered and not asked for again: a divergence (rule E18).
    pub(crate) fn unasked_kinds(&self) -> Vec<MemoKind> {
        self.unasked
            .iter()
            .filter_map(|key| self.memos.get(key))
            .map(|memo| memo.kind.clone())
            .collect()
    }

    /// The looks at the workspace: after a conflict they are made anew.
    pub(crate) fn file_looks(&self) -> Vec<MemoKey> {
        self.memos
            .values()
            .filter(|memo| memo.kind.is_of_files())
            .map(|memo| memo.key)
            .collect()
    }

    /// Notes what a look that keeps no text saw.
    pub(super) fn note_glimpse(&mut self, saw: BTreeMap<String, Option<Fingerprint>>) {
        for (path, print) in saw {
            self.glimpsed.entry(path).or_insert(print);
        }
    }

    /// Whether a text is the one that such a look saw at a path, if one did.
    pub(super) fn is_as_glimpsed(&self, path: &str, print: Option<&Fingerprint>) -> bool {
        let glimpsed = self.glimpsed.get(path);
        glimpsed.is_none_or(|glimpsed| glimpsed.as_ref() == print)
    }

    /// What the step reads at each path that it looked at before, whatever stands there now.
    pub(super) fn known_texts(&self) -> Hosted<BTreeMap<String, Known>> {
        let mut known = BTreeMap::new();
        for (path, print) in &self.glimpsed {
            let print = print.as_ref().map(|print| print.digits().to_owned());
            known.insert(path.clone(), Known::Held(print));
        }
        for path in &self.read {
            let Some(seen) = self.seen_file(path)? else {
                continue;
            };
            let digest = seen.told().ok().flatten();
            // What was read when it had changed already, the step was never shown.
            if self.is_as_glimpsed(path, digest.map(Into::into).as_ref()) {
                known.insert(path.clone(), Known::Reads(digest));
            }
        }
        Ok(known)
    }

    /// Notes that the step read a file.
    pub(super) fn note_read(&mut self, path: &str) {
        if !self.read.contains(path) {
            self.read.insert(path.to_owned());
        }
    }

    /// What the first look at a file saw; none where nobody looked.
    pub(super) fn seen_file(&self, path: &str) -> Hosted<Option<SeenFile>> {
        let memo = self.memos.get(&Self::look_key(&file_question(path)));
        memo.map(|memo| from_memo(&self.execution, memo.answer.clone()))
            .transpose()
    }

    /// What the first look at a path saw; none is no file, or that nobody looked.
    pub(crate) fn first_look(&self, path: &str) -> Hosted<Option<Digest>> {
        self.seen(&file_question(path))
    }

    /// What .gitignore hid at a path when the execution first wrote there; none is nothing, or that nobody wrote.
    pub(crate) fn hidden(&self, path: &str) -> Hosted<Option<Digest>> {
        self.seen(&hidden_question(path))
    }

    fn seen(&self, question: &Value) -> Hosted<Option<Digest>> {
        let memo = self.memos.get(&Self::look_key(question));
        let Some(memo) = memo else { return Ok(None) };
        let seen: SeenFile = from_memo(&self.execution, memo.answer.clone())?;
        Ok(seen.digest)
    }
}

/// Reads the answer of a memo of an execution.
pub(super) fn from_memo<T: DeserializeOwned>(of: &ExecutionKey, answer: Value) -> Hosted<T> {
    serde_json::from_value(answer).map_err(|error| Halt::Store {
        reason: unreadable(format!("a memo of {of}"), &error).to_string(),
    })
}

/// The bytes of a value, nearly.
pub(super) fn weight(value: &Value) -> u64 {
    const EACH: u64 = 16;
    EACH + match value {
        Value::String(text) => text.len() as u64,
        Value::Array(values) => values.iter().map(weight).sum(),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| name.len() as u64 + weight(value))
            .sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}
