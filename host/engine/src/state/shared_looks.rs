//! First looks that all cells of a comparison share (rule E27).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::Value;
use stepwell_contract::{
    ComparisonId, Digest, ExecutionKey, Hosted, Position, StepPath, Undertaking,
};
use stepwell_store::{Change, MemoKey, MemoKind, MemoRecord, Store, StoreError};
use tokio::sync::OnceCell;

use super::lock::lock;
use super::unreadable::store_halt;

/// What the cells of a comparison have looked at so far: each thing as the first of them saw it.
///
/// The looks are kept as memos of an execution that stands for the whole comparison, so that they outlive the process.
pub(crate) struct SharedLooks {
    owner: ExecutionKey,
    /// The answer to each question, or whoever looks for it.
    seen: Mutex<BTreeMap<Digest, Seen>>,
}

type Seen = Arc<OnceCell<(Value, Lasts)>>;

/// How long what a look saw is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lasts {
    /// For as long as the execution.
    Always,
    /// An error from outside: a later attempt looks again (rule E10).
    ThisAttempt,
}

impl SharedLooks {
    /// The looks of a comparison, with those that are kept.
    pub(crate) async fn open(
        store: &dyn Store,
        comparison: ComparisonId,
        step: &StepPath,
    ) -> Result<Arc<Self>, StoreError> {
        let owner = Self::owner(comparison, step);
        let memos = store.memos(&owner).await?;
        let seen = memos.into_iter().map(|memo| {
            let seen = OnceCell::new_with(Some((memo.answer, Lasts::Always)));
            (memo.key.question, Arc::new(seen))
        });
        Ok(Arc::new(Self {
            seen: Mutex::new(seen.collect()),
            owner,
        }))
    }

    /// Under which the looks are kept.
    fn owner(comparison: ComparisonId, step: &StepPath) -> ExecutionKey {
        ExecutionKey {
            run: Undertaking::from(comparison).log(),
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
        // What keeps no text is of use only while the files are what they were.
        let lasting = |memo: &MemoRecord| {
            memo.kind.is_of_files() && memo.kind != MemoKind::Search && memo.only_attempt.is_none()
        };
        let of_files = looks.into_iter().filter(lasting);
        of_files
            .map(|memo| {
                let question = scoped("", &memo.key.question);
                let key = MemoKey {
                    question,
                    occurrence: 0,
                };
                Change::Memo(Arc::new(MemoRecord {
                    execution: owner.clone(),
                    key,
                    ..memo
                }))
            })
            .collect()
    }

    /// A look at what `question` names, as the first cell of the scope saw it.
    ///
    /// Cells that look at one thing at the same time wait for one of them, since they must not see two states of it; if that
    /// one is stopped, another looks. What it saw is durable before any cell relies on it, and committed once; an error isn't
    /// kept beyond this process, so that whoever resumes looks again.
    pub(crate) async fn look(
        &self,
        store: &dyn Store,
        scope: &str,
        kind: MemoKind,
        question: &Digest,
        now: Timestamp,
        see: impl Future<Output = Hosted<(Value, Lasts, Vec<Bytes>)>>,
    ) -> Hosted<(Value, Lasts)> {
        let question = scoped(scope, question);
        let seen = Arc::clone(lock(&self.seen).entry(question).or_default());
        let answer = seen.get_or_try_init(|| async {
            let (answer, lasts, blobs) = see.await?;
            if lasts == Lasts::ThisAttempt {
                return Ok((answer, lasts));
            }
            let memo = MemoRecord {
                execution: self.owner.clone(),
                key: MemoKey {
                    question,
                    occurrence: 0,
                },
                kind,
                answer: answer.clone(),
                attempt: 1,
                only_attempt: None,
                received_at: now,
                other: Default::default(),
            };
            let mut changes: Vec<Change> = blobs.into_iter().map(Change::Blob).collect();
            changes.push(Change::Memo(Arc::new(memo)));
            store.commit(changes).await.map_err(store_halt)?;
            Ok((answer, lasts))
        });
        answer.await.cloned()
    }
}

fn scoped(scope: &str, question: &Digest) -> Digest {
    Digest::of(format!("{scope}\n{question}"))
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Poll, Waker};

    use stepwell_store::RedbStore;

    use super::*;

    fn nothing_seen() -> (RedbStore, SharedLooks) {
        let comparison = ComparisonId(uuid::Uuid::nil());
        let looks = SharedLooks {
            owner: SharedLooks::owner(comparison, &"a".parse().unwrap()),
            seen: Mutex::default(),
        };
        (RedbStore::in_memory().unwrap(), looks)
    }

    /// Sees something, together with the bytes that its answer names.
    async fn sees(what: &'static str) -> Hosted<(Value, Lasts, Vec<Bytes>)> {
        Ok((what.into(), Lasts::Always, vec![Bytes::from(what)]))
    }

    fn poll_once<F: Future>(future: &mut std::pin::Pin<Box<F>>) -> Poll<F::Output> {
        future
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
    }

    #[tokio::test]
    async fn who_looks_at_something_else_does_not_wait() {
        let (store, looks) = nothing_seen();
        let (one, other) = (Digest::of("one"), Digest::of("other"));
        let never = std::future::pending();
        let mut first = Box::pin(looks.look(
            &store,
            "",
            MemoKind::Read,
            &one,
            Timestamp::UNIX_EPOCH,
            never,
        ));
        assert!(poll_once(&mut first).is_pending());
        for (scope, question) in [("", &other), ("a case", &one)] {
            let look = looks.look(
                &store,
                scope,
                MemoKind::Read,
                question,
                Timestamp::UNIX_EPOCH,
                sees("x"),
            );
            assert_eq!(look.await.unwrap().0, "x");
        }
    }

    #[tokio::test]
    async fn what_was_seen_is_committed_once_before_anybody_relies_on_it() {
        let (store, looks) = nothing_seen();
        let question = Digest::of("what");
        let look = |what| {
            looks.look(
                &store,
                "",
                MemoKind::Read,
                &question,
                Timestamp::UNIX_EPOCH,
                sees(what),
            )
        };
        let seen = futures_util::future::join_all([look("first"), look("second")]).await;
        for seen in seen {
            assert_eq!(seen.unwrap().0, "first");
        }
        let transactions = store.transactions();
        let memos = store.memos(&looks.owner).await.unwrap();
        assert_eq!(memos[0].answer, "first");
        assert!(store.has_blob(&Digest::of("first")).await.unwrap());
        assert_eq!(look("third").await.unwrap().0, "first");
        assert_eq!(store.transactions(), transactions);
        assert!(!store.has_blob(&Digest::of("second")).await.unwrap());
    }

    #[tokio::test]
    async fn when_the_one_that_looks_is_stopped_another_looks() {
        let (store, looks) = nothing_seen();
        let question = Digest::of("what");
        let never = std::future::pending();
        let mut first = Box::pin(looks.look(
            &store,
            "",
            MemoKind::Read,
            &question,
            Timestamp::UNIX_EPOCH,
            never,
        ));
        assert!(poll_once(&mut first).is_pending());
        let look = looks.look(
            &store,
            "",
            MemoKind::Read,
            &question,
            Timestamp::UNIX_EPOCH,
            sees("x"),
        );
        let mut second = Box::pin(look);
        assert!(poll_once(&mut second).is_pending());
        drop(first);
        assert_eq!(second.await.unwrap().0, "x");
    }
}
