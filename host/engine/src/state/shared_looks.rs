//! First looks that all cells of a comparison share (rule E27).

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::Value;
use stepwell_contract::{ComparisonId, Digest, ExecutionKey, Hosted, Position, StepPath};
use stepwell_store::{Change, MemoKey, MemoKind, MemoRecord, StoreError};

use super::house::House;

/// What the cells of a comparison have looked at so far: each thing as the first of them saw it.
///
/// The looks are kept as memos of an execution that stands for the whole comparison, so that they outlive the process.
pub(crate) struct SharedLooks {
    owner: ExecutionKey,
    seen: tokio::sync::Mutex<BTreeMap<Digest, Seen>>,
}

#[derive(Clone)]
struct Seen {
    answer: Value,
    /// The bytes that the answer names, while the store may not have them.
    blobs: Vec<Bytes>,
    /// Whether the memo is in the store already.
    kept: bool,
}

/// A look's answer, and the changes that keep it.
pub(crate) struct Look {
    pub(crate) answer: Value,
    pub(crate) changes: Vec<Change>,
}

impl SharedLooks {
    /// The looks of a comparison, with those that are kept.
    pub(crate) async fn open(
        house: &House,
        comparison: ComparisonId,
        step: &StepPath,
    ) -> Result<Arc<Self>, StoreError> {
        let owner = Self::owner(comparison, step);
        let memos = house.store.memos(&owner).await?;
        let seen = memos.into_iter().map(|memo| {
            let seen = Seen {
                answer: memo.answer,
                blobs: Vec::new(),
                kept: true,
            };
            (memo.key.question, seen)
        });
        Ok(Arc::new(Self {
            seen: tokio::sync::Mutex::new(seen.collect()),
            owner,
        }))
    }

    /// Under which the looks are kept.
    fn owner(comparison: ComparisonId, step: &StepPath) -> ExecutionKey {
        ExecutionKey {
            run: comparison.log(),
            path: step.clone(),
            take: 1,
            at: vec![Position::default(); step.depth()],
        }
    }

    /// The memos with which a comparison begins: the looks that a run's execution made before it.
    pub(crate) fn begun_with(
        comparison: ComparisonId,
        step: &StepPath,
        looks: Vec<MemoRecord>,
    ) -> Vec<Change> {
        let owner = Self::owner(comparison, step);
        let of_files = looks.into_iter().filter(|memo| memo.kind.is_of_files());
        of_files
            .map(|memo| {
                let question = scoped("", &memo.key.question);
                let key = MemoKey {
                    question,
                    occurrence: 0,
                };
                Change::Memo(Box::new(MemoRecord {
                    execution: owner.clone(),
                    key,
                    ..memo
                }))
            })
            .collect()
    }

    /// A look at what `question` names, as the first cell of the scope saw it.
    ///
    /// Cells that look at the same time wait for one another: they must not see two states of one thing.
    pub(crate) async fn look(
        &self,
        scope: &str,
        kind: MemoKind,
        question: &Digest,
        see: impl Future<Output = Hosted<(Value, Vec<Bytes>)>>,
    ) -> Hosted<Look> {
        let question = scoped(scope, question);
        let mut seen = self.seen.lock().await;
        let found = match seen.get(&question) {
            Some(found) => found.clone(),
            None => {
                let (answer, blobs) = see.await?;
                let found = Seen {
                    answer,
                    blobs,
                    kept: false,
                };
                seen.insert(question, found.clone());
                found
            }
        };
        drop(seen);
        let mut changes: Vec<Change> = found.blobs.into_iter().map(Change::Blob).collect();
        if !found.kept {
            changes.push(Change::Memo(Box::new(MemoRecord {
                execution: self.owner.clone(),
                key: MemoKey {
                    question,
                    occurrence: 0,
                },
                kind,
                answer: found.answer.clone(),
                attempt: 1,
                only_attempt: None,
                received_at: Timestamp::now(),
                other: Default::default(),
            })));
        }
        Ok(Look {
            answer: found.answer,
            changes,
        })
    }
}

fn scoped(scope: &str, question: &Digest) -> Digest {
    Digest::of(format!("{scope}\n{question}"))
}
