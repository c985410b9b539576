//! One batch, from its first record to its last answer.
//!
//! That it is about to be sent is durable before anything of it leaves, and what its provider calls it as soon as it said so. Whoever
//! goes on with one of which only the former is known looks for it at the provider, and sends nothing again that is there.

use std::sync::Arc;
use std::time::Duration;

use stepwell_contract::{BatchState, ChatError, ChatErrorKind, Digest};
use stepwell_llm::{
    BatchAnswer, BatchEnd, BatchFound, BatchLook, BatchOffice, BatchProblem, BatchRequest,
    PlaceInBatch,
};
use stepwell_store::{BatchRecord, Change, StoreError};
use tokio::sync::mpsc;

use super::{Came, Shared, found};
use crate::words::{Event, Live};

/// The pause between two looks grows to so many times the first one.
const LONGEST_PAUSE: u32 = 12;

/// Why a batch is not carried on now. What it holds stays as it is.
enum Left {
    /// Its provider can't be asked.
    Provider(ChatError),
    /// The store failed.
    Store(StoreError),
    /// It never came to its provider.
    NotThere(BatchAnswer),
    /// As before, and nothing of it was sent by this process.
    NeverSent,
}

/// All answers of a batch were handed on.
struct Fetched {
    /// What is to be said of a request that none came for.
    missing: BatchAnswer,
    /// The calls that waited before they were read.
    asked: Vec<PlaceInBatch>,
}

impl From<StoreError> for Left {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Sends a batch, waits for it and hands its answers on.
pub(super) async fn send(shared: Arc<Shared>, batch: BatchRecord, requests: Vec<BatchRequest>) {
    let mut carried = Carried { shared, batch };
    let sent = carried.sent(requests).await;
    carried.until_fetched(sent).await;
}

/// Goes on with a batch that was sent before.
pub(super) async fn go_on(shared: Arc<Shared>, batch: BatchRecord) {
    let mut carried = Carried { shared, batch };
    let there = carried.there().await;
    carried.until_fetched(there).await;
}

struct Carried {
    shared: Arc<Shared>,
    batch: BatchRecord,
}

impl Carried {
    fn office(&self) -> Result<BatchOffice<'_>, Left> {
        let house = &self.shared.house;
        let office = house.models.batches(&self.batch.provider, &house.clock);
        office.map_err(Left::Provider)
    }

    /// Nobody else sends it, or looks for it, meanwhile.
    fn turn(&self) -> Digest {
        Digest::of(self.batch.id.as_bytes())
    }

    async fn keep(&self, event: Option<Event>) -> Result<(), StoreError> {
        let house = &self.shared.house;
        let mut changes = vec![Change::Batch(Box::new(self.batch.clone()))];
        changes.extend(event.map(|event| house.event(self.batch.comparison, None, &event)));
        house.store.commit(changes).await.map(drop)
    }

    async fn sent(&mut self, requests: Vec<BatchRequest>) -> Result<String, Left> {
        let house = Arc::clone(&self.shared.house);
        let _turn = house.turns.of(&self.turn()).await;
        self.keep(None).await?;
        let id = self.batch.id.as_u128();
        match self.office()?.upload(id, &requests).await {
            Ok(None) => {}
            Ok(file) => {
                self.batch.file = file;
                self.keep(None).await?;
            }
            Err(problem) => return self.is_unsent(Left::NotThere(problem.answer())).await,
        }
        let file = self.batch.file.clone();
        match self.office()?.send(id, file.as_deref(), &requests).await {
            Ok(at_provider) => self.is_there(at_provider).await,
            Err(problem) if problem.is_refused => {
                self.is_unsent(Left::NotThere(problem.answer())).await
            }
            // It may have been taken all the same.
            Err(problem) => {
                drop(requests);
                self.looked_for(Some(problem)).await
            }
        }
    }

    /// What the provider calls a batch that was sent before.
    async fn there(&mut self) -> Result<String, Left> {
        let house = Arc::clone(&self.shared.house);
        let _turn = house.turns.of(&self.turn()).await;
        let (comparison, id) = (self.batch.comparison, self.batch.id);
        if let Some(kept) = house.store.batch(comparison, id).await? {
            self.batch = kept;
        }
        match self.batch.at_provider.clone() {
            Some(at_provider) => Ok(at_provider),
            None if self.batch.state == BatchState::Unsent => Err(Left::NeverSent),
            None => self.looked_for(None).await,
        }
    }

    /// Looks for it until it is known whether it is there. `problem` is what kept this process from knowing it.
    async fn looked_for(&mut self, problem: Option<BatchProblem>) -> Result<String, Left> {
        let mut pauses = Pauses::of(self.office()?.pause());
        loop {
            match found(self.office()?, &self.batch).await {
                Ok(BatchFound::There(at_provider)) => return self.is_there(at_provider).await,
                Ok(BatchFound::NotThere) => {
                    let left = match problem {
                        Some(problem) => Left::NotThere(problem.answer()),
                        None => Left::NeverSent,
                    };
                    return self.is_unsent(left).await;
                }
                Ok(BatchFound::NotKnownYet) => {}
                Err(problem) if problem.may_pass => self.tell_trouble(&problem),
                Err(problem) => return Err(Left::Provider(problem.error)),
            }
            pauses.pause().await;
        }
    }

    async fn is_there(&mut self, at_provider: String) -> Result<String, Left> {
        self.batch.at_provider = Some(at_provider.clone());
        self.batch.state = BatchState::Waiting;
        self.batch.sent_at = Some(self.shared.house.now());
        let sent = Event::BatchSent {
            provider: self.batch.provider.clone(),
            batch: at_provider.clone(),
            requests: self.batch.requests,
        };
        self.keep(Some(sent)).await?;
        Ok(at_provider)
    }

    async fn is_unsent<T>(&mut self, left: Left) -> Result<T, Left> {
        self.batch.state = BatchState::Unsent;
        self.batch.ended_at = Some(self.shared.house.now());
        self.keep(None).await?;
        Err(left)
    }

    /// Waits for its end, and hands its answers on; or hands on why there are none.
    async fn until_fetched(&mut self, sent: Result<String, Left>) {
        let fetched = match sent {
            Ok(at_provider) => self.waited_for(&at_provider).await,
            Err(left) => Err(left),
        };
        let (came, whom) = match fetched {
            Ok(Fetched { missing, asked }) => (Came::Answer(missing), Some(asked)),
            Err(Left::NotThere(answer)) => (Came::Answer(answer), None),
            Err(Left::NeverSent) => (Came::Unsent, None),
            Err(Left::Provider(error)) => (Came::Answer(BatchAnswer::left(error)), None),
            Err(Left::Store(error)) => {
                let kind = ChatErrorKind::Other("store".into());
                let error = ChatError::new(kind, error.to_string());
                (Came::Answer(BatchAnswer::left(error)), None)
            }
        };
        let batch = self.batch.id.as_u128();
        let whom = whom.unwrap_or_else(|| self.shared.waiting_for(batch));
        for place in whom {
            self.shared.hand_on(place, came.clone()).await;
        }
        // Who came while the answers were read may have missed theirs.
        self.shared.is_over(batch, &self.batch);
    }

    async fn waited_for(&mut self, at_provider: &str) -> Result<Fetched, Left> {
        let mut pauses = Pauses::of(self.office()?.pause());
        loop {
            let office = self.office()?;
            match office.look(at_provider).await {
                Ok(BatchLook::Ended(end)) => match self.fetched(office, &end).await {
                    Ok(fetched) => return self.is_fetched(fetched).await,
                    Err(problem) if problem.may_pass => self.tell_trouble(&problem),
                    Err(problem) => return Err(Left::Provider(problem.error)),
                },
                Ok(BatchLook::Waiting { done, total }) => self.tell(done, total, None),
                Err(problem) if problem.may_pass => self.tell_trouble(&problem),
                Err(problem) => return Err(Left::Provider(problem.error)),
            }
            pauses.pause().await;
        }
    }

    async fn is_fetched(&mut self, all: Fetched) -> Result<Fetched, Left> {
        if self.batch.state != BatchState::Fetched {
            self.batch.state = BatchState::Fetched;
            self.batch.ended_at = Some(self.shared.house.now());
            let fetched = Event::BatchFetched {
                provider: self.batch.provider.clone(),
                batch: self.batch.at_provider.clone().unwrap_or_default(),
            };
            self.keep(Some(fetched)).await?;
        }
        Ok(all)
    }

    /// Hands on the answers as they come, which may be in any order.
    async fn fetched(
        &self,
        office: BatchOffice<'_>,
        end: &BatchEnd,
    ) -> Result<Fetched, BatchProblem> {
        let batch = self.batch.id.as_u128();
        let asked = self.shared.waiting_for(batch);
        let (to, mut answers) = mpsc::channel(1);
        let fetch = async {
            let fetched = office.fetch(batch, end, &to).await;
            drop(to);
            fetched
        };
        let hand_on = async {
            while let Some((request, answer)) = answers.recv().await {
                let place = PlaceInBatch { batch, request };
                self.shared.hand_on(place, Came::Answer(answer)).await;
            }
        };
        let (missing, ()) = tokio::join!(fetch, hand_on);
        Ok(Fetched {
            missing: missing?,
            asked,
        })
    }

    fn tell(&self, done: u32, total: u32, trouble: Option<String>) {
        self.shared.house.tell(Live::Batch {
            run: stepwell_contract::Undertaking::from(self.shared.comparison).log(),
            provider: self.batch.provider.clone(),
            batch: self.batch.at_provider.clone(),
            sent_at: self.batch.sent_at,
            done,
            total: total.max(self.batch.requests),
            trouble,
        });
    }

    fn tell_trouble(&self, problem: &BatchProblem) {
        self.tell(0, 0, Some(problem.error.message.clone()));
    }
}

/// Pauses that grow.
struct Pauses {
    next: Duration,
    longest: Duration,
}

impl Pauses {
    fn of(first: Duration) -> Self {
        Self {
            next: first,
            longest: first.saturating_mul(LONGEST_PAUSE),
        }
    }

    async fn pause(&mut self) {
        tokio::time::sleep(self.next).await;
        self.next = (self.next + self.next / 2).min(self.longest);
    }
}
